import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const DEMO = fileURLToPath(new URL("../demo/demo.js", import.meta.url));

async function demo(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [DEMO, ...args], { env: { PATH: process.env["PATH"] ?? "" } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

describe("npm run demo", () => {
  it("plays all services through all inputs, shows the issues with their trails, and a ledger that balances", async () => {
    const { code, stdout, stderr } = await demo("--seconds", "3");

    assert.equal(code, 0, stderr);
    for (const type of ["gelf_tcp", "gelf_http", "gelf_udp", "forward", "grpc", "stdin"]) {
      assert.match(stdout, new RegExp(`\\(${type}\\) [1-9]`), `nothing came in through ${type}`);
    }
    for (const title of [
      "could not charge order|CardDeclined|PaymentFailed",
      "upstream timed out",
      "nightly report|KeyError",
      "nil pointer",
      "reading 'total'",
      "ECONNREFUSED",
    ]) {
      assert.match(stdout, new RegExp(`#\\d+ {2}[A-Z]+ +.*(?:${title})`), `no issue about ${title}`);
    }
    assert.match(stdout, /trail of \d+ from .*nginx\.access/);
    assert.match(stdout, /storm +[1-9]\d* {2}held back/);
    assert.match(stdout, /received ([\d,]+) = settled \1 \+ in flight 0\n$/);
    // oxlint-disable-next-line no-control-regex -- nobody looks at a terminal here, so there must be none
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f]/);
  });

  it("refuses a duration that is none", async () => {
    const { code, stderr } = await demo("--seconds", "soon");

    assert.equal(code, 2);
    assert.match(stderr, /--seconds takes a number/);
  });
});
