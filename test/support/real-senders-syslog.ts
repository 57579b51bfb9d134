// rsyslog and logger(1). Debian does not let rsyslog and syslog-ng be installed beside each other, so rsyslog's packages may
// as well only be unpacked: UNPACK says how.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const UNPACKED = "/opt/rsyslog";
const UNPACK = `apt-get install libestr0 libfastjson4 && cd "$(mktemp -d)" && apt-get download rsyslog rsyslog-openssl && for package in *.deb; do dpkg-deb -x "$package" ${UNPACKED}; done`;

/** Where rsyslog is, and its modules. */
function findRsyslog(): { readonly binary: string; readonly modules: string } {
  for (const root of ["", UNPACKED]) {
    const binary = `${root}/usr/sbin/rsyslogd`;
    if (!existsSync(binary)) continue;
    const libraries = readdirSync(`${root}/usr/lib`).map((name) => `${root}/usr/lib/${name}/rsyslog`);
    const modules = libraries.find((path) => existsSync(join(path, "lmnsd_ossl.so")));
    if (modules === undefined)
      throw new Error("rsyslog's OpenSSL driver is not there; install it with: apt-get install rsyslog-openssl");
    return { binary, modules };
  }
  throw new Error(
    `rsyslog is not there; install it with: apt-get install rsyslog rsyslog-openssl; beside syslog-ng, unpack it: ${UNPACK}`,
  );
}

/** rsyslog in the foreground, which reads from a socket as it reads from /dev/log, and sends where its configuration says. */
export class Rsyslog {
  /** What programs log to: a datagram socket, for `logger({ socket })`. */
  readonly socket: string;

  private constructor(socket: string) {
    this.socket = socket;
  }

  /** `action`: lines that follow the input, in its own language. Stopped with the test. */
  static async start(t: TestContext, action: string, globals = ""): Promise<Rsyslog> {
    const { binary, modules } = findRsyslog();
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-rsyslog-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const socket = join(folder, "in.sock");
    const configuration = join(folder, "rsyslog.conf");
    // Without limits a test may say as much as it likes.
    const text = `global(workDirectory="${folder}" localHostname="web1.example.org" ${globals})
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${socket}" RateLimit.Interval="0" UsePIDFromSystem="off" IgnoreTimestamp="off")
${action}
`;
    writeFileSync(configuration, text);
    const child = spawn(binary, ["-n", "-f", configuration, "-i", join(folder, "pid"), "-M", modules], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folder,
    });
    const said = saying(child);
    const closed = once(child, "close");
    t.after(async () => {
      child.kill();
      await closed;
    });
    while (!existsSync(socket)) {
      if (child.exitCode !== null) throw new Error(`rsyslog ended with ${child.exitCode}\n${said()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return new Rsyslog(socket);
  }
}

function saying(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (more: string) => (text += more));
  return () => text;
}

/** Runs logger(1) of util-linux. */
export function logger(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync("logger", args, { encoding: "utf8" });
  if (error !== undefined) throw new Error("logger is not there; install it with: apt-get install bsdutils", { cause: error });
  if (status !== 0) throw new Error(`logger ${args.join(" ")} ended with ${status}\n${stderr}`);
}
