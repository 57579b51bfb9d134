import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { Pair } from "./certificates.ts";

/** How `openssl s_client` is to dial. */
export interface Dial {
  readonly port: number;
  readonly ca: string;
  readonly own?: Pair | undefined;
  /** More arguments: "-tls1_2". */
  readonly more?: readonly string[];
}

/** Debian refuses what is old by itself; a client of today must be talked into it. */
export const OLD = ["-cipher", "ALL:COMPLEMENTOFALL@SECLEVEL=0"] as const;

/** One `openssl s_client`, and all that it prints. */
export class SClient {
  said = "";
  /** True once it has left, by itself or not. */
  isGone = false;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;

  constructor(t: TestContext, { port, ca, own, more = [] }: Dial) {
    const identity = own === undefined ? [] : ["-cert", own.cert, "-key", own.key];
    const target = ["-connect", `127.0.0.1:${port}`, "-servername", "localhost", "-CAfile", ca, "-verify_return_error"];
    this.#process = spawn("openssl", ["s_client", ...target, ...identity, ...more]);
    this.#ended = once(this.#process, "close").then(() => (this.isGone = true));
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.said += text));
    }
    this.#process.stdin.on("error", () => {});
    t.after(() => this.#process.kill());
  }

  write(bytes: string | Buffer): void {
    this.#process.stdin.write(bytes);
  }

  /** Waits until it has printed something like that, or is gone. */
  async says(words: RegExp): Promise<boolean> {
    for (let turn = 0; turn < 2_000 && !this.isGone && !words.test(this.said); turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return words.test(this.said);
  }

  /** Lets it go, and gives all that it printed. */
  async quit(): Promise<string> {
    this.#process.stdin.end();
    setTimeout(() => this.#process.kill(), 5_000).unref();
    await this.#ended;
    return this.said;
  }
}

/** The protocol and cipher that both agree on: "TLSv1.3 TLS_AES_256_GCM_SHA384"; undefined: they do not. */
export async function agreed(t: TestContext, dial: Dial): Promise<string | undefined> {
  const client = new SClient(t, dial);
  await client.says(/New, .*, Cipher is/);
  const [, cipher] = /Cipher is (\S+)/.exec(client.said) ?? [];
  const said = await client.quit();
  if (cipher === undefined || cipher === "(NONE)") return undefined;
  const [, protocol] = /Protocol *: (\S+)/.exec(said) ?? /New, (\S+), Cipher/.exec(said) ?? [];
  return `${protocol} ${cipher}`;
}

/** Runs a program with bytes as its input; resolves with its exit code and what it printed. */
export async function ran(
  program: string,
  args: readonly string[],
  input: Buffer,
): Promise<{ code: number | null; said: string }> {
  const child = spawn(program, args);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}
