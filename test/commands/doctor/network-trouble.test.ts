import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { troubleOf } from "../../../src/commands/doctor/network-trouble.ts";

const PLACE = { host: "sentry.example", port: 443, scheme: "https" } as const;

function said(code: string, message = "", place: Parameters<typeof troubleOf>[1] = PLACE): string {
  const { what, todo } = troubleOf({ kind: "silence", code, message }, place);
  return `${what}; ${todo}`;
}

describe("troubleOf", () => {
  it("tells trouble with names, connections and certificates apart in plain words", () => {
    assert.match(said("ENOTFOUND"), /the name sentry\.example does not resolve: DNS knows no such host; check the host/);
    assert.match(said("EAI_AGAIN"), /no name server answers/);
    assert.match(said("ECONNREFUSED"), /nothing listens on sentry\.example:443/);
    assert.match(said("UND_ERR_CONNECT_TIMEOUT"), /firewall may drop/);
    assert.match(said("ENETUNREACH"), /no route/);
    assert.match(said("NO_ANSWER"), /gives no answer in time/);
    assert.match(said("CERT_HAS_EXPIRED"), /certificate of sentry\.example has expired/);
    assert.match(said("ERR_TLS_CERT_ALTNAME_INVALID"), /for another name than sentry\.example/);
    assert.match(said("DEPTH_ZERO_SELF_SIGNED_CERT"), /signed by itself; .*NODE_EXTRA_CA_CERTS/);
    assert.match(said("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), /signed by nobody this machine knows .*NODE_EXTRA_CA_CERTS/);
  });

  it("asks about the scheme where one end speaks TLS and the other does not", () => {
    assert.match(said("ERR_SSL_WRONG_VERSION_NUMBER"), /TLS .* fails .*; .*begins with http:\/\//);
    assert.match(said("EPROTO"), /begins with http:\/\//);
    assert.match(said("HPE_INVALID_CONSTANT"), /not HTTP; .*https:\/\//);
    assert.match(said("UND_ERR_SOCKET", "", { ...PLACE, scheme: "http" }), /closes the connection .*; .*https:\/\//);
  });

  it("repeats what it does not know", () => {
    assert.match(said("EWHATEVER", "it went wrong"), /sentry\.example:443 cannot be asked: EWHATEVER: it went wrong/);
    assert.match(said("", "it went wrong"), /cannot be asked: it went wrong;/);
  });
});
