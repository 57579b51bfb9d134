import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { heloBytes, pongBytes, readPing, type Pong } from "../../../src/wire/forward-greeting.ts";
import { ForwardKeys } from "../../../src/wire/forward-keys.ts";
import { ForwardGreeter } from "../../../src/wire/send/forward-greeter.ts";
import { array, capture, hex } from "../../support/forward-bytes.ts";
import { SECRETS, heloOf, sha512 } from "../../support/forward-handshake.ts";

const SALT = "00112233445566778899aabbccddeeff";
const NOTHING = Buffer.alloc(0);
const helo = { nonce: Buffer.from("c3a9ff00", "hex"), auth: Buffer.from("80feff00c3", "hex") };
const credentials = { sharedKey: "k 1", user: "ann", password: "pw é" };
const proof = (hostname: string | Buffer, nonce: string | Buffer = helo.nonce): Buffer =>
  Buffer.from(sha512(SALT, hostname, nonce, "k 1"));
const pong: Pong = { accepted: true, reason: NOTHING, hostname: Buffer.from("relay-1"), keyDigest: proof("relay-1") };

function greeter(): ForwardGreeter {
  return new ForwardGreeter(credentials, "web-1", SALT);
}

/** A greeter that has been greeted. */
function greeted(said = helo): ForwardGreeter {
  const made = greeter();
  assert.ok(made.next(heloBytes(said)) !== undefined);
  return made;
}

describe("ForwardGreeter", () => {
  it("sends what the protocol asks for, as text", () => {
    const made = greeter();
    const bytes = heloBytes(helo);

    const progress = made.next(Buffer.concat([bytes, hex("95")]));

    assert.equal(progress?.used, bytes.length);
    const ping = readPing(progress?.reply ?? NOTHING);
    assert.deepEqual(typeof ping === "object" && Object.values(ping.message).map(String), [
      "web-1",
      SALT,
      sha512(SALT, "web-1", helo.nonce, "k 1"),
      "ann",
      sha512(helo.auth, "ann", "pw é"),
    ]);
    assert.equal(made.done, false);
  });

  it("gives no name where none is asked for", () => {
    const reply = greeter().next(heloBytes({ ...helo, auth: NOTHING }))?.reply;
    const ping = readPing(reply ?? NOTHING);
    assert.deepEqual(typeof ping === "object" && [String(ping.message.user), String(ping.message.passwordDigest)], ["", ""]);
  });

  it("is let in by this relay's own judge, and lets it in", () => {
    const made = greeter();
    const ping = readPing(made.next(heloBytes(helo))?.reply ?? NOTHING);
    assert.ok(typeof ping === "object");
    const verdict = new ForwardKeys(SECRETS).verdict(ping.message, helo);
    assert.equal(verdict.result, "accepted");
    assert.equal(made.next(verdict.pong)?.used, verdict.pong.length);
    assert.equal(made.done, true);
  });

  it("answers the HELO that Fluent Bit's server sent, with random bytes in a str", () => {
    const bytes = capture("secure-conn1.s2c");
    const { nonce } = heloOf(bytes);
    const reply = greeter().next(bytes)?.reply;
    const ping = readPing(reply ?? NOTHING);
    assert.equal(typeof ping === "object" && String(ping.message.keyDigest), sha512(SALT, "web-1", nonce, "k 1"));
  });

  it("waits for the rest of a message", () => {
    const bytes = heloBytes(helo);
    const made = greeter();
    for (let end = 0; end < bytes.length; end += 1) assert.equal(made.next(bytes.subarray(0, end)), undefined);
    made.next(bytes);
    const answer = pongBytes(pong);
    for (let end = 0; end < answer.length; end += 1) assert.equal(made.next(answer.subarray(0, end)), undefined);
    assert.equal(made.done, false);
    made.next(answer);
    assert.equal(made.done, true);
  });

  const wrong: Readonly<Record<string, Partial<Pong>>> = {
    "another key": { keyDigest: Buffer.from(sha512(SALT, "relay-1", helo.nonce, "k 2")) },
    "another nonce": { keyDigest: proof("relay-1", "other") },
    "no nonce": { keyDigest: proof("relay-1", "") },
    "another salt": { keyDigest: Buffer.from(sha512("salt", "relay-1", helo.nonce, "k 1")) },
    "another hostname": { hostname: Buffer.from("relay-2") },
    "another order": { keyDigest: Buffer.from(sha512("relay-1", SALT, helo.nonce, "k 1")) },
    "capital digits": { keyDigest: Buffer.from(String(pong.keyDigest).toUpperCase()) },
    "a shorter digest": { keyDigest: pong.keyDigest.subarray(1) },
    "no digest": { keyDigest: NOTHING },
    "our own name and digest sent back": { hostname: Buffer.from("web-1"), keyDigest: proof("web-1") },
  };
  for (const [what, parts] of Object.entries(wrong)) {
    it(`sends nothing to a server that shows ${what}`, () => {
      const made = greeted();
      assert.throws(
        () => made.next(pongBytes({ ...pong, ...parts })),
        /does not know the shared key itself, so the record was not sent/,
      );
      assert.equal(made.done, false);
    });
  }

  it("takes a PONG whose digest is binary, as its raw bytes say", () => {
    const answer = Buffer.concat([
      hex("95"),
      array("PONG", true, "").subarray(1),
      hex("c407"),
      Buffer.from("relay-1"),
      hex("c480"),
      pong.keyDigest,
    ]);
    const made = greeted();
    assert.equal(made.next(answer)?.used, answer.length);
  });

  it("tells why it was refused, printable and not too long", () => {
    const answer = pongBytes({ ...pong, accepted: false, reason: Buffer.from(`\x1b[31mno${"x".repeat(1_000)}`) });
    assert.throws(() => greeted().next(answer), /^Error: the input refused this sender: \\x1b\[31mnox{100,200}\.\.\.$/);
  });

  it("says when what listens there is no forward server, or has no nonce", () => {
    for (const bytes of [
      Buffer.from("HTTP/1.1 400 Bad Request\r\n"),
      array("HELO", { auth: "a" }),
      array("HELO", {}),
      hex("c1"),
      pongBytes(pong),
    ]) {
      assert.throws(() => greeter().next(bytes), /did not greet as a forward input/);
    }
    for (const bytes of [heloBytes(helo), hex("81a361636ba0"), hex("c1")]) {
      assert.throws(() => greeted().next(bytes), /did not answer the shared key as a forward input/);
    }
  });

  it("knows what silence means", () => {
    assert.match(greeter().silence, /seems to have no shared_key; send without one/);
    assert.match(greeted().silence, /no answer to the shared key/);
  });
});
