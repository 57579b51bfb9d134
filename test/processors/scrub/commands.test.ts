import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findInCommands, findInSources } from "../../../src/processors/scrub/commands.ts";
import { Findings } from "../../../src/processors/scrub/findings.ts";

function without(text: string): string {
  const findings = new Findings();
  findInCommands(text, findings);
  findInSources(text, findings);
  return findings.applyTo(text, () => "#");
}

const CASES: [string, string][] = [
  ["curl -u bob:hunter2 https://h", "curl -u bob:# https://h"],
  ["curl -sS --proxy-user=bob:hunter2 h", "curl -sS --proxy-user=bob:# h"],
  ["mysql -h db -uroot -phunter2 shop", "mysql -h db -uroot -p# shop"],
  ["mariadb-dump -p'hunter2' shop", "mariadb-dump -p'#' shop"],
  ["sshpass -p hunter2 ssh h", "sshpass -p # ssh h"],
  ["sshpass -phunter2 ssh h", "sshpass -p# ssh h"],
  ["redis-cli -a hunter2", "redis-cli -a #"],
  ["dsn root:hunter2@unix(/run/mysqld.sock)/shop", "dsn root:#@unix(/run/mysqld.sock)/shop"],
  ["jdbc:oracle:thin:scott/tiger@//h:1521/x", "jdbc:oracle:thin:scott/#@//h:1521/x"],
];

describe("findInCommands and findInSources", () => {
  for (const [text, expected] of CASES) it(`scrub ${text}`, () => assert.equal(without(text), expected));

  for (const text of [
    "docker run -u 1000:1000 -p 8080:80 web",
    "mysql -p shop",
    "ls -a x, grep -pattern y",
    "curl -u bob https://h",
    "a:[Filtered:1a2b3c4d]@tcp(h)",
    "curl -u bob:[Filtered] https://h",
    "jdbc:oracle:thin:@h:1521:x",
  ]) {
    it(`leave ${text}`, () => assert.equal(without(text), text));
  }

  it("get through 1 MiB of hostile text", () => {
    for (const piece of ["curl -u a:b ", "mysql -pa ", " -p", " -u ", "a:b@tcp(", "jdbc:oracle:a:", "a", "-", " "]) {
      assert.equal(typeof without(piece.repeat(Math.ceil((1 << 20) / piece.length))), "string");
    }
  });
});
