import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { MiniSentry, type Behaviour } from "./mini-sentry.ts";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));
/** The public key in every DSN of these tests, which nothing may print. */
export const KEY = "0123456789abcdef0123456789abcdef";

interface Finding {
  readonly group: string;
  readonly verdict: string;
  readonly what: string;
  readonly todo?: string;
}

/** One run of `crumbtrail doctor`: what it printed and how it ended. Fails the test when it printed the key. */
export class Visit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;

  private constructor(code: number | null, stdout: string, stderr: string) {
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
    assert.doesNotMatch(stdout + stderr, new RegExp(KEY), "a key was printed");
  }

  static async pay(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Visit> {
    const child = spawn(process.execPath, [MAIN, "doctor", ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(child, "close")) as [number | null];
    return new Visit(code, stdout, stderr);
  }

  /** "verdict what; todo" of each check of a group, with `--json`. */
  findings(group: string): string[] {
    const { checks } = JSON.parse(this.stdout) as { checks: readonly Finding[] };
    return checks
      .filter((check) => check.group.startsWith(group))
      .map(({ verdict, what, todo }) => `${verdict} ${what}${todo === undefined ? "" : `; ${todo}`}`);
  }
}

export async function tracker(t: TestContext, always: Behaviour = {}): Promise<MiniSentry> {
  const mini = await MiniSentry.start();
  t.after(() => mini.close());
  mini.always = always;
  return mini;
}

export async function served(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

export function folder(t: TestContext, parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, "crumbtrail-doctor-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function configFile(t: TestContext, text: string): string {
  const file = join(folder(t), "relay.yml");
  writeFileSync(file, text);
  return file;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
