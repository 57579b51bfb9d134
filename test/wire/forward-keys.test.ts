import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readPing, type Helo } from "../../src/wire/forward-greeting.ts";
import { ForwardKeys, refusal, type Verdict } from "../../src/wire/forward-keys.ts";
import { capture } from "../support/forward-bytes.ts";
import { HAND, SECRETS, heloOf, pingFor, pongOf, sha512, type Hand } from "../support/forward-handshake.ts";

const helo: Helo = { nonce: Buffer.from("c3a9ff00", "hex"), auth: Buffer.from("80feff00c3", "hex") };
const keys = new ForwardKeys(SECRETS);

function judge(bytes: Buffer, by = keys, said = helo): Verdict {
  const read = readPing(bytes);
  assert.ok(typeof read === "object");
  return by.verdict(read.message, said);
}

describe("ForwardKeys", () => {
  it("answers Fluent Bit byte for byte as Fluent Bit's server did", () => {
    const own = new ForwardKeys({ sharedKey: "s3cr3t", users: { bob: "hunter2" }, hostname: "agg-1" });
    for (const connection of ["secure-conn1", "secure-conn2"]) {
      const answers = capture(`${connection}.s2c`);
      const at = answers.indexOf("PONG") - 2;

      const { result, pong } = judge(capture(`${connection}.c2s`), own, heloOf(answers));

      assert.equal(result, "accepted");
      assert.equal(pong.toString("hex"), answers.subarray(at, at + pong.length).toString("hex"));
    }
  });

  for (const as of ["str", "bin"] as const) {
    it(`takes what is right, as ${as}, and proves that it knows the key too`, () => {
      const verdict = judge(pingFor(helo, HAND, as));

      assert.equal(verdict.result, "accepted");
      const { accepted, reason, hostname, keyDigest } = pongOf(verdict.pong);
      assert.deepEqual([accepted, reason.toString(), hostname.toString()], [true, "", "relay-1"]);
      assert.equal(keyDigest.toString(), sha512(HAND.salt, "relay-1", helo.nonce, "k 1"));
    });
  }

  it("takes any salt and name that the digest was made with", () => {
    for (const other of [
      { salt: Buffer.alloc(0) },
      { salt: Buffer.from("ab".repeat(16)) },
      { hostname: "Überall" },
      { hostname: "" },
    ]) {
      assert.equal(judge(pingFor(helo, { ...HAND, ...other })).result, "accepted");
    }
  });

  const digest = sha512(HAND.salt, HAND.hostname, helo.nonce, HAND.sharedKey);
  const wrongKeys: Readonly<Record<string, readonly (string | Buffer)[]>> = {
    "another nonce": ["web-1", HAND.salt, sha512(HAND.salt, "web-1", "other", "k 1")],
    "no nonce": ["web-1", HAND.salt, sha512(HAND.salt, "web-1", "k 1")],
    "another salt": ["web-1", Buffer.from("00ff80c3aa", "hex"), digest],
    "a salt decoded as UTF-8": ["web-1", HAND.salt, sha512(HAND.salt.toString("utf8"), "web-1", helo.nonce, "k 1")],
    "another hostname": ["web-2", HAND.salt, digest],
    "another key": ["web-1", HAND.salt, sha512(HAND.salt, "web-1", helo.nonce, "k 2")],
    "no key": ["web-1", HAND.salt, sha512(HAND.salt, "web-1", helo.nonce)],
    "another order": ["web-1", HAND.salt, sha512("web-1", HAND.salt, helo.nonce, "k 1")],
    "the key first": ["web-1", HAND.salt, sha512("k 1", HAND.salt, "web-1", helo.nonce)],
    "capital digits": ["web-1", HAND.salt, digest.toUpperCase()],
    "a shorter digest": ["web-1", HAND.salt, digest.slice(0, 127)],
    "a longer digest": ["web-1", HAND.salt, `${digest}0`],
    "an empty digest": ["web-1", HAND.salt, ""],
    "the digest's bytes": ["web-1", HAND.salt, Buffer.from(digest, "hex")],
  };
  for (const [what, values] of Object.entries(wrongKeys)) {
    it(`refuses ${what}`, () => {
      for (const as of ["str", "bin"] as const) {
        const verdict = judge(pingFor(helo, HAND, as, values));
        const { accepted, reason, hostname, keyDigest } = pongOf(verdict.pong);
        assert.equal(verdict.result, "wrong_key");
        assert.deepEqual([accepted, reason.toString(), hostname.length, keyDigest.length], [false, "shared_key mismatch", 0, 0]);
      }
    });
  }

  const right = sha512(helo.auth, "ann", "pw é");
  const wrongUsers: Readonly<Record<string, readonly [string | Buffer, string | Buffer]>> = {
    "an unknown user": ["eve", sha512(helo.auth, "eve", "pw é")],
    "an unknown user without a password": ["eve", sha512(helo.auth, "eve", "")],
    "another user's password": ["ann", sha512(helo.auth, "ann", "other")],
    "another user's digest": ["bea", right],
    "no user": ["", ""],
    "an empty user": ["", sha512(helo.auth, "", "")],
    "no digest": ["ann", ""],
    "another salt": ["ann", sha512(helo.nonce, "ann", "pw é")],
    "no salt": ["ann", sha512("ann", "pw é")],
    "another order": ["ann", sha512("ann", helo.auth, "pw é")],
    "a name of a property": ["constructor", sha512(helo.auth, "constructor", "")],
    "capital digits": ["ann", right.toUpperCase()],
  };
  for (const [what, [user, given]] of Object.entries(wrongUsers)) {
    it(`refuses ${what} where users are asked for`, () => {
      for (const as of ["str", "bin"] as const) {
        const verdict = judge(pingFor(helo, HAND, as, [...pingValues(HAND), user, given]));
        assert.equal(verdict.result, "wrong_user");
        assert.equal(pongOf(verdict.pong).reason.toString(), "username/password mismatch");
      }
    });
  }

  it("asks nobody for a password where there are no users", () => {
    const open = new ForwardKeys({ ...SECRETS, users: {} });
    assert.deepEqual([open.asksForUser, keys.asksForUser], [false, true]);
    for (const [user, given] of Object.values(wrongUsers)) {
      assert.equal(judge(pingFor(helo, HAND, "str", [...pingValues(HAND), user, given]), open).result, "accepted");
    }
  });

  it("takes another name than a sender that has the same, which would refuse its own", () => {
    const hand = { ...HAND, hostname: "relay-1" };
    const { hostname, keyDigest } = pongOf(judge(pingFor(helo, hand)).pong);
    assert.equal(hostname.toString(), "relay-1-crumbtrail");
    assert.equal(keyDigest.toString(), sha512(hand.salt, "relay-1-crumbtrail", helo.nonce, "k 1"));
  });

  it("gives reasons that Fluent Bit has room for", () => {
    for (const reason of [
      "shared_key mismatch",
      "username/password mismatch",
      "invalid ping message",
      "too many failures",
    ] as const) {
      const said = pongOf(refusal(reason)).reason;
      assert.ok(said.length <= 31 && said.length > 0);
    }
  });

  it("tells in the log who was refused and why, printable and without a secret or a digest", () => {
    const evil = pingFor(helo, { ...HAND, hostname: "\x1b[2Jx\n", sharedKey: "k 2" });
    const user = pingFor(helo, { ...HAND, user: "\u0007ann", password: "pw é" });
    const none = pingFor(helo, { ...HAND, user: "" });
    const messages = [evil, user, none].map((bytes) => {
      const verdict = judge(bytes);
      return verdict.result === "accepted" ? "" : verdict.message;
    });
    assert.match(messages[0] ?? "", /"\\x1b\[2Jx\\x0a" was refused: its shared key/);
    assert.match(messages[1] ?? "", /wrong name or password for user "\\x07ann"/);
    assert.match(messages[2] ?? "", /names no user/);
    for (const message of messages) assert.doesNotMatch(message, /k 1|k 2|pw|[0-9a-f]{20}/);
  });
});

/** The values of a PING up to the digest of the key. */
function pingValues({ hostname, salt, sharedKey }: Hand): (string | Buffer)[] {
  return [hostname, salt, sha512(salt, hostname, helo.nonce, sharedKey)];
}
