import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyDigest, passwordDigest, sameDigest } from "../../src/wire/forward-digests.ts";
import { readPing, readPong } from "../../src/wire/forward-greeting.ts";
import { capture } from "../support/forward-bytes.ts";
import { heloOf } from "../support/forward-handshake.ts";

const bytes = (from: number): Buffer => Buffer.from(Array.from({ length: 16 }, (_, i) => from + i));

describe("forward's digests", () => {
  it("are those of the protocol's description, over raw bytes", () => {
    const key = { salt: bytes(0), nonce: bytes(0x10), sharedKey: Buffer.from("secret") };
    const user = { auth: bytes(0x20), user: Buffer.from("alice"), password: Buffer.from("pw") };

    assert.deepEqual(
      [
        keyDigest({ ...key, hostname: Buffer.from("client.local") }).toString(),
        keyDigest({ ...key, hostname: Buffer.from("server.local") }).toString(),
        passwordDigest(user).toString(),
      ],
      [
        "433811b8717c5510c0528e55b6a76a3fd543161860ec13f06b444068c087839cee412c41069d3814d56be955dbda0092742fc756bb41c7dab55a3fb5385587ca",
        "daa5ea6b8ed2dbd8d8d739e223401e2302bfcab0fd7100a4ed1e2f742c959d4a2b64f63136e099e3d6803bcef52282a30b9ef6e4574fb7586e8cc32ce204152d",
        "ee6a0d63367d123c6cb68912c6bfb02863109f6d0345d885f2698331a3c3fe3b036b8bc7ae95bb1f89013dcf453c644c1a229a4c108f172474e3e53b1a753efd",
      ],
    );
  });

  for (const connection of ["secure-conn1", "secure-conn2"]) {
    it(`are those that Fluent Bit made on both sides of ${connection}`, () => {
      const answers = capture(`${connection}.s2c`);
      const helo = heloOf(answers);
      const ping = readPing(capture(`${connection}.c2s`));
      const pong = readPong(answers.subarray(answers.indexOf("PONG") - 2));
      assert.ok(typeof ping === "object" && typeof pong === "object");
      const { salt, hostname, user } = ping.message;
      const sharedKey = Buffer.from("s3cr3t");

      assert.equal(keyDigest({ salt, hostname, nonce: helo.nonce, sharedKey }).toString(), ping.message.keyDigest.toString());
      assert.equal(
        passwordDigest({ auth: helo.auth, user, password: Buffer.from("hunter2") }).toString(),
        ping.message.passwordDigest.toString(),
      );
      assert.equal(
        keyDigest({ salt, hostname: pong.message.hostname, nonce: helo.nonce, sharedKey }).toString(),
        pong.message.keyDigest.toString(),
      );
    });
  }

  it("are the same only when every byte is", () => {
    const digest = keyDigest({ salt: bytes(0), nonce: bytes(1), hostname: bytes(2), sharedKey: bytes(3) });
    assert.ok(sameDigest(digest, Buffer.from(digest)));
    assert.ok(!sameDigest(digest, digest.subarray(1)));
    assert.ok(!sameDigest(digest, Buffer.alloc(0)));
    assert.ok(!sameDigest(digest, Buffer.from(digest.toString().toUpperCase())));
    for (let at = 0; at < digest.length; at += 1) {
      const other = Buffer.from(digest);
      other[at] = (other[at] ?? 0) ^ 1;
      assert.ok(!sameDigest(digest, other));
    }
  });
});
