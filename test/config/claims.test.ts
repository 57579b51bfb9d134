import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { claimsClash, spoken } from "../../src/config/claims.ts";

describe("claimsClash", () => {
  it("sees one port on one host claimed twice", () => {
    assert.ok(claimsClash("tcp:127.0.0.1:80", "tcp:127.0.0.1:80"));
    assert.ok(claimsClash("tcp:[::1]:80", "tcp:[::1]:80"));
  });

  it("lets tcp and udp, other ports and other hosts be", () => {
    assert.ok(!claimsClash("tcp:127.0.0.1:80", "udp:127.0.0.1:80"));
    assert.ok(!claimsClash("tcp:127.0.0.1:80", "tcp:127.0.0.1:81"));
    assert.ok(!claimsClash("tcp:127.0.0.1:80", "tcp:10.0.0.1:80"));
  });

  it("counts an address that stands for all as any of them", () => {
    assert.ok(claimsClash("tcp:0.0.0.0:80", "tcp:127.0.0.1:80"));
    assert.ok(claimsClash("tcp:[::]:80", "tcp:127.0.0.1:80"));
    assert.ok(claimsClash("tcp:[::]:80", "tcp:[fd00::1]:80"));
    assert.ok(claimsClash("tcp:0.0.0.0:80", "tcp:[::]:80"));
    assert.ok(claimsClash("tcp:0.0.0.0:80", "tcp:example.org:80"));
    assert.ok(!claimsClash("tcp:0.0.0.0:80", "tcp:[::1]:80"));
  });

  it("knows that localhost is the loopback address", () => {
    assert.ok(claimsClash("tcp:localhost:80", "tcp:127.0.0.1:80"));
    assert.ok(claimsClash("tcp:localhost:80", "tcp:[::1]:80"));
    assert.ok(!claimsClash("tcp:localhost:80", "tcp:10.0.0.1:80"));
  });

  it("never sees port 0 taken", () => {
    assert.ok(!claimsClash("tcp:127.0.0.1:0", "tcp:127.0.0.1:0"));
  });

  it("compares anything else as it is", () => {
    assert.ok(claimsClash("stdin", "stdin"));
    assert.ok(!claimsClash("directory:/a", "directory:/b"));
    assert.ok(!claimsClash("stdin", "tcp:127.0.0.1:80"));
  });
});

describe("spoken", () => {
  it("names a port as people do", () => {
    assert.equal(spoken("udp:0.0.0.0:12201"), "port 12201/udp");
    assert.equal(spoken("directory:/a"), "directory:/a");
  });
});
