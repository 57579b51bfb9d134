// Senders that come as Debian packages. Nothing of theirs is installed or started as a service by a test: each runs as a
// process of its own in a temporary folder. A missing one is a failure that says what to install.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** Debian's own Python: the only one that sees Debian's modules. */
const PYTHON = "/usr/bin/python3";
/** Where syslog-ng-scl puts the definition of the destination. */
const GRAYLOG2 = "/usr/share/syslog-ng/include/scl/graylog2/plugin.conf";
/** Nobody, where the tests run as root. */
const NOBODY = 65_534;

function missing(what: string, ...packages: readonly string[]): Error {
  return new Error(`${what} is not there; install it with: apt-get install ${packages.join(" ")}`);
}

/** Runs a Python program that imports a module of a Debian package; resolves when it has ended well. */
export async function python(module: string, debianPackage: string, program: string): Promise<void> {
  if (!existsSync(PYTHON)) throw missing(PYTHON, "python3", debianPackage);
  if (spawnSync(PYTHON, ["-c", `import ${module}`]).status !== 0) throw missing(`the Python module ${module}`, debianPackage);
  const child = spawn(PYTHON, ["-"], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", PYTHONUTF8: "1" },
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end(program);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the Python program ended with ${code}\n${stderr}`);
}

/** syslog-ng in the foreground, which reads from a socket file and sends where its configuration says. */
export class SyslogNg {
  readonly #child: ChildProcess;
  readonly #socket: Socket;

  private constructor(child: ChildProcess, socket: Socket) {
    this.#child = child;
    this.#socket = socket;
  }

  /** `destination`: the inside of a destination block. Stopped with the test. */
  static async start(t: TestContext, destination: string): Promise<SyslogNg> {
    const binary = ["/usr/sbin/syslog-ng", "/usr/bin/syslog-ng"].find((path) => existsSync(path));
    if (binary === undefined) throw missing("syslog-ng", "syslog-ng-core", "syslog-ng-scl");
    if (!existsSync(GRAYLOG2)) throw missing("syslog-ng's graylog2() destination", "syslog-ng-scl");
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-syslog-ng-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (owner.uid !== undefined) chownSync(folder, NOBODY, NOBODY);
    const configuration = join(folder, "syslog-ng.conf");
    writeFileSync(configuration, configurationOf(join(folder, "in.sock"), destination));
    const files = ["--persist-file", "--pidfile", "--control"].flatMap((option) => [option, join(folder, option.slice(2))]);
    const child = spawn(binary, ["--foreground", "--no-caps", "--stderr", "--cfgfile", configuration, ...files], {
      stdio: ["ignore", "ignore", "pipe"],
      cwd: folder,
      ...owner,
    });
    const closed = once(child, "close");
    t.after(async () => {
      child.kill();
      await closed;
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const socket = await dialled(join(folder, "in.sock"), () => child.exitCode === null);
    if (socket !== undefined) return new SyslogNg(child, socket);
    await closed;
    throw new Error(`syslog-ng ended with ${child.exitCode}\n${stderr}`);
  }

  /** Hands over syslog messages, one a line. */
  send(...messages: readonly string[]): void {
    this.#socket.write(messages.map((message) => `${message}\n`).join(""));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }
}

/** A connection to a socket file once it is there; undefined when its server ended before. */
async function dialled(path: string, isAlive: () => boolean): Promise<Socket | undefined> {
  while (isAlive()) {
    const socket = connect(path);
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (connected) return socket.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}

function configurationOf(socket: string, destination: string): string {
  return `@version: current
@include "scl.conf"
options { keep-hostname(yes); use-dns(no); };
source s_in { unix-stream("${socket}" flags(syslog-protocol)); };
destination d_out { ${destination} };
log { source(s_in); destination(d_out); };
`;
}
