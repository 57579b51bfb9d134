import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalAddress } from "../../src/base/networks.ts";
import { MAX_PROXY_HEADER_BYTES, readProxyHeader } from "../../src/wire/proxy-protocol.ts";
import { proxyV1, proxyV2 } from "../support/proxy-headers.ts";

function sourceOf(bytes: Buffer): string | undefined {
  const read = readProxyHeader(bytes);
  assert.equal(read?.kind, "header", JSON.stringify(read));
  return read?.kind === "header" ? read.source : undefined;
}

function reasonOf(bytes: Buffer): string | undefined {
  const read = readProxyHeader(bytes);
  return read?.kind === "malformed" ? read.reason : undefined;
}

const text = (line: string): Buffer => Buffer.from(line, "latin1");
const port = fc.nat(65_535);
const header = fc.oneof(
  fc.record({ version: fc.constantFrom(1, 2), source: fc.ipV4(), destination: fc.ipV4(), port }),
  fc.record({ version: fc.constantFrom(1, 2), source: fc.ipV6(), destination: fc.ipV6(), port }),
);
const built = (one: { version: number; source: string; destination: string; port: number }): Buffer =>
  one.version === 1 ? proxyV1(one.source, one.destination, one.port) : proxyV2(one.source, { port: one.port });

describe("the PROXY header", () => {
  it("of version 1 names the sender", () => {
    const line = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
    assert.deepEqual(readProxyHeader(text(`${line}hello`)), { kind: "header", source: "192.0.2.7", length: line.length });
    assert.equal(sourceOf(text("PROXY TCP6 2001:DB8::1 ::1 1 2\r\n")), "2001:db8::1");
    assert.equal(sourceOf(text("PROXY UNKNOWN\r\n")), undefined);
    assert.equal(sourceOf(text("PROXY UNKNOWN ffff::1 whatever it says\r\n")), undefined);
  });

  it("of version 2 names the sender, whatever stands behind the addresses", () => {
    assert.equal(sourceOf(proxyV2("192.0.2.7")), "192.0.2.7");
    assert.equal(sourceOf(proxyV2("2001:db8::1")), "2001:db8::1");
    assert.equal(sourceOf(proxyV2("::ffff:192.0.2.7")), "192.0.2.7");
    const added = proxyV2("192.0.2.7", { more: Buffer.from("0400020001", "hex") });
    assert.deepEqual(readProxyHeader(Buffer.concat([added, text("x")])), {
      kind: "header",
      source: "192.0.2.7",
      length: added.length,
    });
  });

  it("of version 2 names nobody where the proxy speaks for itself, or for a Unix socket", () => {
    assert.equal(sourceOf(proxyV2("192.0.2.7", { command: 0x20 })), undefined);
    assert.equal(sourceOf(Buffer.concat([proxyV2("192.0.2.7").subarray(0, 12), Buffer.from("20000000", "hex")])), undefined);
    assert.equal(sourceOf(Buffer.concat([proxyV2("192.0.2.7").subarray(0, 12), Buffer.from("21000000", "hex")])), undefined);
    const unix = Buffer.concat([proxyV2("192.0.2.7").subarray(0, 12), Buffer.from("213100d8", "hex"), Buffer.alloc(216)]);
    assert.equal(sourceOf(unix), undefined);
  });

  it("is refused when it is not exactly one", () => {
    for (const [bytes, reason] of [
      [text('{"short_message":"a"}\0'), /something else/],
      [text("GET / HTTP/1.1\r\n"), /something else/],
      [text("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n"), /CR/],
      [text("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n"), /two ports/],
      [text("PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n"), /two ports/],
      [text("PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n"), /two ports/],
      [text("PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n"), /address/],
      [text("PROXY TCP4 ::1 198.51.100.1 1 2\r\n"), /address/],
      [text("PROXY TCP6 192.0.2.7 ::1 1 2\r\n"), /address/],
      [text("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n"), /zone/],
      [text("PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n"), /neither/],
      [text(`PROXY UNKNOWN ${"x".repeat(100)}\r\n`), /107 bytes/],
      [proxyV2("192.0.2.7", { command: 0x11 }), /LOCAL nor PROXY/],
      [proxyV2("192.0.2.7", { command: 0x22 }), /LOCAL nor PROXY/],
      [Buffer.concat([proxyV2("192.0.2.7").subarray(0, 13), Buffer.from("41000c", "hex"), Buffer.alloc(12)]), /family/],
      [Buffer.concat([proxyV2("192.0.2.7").subarray(0, 13), Buffer.from("13000c", "hex"), Buffer.alloc(12)]), /family/],
      [Buffer.concat([proxyV2("192.0.2.7").subarray(0, 13), Buffer.from("11000b", "hex"), Buffer.alloc(11)]), /cut short/],
      [proxyV2("192.0.2.7", { more: Buffer.alloc(4_085) }), /at most 4096/],
    ] as const) {
      assert.match(reasonOf(bytes) ?? "taken", reason, bytes.toString("latin1"));
    }
  });

  it("is read back as it was written, and every part of it asks for more", () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 40 }), (one, rest) => {
        const bytes = built(one);
        for (let length = 0; length < bytes.length; length += 1) {
          assert.equal(readProxyHeader(bytes.subarray(0, length)), undefined, `${length} of ${bytes.length} bytes`);
        }
        assert.deepEqual(readProxyHeader(Buffer.concat([bytes, rest])), {
          kind: "header",
          source: canonicalAddress(one.source),
          length: bytes.length,
        });
      }),
    );
  });

  it("is decided within its bound, never with an exception, and what comes later changes nothing", () => {
    const near = fc.tuple(header, fc.nat(60), fc.nat(255)).map(([one, at, byte]) => {
      const bytes = Buffer.concat([built(one), Buffer.alloc(20)]);
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    const any = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(near, any), fc.uint8Array({ maxLength: 50 }), (bytes, more) => {
        const decided = readProxyHeader(bytes);
        const longer = Buffer.concat([bytes, more]);
        if (decided !== undefined) assert.deepEqual(readProxyHeader(longer), decided);
        const full = Buffer.concat([longer, Buffer.alloc(MAX_PROXY_HEADER_BYTES)]);
        const read = readProxyHeader(full);
        assert.ok(read !== undefined);
        if (read.kind === "header") assert.ok(read.length <= MAX_PROXY_HEADER_BYTES);
      }),
    );
  });
});
