import type { Findings } from "./findings.ts";

/** bcrypt, crypt(3) with SHA-2 and yescrypt, Argon2 and scrypt in PHC form, Django's PBKDF2. Every part is bounded. */
const HASH =
  /\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$(?:[156]|y)\$[^\s$"']{1,64}\$(?:[^\s$"']{1,64}\$)?[./A-Za-z0-9]{20,128}|\$(?:argon2(?:id|i|d)|scrypt|pbkdf2(?:-sha\d{1,3})?)(?:\$[\w=,.+/-]{1,128}){2,5}|\bpbkdf2_sha\d{1,3}\$\d{1,9}\$\w{1,64}\$[\w+/=]{20,128}/g;

/** Finds hashes of passwords: what is needed to guess them at leisure. */
export function findPasswordHashes(text: string, findings: Findings): void {
  for (let found = HASH.exec(text); found !== null; found = HASH.exec(text)) {
    findings.add("password_hash", found.index, found.index + found[0].length);
  }
}
