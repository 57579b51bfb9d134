import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { blot, isSecretPath, redact, secretsIn } from "../../src/config/secrets.ts";

const DSN = "https://publickey:secretkey@sentry.example/7";

describe("isSecretPath", () => {
  it("knows the fields that hold secrets, and what lies inside them", () => {
    assert.ok(isSecretPath(["upstreams", "default", "dsn"]));
    assert.ok(isSecretPath(["admin", "token"]));
    assert.ok(isSecretPath(["inputs", "a", "tokens", 0]));
    assert.ok(isSecretPath(["inputs", "a", "shared_key"]));
    assert.ok(isSecretPath(["inputs", "a", "users", "alice"]));
  });

  it("leaves paths of files, lists of keys and names people chose alone", () => {
    assert.ok(!isSecretPath(["inputs", "a", "tls", "key"]));
    assert.ok(!isSecretPath(["policy", "trail", "keys", 0]));
    assert.ok(!isSecretPath(["inputs", "tokens", "listen"]));
  });
});

describe("redact", () => {
  it("takes the keys out of a DSN and keeps where it leads", () => {
    assert.equal(redact(DSN, ["upstreams", "x", "dsn"]), "https://***@sentry.example/7");
  });

  it("hides all of a secret that is no URL, numbers too", () => {
    assert.equal(redact("key@host/1", ["upstreams", "x", "dsn"]), "***");
    assert.equal(redact(12_345, ["admin", "token"]), "***");
    assert.deepEqual(redact({ alice: "a", bob: "" }, ["inputs", "x", "users"]), { alice: "***", bob: "" });
  });

  it("finds user names and passwords in any URL", () => {
    assert.deepEqual(redact({ queue: { url: "redis://me:pass@host:1/0" } }), { queue: { url: "redis://***@host:1/0" } });
  });

  it("changes nothing else", () => {
    const value = { lanes: 2, policy: { tags: ["a@b", "http://x/y@z"], off: false, none: null } };
    assert.deepEqual(redact(value), value);
  });
});

describe("secretsIn", () => {
  it("lists keys, tokens and passwords", () => {
    const value = {
      inputs: { a: { users: { alice: "wonderland" }, tokens: ["t1"] } },
      upstreams: { default: { dsn: DSN } },
      admin: { token: "" },
    };
    assert.deepEqual(secretsIn(value), ["wonderland", "t1", "publickey", "secretkey"]);
  });

  it("lists of other URLs the password alone, as written and as meant", () => {
    assert.deepEqual(secretsIn({ proxy: "http://relay:p%40ss%2Fword@proxy:3128" }), ["p%40ss%2Fword", "p@ss/word"]);
    assert.deepEqual(secretsIn({ proxy: "http://token%@proxy:3128" }), ["token%"]);
  });
});

describe("blot", () => {
  it("hides a long secret wherever a message repeats it, cut and escaped", () => {
    const secret = "a\\b".repeat(40);
    assert.equal(blot(`got ${JSON.stringify(secret)}`, ["lanes"], 1, [secret]), 'got "***"');
    assert.equal(blot(`got ${JSON.stringify(`${secret.slice(0, 60)}...`)}`, ["lanes"], 1, [secret]), 'got "***..."');
  });

  it("hides a short secret at its own path only", () => {
    assert.equal(blot('expected a list, got text "a"', ["admin", "token"], "a", ["a"]), "expected a list, got text ***");
    assert.equal(blot("expected text, got the number 5", ["admin", "token"], 5, []), "expected text, got the number ***");
    assert.equal(blot('expected a list, got text "a"', ["lanes"], "a", ["a"]), 'expected a list, got text "a"');
  });
});
