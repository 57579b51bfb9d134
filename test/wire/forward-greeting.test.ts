import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { heloBytes, pingBytes, pongBytes, readHelo, readPing, readPong } from "../../src/wire/forward-greeting.ts";
import { array, capture, hex, msgpack } from "../support/forward-bytes.ts";
import { packed } from "../support/forward-handshake.ts";

const NOTHING = Buffer.alloc(0);
const text = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const nonce = Buffer.from("0123456789abcdef");

describe("a HELO", () => {
  it("is what fluentd sends: random bytes as bin, and an empty text where no user is asked for", () => {
    const auth = Buffer.from("fedcba9876543210");
    assert.equal(
      heloBytes({ nonce, auth }).toString("latin1"),
      "\x92\xa4HELO\x83\xa5nonce\xc4\x100123456789abcdef\xa4auth\xc4\x10fedcba9876543210\xa9keepalive\xc3",
    );
    assert.deepEqual(decode(heloBytes({ nonce, auth: NOTHING })), ["HELO", { nonce, auth: "", keepalive: true }]);
  });

  it("is read with text or binary, in any order, and without a salt", () => {
    const binary = hex("00ff80c3 00ff80c3");
    for (const as of ["str", "bin"] as const) {
      const members = Buffer.concat([
        hex("84"),
        msgpack("more", [1, {}], "auth"),
        packed(binary, as),
        msgpack(7, "x", "nonce"),
        packed(nonce, as),
      ]);
      const read = readHelo(Buffer.concat([array("HELO", members), hex("c0")]));
      assert.ok(typeof read === "object");
      assert.deepEqual(read.message, { nonce, auth: binary });
      assert.equal(read.next, array("HELO", members).length);
    }
    const bare = readHelo(array("HELO", { nonce: "n" }));
    assert.deepEqual(typeof bare === "object" && bare.message, { nonce: Buffer.from("n"), auth: NOTHING });
    assert.deepEqual(
      [readHelo(array("HELO", null)), readHelo(array("OLEH", {})), readHelo(array("HELO"))],
      ["other", "other", "other"],
    );
  });
});

describe("PING and PONG", () => {
  it("are written byte for byte as Fluent Bit writes them", () => {
    const sent = capture("secure-conn1.c2s");
    const ping = readPing(sent);
    assert.ok(typeof ping === "object");
    assert.equal(ping.message.hostname.toString(), "edge-1");
    assert.equal(pingBytes(ping.message).toString("hex"), sent.subarray(0, ping.next).toString("hex"));

    const answers = capture("secure-conn1.s2c");
    const pongAt = answers.indexOf("PONG") - 2;
    const pong = readPong(answers.subarray(pongAt));
    assert.ok(typeof pong === "object");
    assert.equal(pongBytes(pong.message).toString("hex"), answers.subarray(pongAt, pongAt + pong.next).toString("hex"));
  });

  it("are read again as they were written, whatever their values hold", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 5, maxLength: 5 }), fc.boolean(), (texts, accepted) => {
        const [a = NOTHING, b = NOTHING, c = NOTHING, d = NOTHING, e = NOTHING] = texts;
        const ping = { hostname: a, salt: b, keyDigest: c, user: d, passwordDigest: e };
        const pong = { accepted, reason: a, hostname: b, keyDigest: c };
        assert.deepEqual(readPing(pingBytes(ping)), { message: ping, next: pingBytes(ping).length });
        assert.deepEqual(readPong(pongBytes(pong)), { message: pong, next: pongBytes(pong).length });
      }),
    );
  });

  it("are not there until their last byte is", () => {
    const bytes = capture("secure-conn1.c2s").subarray(0, 0x126);
    for (let end = 0; end < bytes.length; end += 1) assert.equal(readPing(bytes.subarray(0, end)), "part");
    assert.equal(typeof readPing(bytes), "object");
  });

  it("have as many values as they should, all of them text", () => {
    const parts = ["PING", "h", "s", "d", "u", "p"];
    for (let at = 0; at < parts.length; at += 1) {
      assert.equal(readPing(array(...parts.toSpliced(at, 1))), "other", "one is missing");
      for (const other of [null, 1, true, [], {}]) assert.equal(readPing(array(...parts.with(at, other as never))), "other");
    }
    assert.equal(readPing(array(...parts, "more")), "other");
    assert.equal(readPing(array("PONG", ...parts.slice(1))), "other");
    assert.equal(readPing(msgpack({ PING: 1, b: 2, c: 3 })), "other");
    assert.equal(readPong(array("PONG", "true", "", "h", "d")), "other");
    assert.equal(readPong(array("PING", true, "", "h", "d")), "other");
    assert.equal(readPong(array("PONG", true, "", "h", 1)), "other");
  });

  it("are never read beyond their end, and nothing makes reading throw", () => {
    const near = fc
      .tuple(fc.constantFrom(0x92, 0x95, 0x96, 0xdc, 0xdd), text)
      .map(([head, rest]) => Buffer.concat([Buffer.of(head), rest]));
    fc.assert(
      fc.property(fc.oneof(text, near), (bytes) => {
        for (const read of [readHelo(bytes), readPing(bytes), readPong(bytes)]) {
          assert.ok(typeof read === "string" || read.next <= bytes.length);
        }
      }),
    );
  });
});
