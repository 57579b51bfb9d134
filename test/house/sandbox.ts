import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Daemon } from "../support/daemon.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));

const WAIT_MS = 10_000;
/** The DSN that the texts for people show. */
const SHOWN_DATA = "/var/lib/crumbtrail";
const SHOWN_DSN = /https:\/\/[0-9a-zA-Z]+@sentry\.example\/\d+/g;

/** An address on this machine, and whether UDP is meant. */
const SHOWN_ADDRESS = /(udp:\/\/|\/dev\/udp\/)?127\.0\.0\.1([:/])(\d{4,5})/g;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Where commands from the documentation run: a folder with `crumbtrail` on the PATH, a tracker behind the DSN that the
 * texts show, and a relay on the shipped relay.yml whose ports stand in for those that the texts show.
 */
export class Sandbox {
  readonly folder: string;
  readonly tracker: MiniSentry;
  readonly #relay: Daemon;
  readonly #ports: ReadonlyMap<string, number>;

  private constructor(folder: string, tracker: MiniSentry, relay: Daemon, ports: ReadonlyMap<string, number>) {
    this.folder = folder;
    this.tracker = tracker;
    this.#relay = relay;
    this.#ports = ports;
  }

  static async open(): Promise<Sandbox> {
    // Below the build, so that `import "pino"` finds this project's packages.
    const folder = mkdtempSync(fileURLToPath(new URL("sandbox-", import.meta.url)));
    mkdirSync(join(folder, "bin"));
    const command = join(folder, "bin", "crumbtrail");
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(command, 0o755);
    writeFileSync(join(folder, "bin", "node"), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`);
    chmodSync(join(folder, "bin", "node"), 0o755);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
    symlinkSync(join(ROOT, "protos"), join(folder, "protos"));
    const tracker = await MiniSentry.start();
    const shipped = readFileSync(join(ROOT, "relay.yml"), "utf8").replaceAll(/(?<=listen: "127\.0\.0\.1:)\d+/g, "0");
    const relay = await Daemon.start({ config: shipped, env: { SENTRY_DSN: tracker.dsn() } });
    const ports = new Map<string, number>([
      ["12201/udp", await relay.port("gelf_udp")],
      ["12201", await relay.port("gelf_tcp")],
      ["12202", await relay.port("gelf_http")],
      ["24224", await relay.port("forward", "tcp")],
      ["4317", await relay.port("grpc")],
      ["8686", Number(/"address":"http:127\.0\.0\.1:(\d+)","msg":"admin endpoint"/.exec(relay.stderr)?.[1])],
    ]);
    return new Sandbox(folder, tracker, relay, ports);
  }

  async close(): Promise<void> {
    await this.#relay.stop();
    await this.tracker.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Keeps a block as a file of the folder. */
  save(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, this.#translated(text));
    return path;
  }

  /** A command as a person would type it into a shell in this folder. */
  start(script: string): Running {
    const env = {
      PATH: `${join(this.folder, "bin")}:${process.env["PATH"] ?? ""}`,
      HOME: this.folder,
      TZ: "UTC",
      NO_PROXY: "127.0.0.1",
    };
    return new Running(this.#translated(script), { cwd: this.folder, env });
  }

  /** Runs a command to its end. */
  async run(script: string): Promise<Ran> {
    const running = this.start(script);
    const late = setTimeout(() => running.kill(), WAIT_MS);
    const code = await running.ended;
    clearTimeout(late);
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  /** The message of every event since `since`, waiting until one matches. */
  async eventLike(pattern: RegExp, since: number): Promise<void> {
    const messages = (): string[] =>
      this.tracker
        .events()
        .slice(since)
        .map((event) => JSON.stringify([event["logentry"], event["exception"]]));
    await this.tracker.waitFor(`an event like ${pattern}`, () => messages().some((message) => pattern.test(message)), WAIT_MS);
  }

  /** With the addresses of this run in the place of those that are shown. */
  #translated(text: string): string {
    const withDsn = text.replaceAll(SHOWN_DSN, this.tracker.dsn()).replaceAll(SHOWN_DATA, join(this.folder, "data"));
    return withDsn.replaceAll(SHOWN_ADDRESS, (whole, udp: string | undefined, mark: string, port: string) => {
      const real = (udp === undefined ? undefined : this.#ports.get(`${port}/udp`)) ?? this.#ports.get(port);
      return real === undefined ? whole : `${udp ?? ""}127.0.0.1${mark}${real}`;
    });
  }
}

/**
 * A started command. What it writes goes to files, as a shell would have it: Node's pipes are sockets, which `/dev/stderr`
 * cannot open.
 */
export class Running {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #files: readonly [stdout: string, stderr: string];

  constructor(script: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    const folder = mkdtempSync(join(options.cwd, "run-"));
    this.#files = [join(folder, "stdout"), join(folder, "stderr")];
    const [stdout, stderr] = this.#files.map((file) => openSync(file, "a"));
    const bash = ["--noprofile", "--norc", "-eo", "pipefail", "-c", script];
    this.#child = spawn("bash", bash, { ...options, stdio: ["ignore", stdout, stderr], detached: true });
    for (const file of [stdout, stderr]) if (file !== undefined) closeSync(file);
    this.ended = once(this.#child, "close").then(([code]) => code as number | null);
  }

  get stdout(): string {
    return readFileSync(this.#files[0], "utf8");
  }

  get stderr(): string {
    return readFileSync(this.#files[1], "utf8");
  }

  /** Ends it and what it has started. */
  kill(): void {
    const { pid, exitCode } = this.#child;
    if (pid === undefined || exitCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
}
