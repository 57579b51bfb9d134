import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ADVICE =
  "this test mounts a small tmpfs where nobody else sees it, with `unshare` and `nsenter` of util-linux: run it as root, or where " +
  "users may make namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; in a " +
  "container: --cap-add SYS_ADMIN --security-opt seccomp=unconfined)";

const isRoot = process.getuid?.() === 0;

/**
 * A small file system that is seen by a process that waits in a mount namespace of its own and by those that are started
 * by `by`; it goes with that process. Root needs no more than that; anybody else becomes root of a user namespace first.
 */
export class Mounts {
  /** Where it is, for processes inside. */
  readonly inside: string;
  /** Where it is, seen from here. */
  readonly outside: string;
  /** Starts a program inside, for `DaemonOptions.by`. */
  readonly by: readonly string[];
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess, folder: string) {
    this.#holder = holder;
    this.inside = folder;
    this.outside = `/proc/${holder.pid}/root${folder}`;
    const user = isRoot ? [] : ["--user", "--preserve-credentials"];
    this.by = ["nsenter", "--target", String(holder.pid), "--mount", ...user, "--"];
  }

  /** Rejects with advice where the machine does not let us. */
  static async open(bytes: number): Promise<Mounts> {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-mount-"));
    const script = `mount -t tmpfs -o size=${bytes},mode=700 crumbtrail ${folder} && echo mounted && exec sleep infinity`;
    const namespaces = isRoot ? ["--mount"] : ["--map-root-user", "--mount"];
    const holder = spawn("unshare", [...namespaces, "sh", "-c", script], { stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", () => holder.kill("SIGKILL"));
    let trouble = "";
    holder.stderr.setEncoding("utf8").on("data", (text: string) => (trouble += text));
    const ended = once(holder, "exit").catch((thrown: unknown) => (trouble += String(thrown)));
    const mounted = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
    if (!mounted) throw new Error(`cannot mount a tmpfs (${trouble.trim()}): ${ADVICE}`);
    return new Mounts(holder, folder);
  }

  /** Writes into a file until the file system is full. */
  fill(): void {
    const file = openSync(join(this.outside, "ballast"), "a");
    try {
      for (let piece = Buffer.alloc(65_536); piece.length > 0; piece = piece.subarray(0, piece.length >> 1)) {
        while (wrote(file, piece));
      }
    } finally {
      closeSync(file);
    }
  }

  /** Gives the room back. */
  relieve(): void {
    rmSync(join(this.outside, "ballast"));
  }

  /** Makes it read-only, or writable again; read-only only while nothing is open for writing. */
  remount(how: "ro" | "rw"): void {
    const [program, ...parts] = [...this.by, "mount", "-o", `remount,bind,${how}`, this.inside];
    const { status, stderr } = spawnSync(program, parts, { encoding: "utf8" });
    if (status !== 0) throw new Error(`cannot remount ${this.inside} ${how}: ${stderr}`);
  }

  close(): void {
    this.#holder.kill("SIGKILL");
    rmSync(this.inside, { recursive: true, force: true });
  }
}

/** False when there is no more room for it. */
function wrote(file: number, piece: Buffer): boolean {
  try {
    return writeSync(file, piece) > 0;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOSPC") return false;
    throw thrown;
  }
}

/** Starts a program for which the permissions of files hold even when it runs as root, for `DaemonOptions.by`. */
export const WITHOUT_PRIVILEGES: readonly string[] = isRoot ? ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--"] : [];
