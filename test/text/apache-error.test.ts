import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apacheLevelOf, fastCgiError, parseApacheError } from "../../src/text/apache-error.ts";

describe("parseApacheError", () => {
  it("takes a line of 2.4 apart", () => {
    const line =
      "[Wed Oct 07 14:32:52.123456 2026] [core:error] [pid 35708:tid 140] (13)Permission denied: [client 10.0.0.9:52311] AH00035: access to /a denied (filesystem path '/srv/a') because search permissions are missing on a component of the path, referer: http://x.example/, y";

    assert.deepEqual(parseApacheError(line), {
      time: "2026-10-07 14:32:52.123456",
      level: "error",
      module: "core",
      pid: 35_708,
      tid: 140,
      client: "10.0.0.9:52311",
      code: "AH00035",
      status: "(13)Permission denied",
      message: "access to /a denied (filesystem path '/srv/a') because search permissions are missing on a component of the path",
      referer: "http://x.example/, y",
    });
  });

  it("takes a line of 2.2 apart, and one of a proxy that names its status last", () => {
    const old = parseApacheError("[Wed Oct  7 14:32:52 2026] [warn] [client ::1] client denied by server configuration: /srv/a");
    assert.deepEqual(
      [old?.time, old?.level, old?.module, old?.client, old?.message],
      ["2026-10-07 14:32:52", "warn", undefined, "::1", "client denied by server configuration: /srv/a"],
    );
    const proxy = parseApacheError(
      "[Wed Oct 07 14:32:52.1 2026] [proxy:error] [pid 7] (111)Connection refused: AH00957: HTTP: attempt to connect to 10.0.0.2:80 (*) failed",
    );
    assert.deepEqual([proxy?.status, proxy?.code, proxy?.tid], ["(111)Connection refused", "AH00957", undefined]);
  });

  it("reads levels beyond debug, and the source that Apache names there", () => {
    const line =
      "[Wed Oct 07 14:32:52.1 2026] [ssl:trace3] [pid 7:tid 8] ssl_engine_kernel.c(2238): [client ::1:4] OpenSSL: Loop: before/accept";

    assert.equal(apacheLevelOf(line), "trace");
    assert.equal(parseApacheError(line)?.message, "OpenSSL: Loop: before/accept");
  });

  it("finds what a FastCGI server said", () => {
    assert.equal(fastCgiError("Got error 'PHP message: PHP Warning:  it's x\\n'"), "PHP message: PHP Warning:  it's x\\n");
    assert.equal(fastCgiError("Premature end of script headers"), undefined);
  });

  it("is not taken in by other lines", () => {
    for (const line of ["", "[", "[Wed Oct 07]", "[Wed Foo 07 14:32:52 2026] [core:error] x", "[Mon app] [error] x"]) {
      assert.equal(parseApacheError(line), undefined, line);
    }
  });

  it("gets through hostile megabytes", () => {
    const head = "[Wed Oct 07 14:32:52.1 2026] [core:error] [pid 1] ";
    for (const seed of ["(1)", "[client ", ", referer: ", "AH00001: ", "a", "(", ": ", "Got error '"]) {
      const line = head + seed.repeat((1 << 20) / seed.length);
      assert.ok((parseApacheError(line)?.message.length ?? 0) <= 65_536);
      assert.equal(apacheLevelOf(seed.repeat((1 << 20) / seed.length)), undefined);
    }
  });
});
