import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Findings } from "../../../src/processors/scrub/findings.ts";
import { findPasswordHashes } from "../../../src/processors/scrub/password-hash.ts";

function without(text: string): string {
  const findings = new Findings();
  findPasswordHashes(text, findings);
  return findings.applyTo(text, () => "#");
}

describe("findPasswordHashes", () => {
  // Those with $1$, $5$ and $6$ are OpenSSL's (`openssl passwd -1 -salt saltsalt hunter2`); the others have the form only.
  for (const hash of [
    "$2b$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    "$1$saltsalt$ZliGyAN3DciDHEkDboonh/",
    "$5$saltsalt$OIdfjX.u4Y3SJ4I2bX8w5BMf1VAUhHABNUirScDzZi3",
    "$6$saltsalt$8iYtNHxjWRl.NF6oNZ5tF.iKFlQREaXBLlSmZKP6dy9l5z3vsooWNW0/GZ6Nej73/TFug6pIPSqbJoCT6dfnj.",
    `$6$rounds=5000$saltsalt$${"aB3./xY7Zq".repeat(8)}abcdef`,
    "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g",
    "pbkdf2_sha256$600000$salt$aGFzaGhhc2hoYXNoaGFzaGhhc2g=",
  ]) {
    it(`finds ${hash.slice(0, 24)}...`, () => assert.equal(without(`hash "${hash}", next`), 'hash "#", next'));
  }

  for (const text of ["costs $5$ or $6$ each", "$1 and $2 and $2b$12$short", "$argon2id$", "${a}$b$c$"]) {
    it(`leaves ${text}`, () => assert.equal(without(text), text));
  }

  it("gets through 1 MiB of hostile text", () => {
    for (const piece of ["$2b$12$", "$1$a", "$6$a$", "$argon2id$a", "pbkdf2_sha1$1$", "$", "$y$"]) {
      assert.equal(typeof without(piece.repeat(Math.ceil((1 << 20) / piece.length))), "string");
    }
  });
});
