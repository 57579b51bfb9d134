import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Findings } from "../../../src/processors/scrub/findings.ts";
import { findPrivateKeys } from "../../../src/processors/scrub/private-key.ts";

function without(text: string): string {
  const findings = new Findings();
  findPrivateKeys(text, findings);
  return findings.applyTo(text, () => "#");
}

function pem(label: string, newline = "\n"): string {
  return [`-----BEGIN ${label}-----`, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "BKcwggSjAgEAAoIBAQ==", `-----END ${label}-----`].join(
    newline,
  );
}

describe("findPrivateKeys", () => {
  for (const label of [
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
  ]) {
    it(`finds a ${label}, with real and with escaped line ends`, () => {
      assert.equal(without(`key:\n${pem(label)}\nend`), "key:\n#\nend");
      assert.equal(without(`"${pem(label, "\\n")}"`), '"#"');
    });
  }

  it("finds several", () => {
    assert.equal(without(`${pem("PRIVATE KEY")} and ${pem("RSA PRIVATE KEY")}.`), "# and #.");
  });

  it("takes a key that is cut off to the end of the text", () => {
    assert.equal(without(`x ${pem("PRIVATE KEY").slice(0, 60)}`), "x #");
    assert.equal(without(`x ${pem("PRIVATE KEY").slice(0, -10)}`), "x #");
  });

  it("leaves what is public", () => {
    for (const label of ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY", "PGP MESSAGE"])
      assert.equal(without(pem(label)), pem(label));
  });

  it("finds a private key behind a certificate", () => {
    assert.equal(without(`${pem("CERTIFICATE")}\n${pem("PRIVATE KEY")}`), `${pem("CERTIFICATE")}\n#`);
  });

  it("gets through 1 MiB of hostile text", () => {
    for (const piece of ["-", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----END ", "PRIVATE KEY"]) {
      assert.equal(typeof without(`-----BEGIN ${piece.repeat((1 << 20) / piece.length)}`), "string");
    }
  });
});
