import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { MAIN } from "../support/command.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

/** What whoever started a command can see of it. */
interface Seen {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Start {
  readonly input?: string;
  readonly dsn?: string;
  readonly path?: string;
  /** Called once the command runs. */
  readonly meanwhile?: (pid: number, printed: () => string) => Promise<void> | void;
}

const UNREACHABLE = "http://key@127.0.0.1:9/1";
let tracker: MiniSentry;
before(async () => {
  tracker = await MiniSentry.start();
});
after(() => tracker.close());

/** Runs a command to its end, wrapped or by itself. */
async function run(command: readonly string[], wrapped: boolean, { input, dsn, path, meanwhile }: Start = {}): Promise<Seen> {
  const [file = "", ...args] = wrapped ? [process.execPath, MAIN, "run", "--", ...command] : command;
  const env = { PATH: path ?? process.env["PATH"] ?? "", SENTRY_DSN: dsn ?? tracker.dsn("0"), LC_ALL: "C.UTF-8" };
  const child = spawn(file, args, { env, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  const out = createHash("sha256");
  let stdout = "";
  let bytes = 0;
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    out.update(chunk);
    bytes += chunk.length;
    if (stdout.length < 4_096) stdout += chunk.toString("latin1");
  });
  child.stderr?.setEncoding("latin1").on("data", (text: string) => (stderr += text));
  if (input !== undefined) child.stdin?.end(input);
  await meanwhile?.(child.pid ?? 0, () => stdout);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout: bytes <= 4_096 ? stdout : `${bytes} bytes, ${out.digest("hex")}`, stderr };
}

interface Memory {
  /** `Private_Clean` and `Private_Dirty` of all it maps. */
  readonly all: number;
  /** Of these, what no file can give back: not the code of Node, of which it is chance whether others use it at the time. */
  readonly own: number;
}

/** What belongs to a process alone, bytes, once that grows no more. */
async function settledMemory(pid: number): Promise<Memory> {
  // Until its modules are loaded memory grows; then it stays.
  for (let before = 0; ;) {
    await pause(1_000);
    const now = privateMemory(pid);
    if (Math.abs(now.own - before) < 100_000) return now;
    before = now.own;
  }
}

function privateMemory(pid: number): Memory {
  let [isFile, all, own] = [false, 0, 0];
  for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$/.exec(line);
    if (mapping !== null) isFile = (mapping[1] ?? "").startsWith("/");
    const bytes = Number(/^Private_\w+: +(\d+) kB/.exec(line)?.[1] ?? 0) * 1_024;
    all += bytes;
    if (!isFile) own += bytes;
  }
  return { all, own };
}

const sh = (script: string): string[] => ["sh", "-c", script];

/** Asserts that whoever started it cannot tell whether a command is wrapped. */
async function alike(command: readonly string[], start: Start = {}): Promise<Seen> {
  const [bare, wrapped] = await Promise.all([run(command, false, start), run(command, true, start)]);
  // What the relay says about its tracker goes to standard error too.
  const own = wrapped.stderr.split("\n").filter((line) => line.startsWith('{"level":'));
  assert.deepEqual({ ...wrapped, stderr: wrapped.stderr.replaceAll(own.map((line) => `${line}\n`).join(""), "") }, bare);
  return wrapped;
}

describe("run -- CMD, beside the same command by itself", () => {
  it("keeps each exit status", async () => {
    for (const status of [0, 1, 3, 126, 143, 255]) await alike(sh(`exit ${status}`));
  });

  it("ends by each signal that its process ends by", async () => {
    for (const name of ["HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "SEGV", "PIPE", "TERM", "XCPU", "SYS"]) {
      const { signal } = await alike(sh(`ulimit -c 0; kill -${name} $$`));
      // Some names are one signal on Linux.
      assert.equal(constants.signals[signal as NodeJS.Signals], constants.signals[`SIG${name}` as NodeJS.Signals]);
    }
  });

  it("passes every byte of 100 MB, in order", async () => {
    const command = [process.execPath, "-e", "const b = Buffer.alloc(1 << 20, 'x'.repeat(1000) + '\\n\\0\\xff'); let i = 0; (function next() { while (i++ < 100) if (!process.stdout.write(b)) return process.stdout.once('drain', next); })()"]; // prettier-ignore
    const { stdout } = await alike(command);
    assert.match(stdout, /^104857600 bytes/);
  });

  it("does so while the tracker is down", async () => {
    const script = "for i in 1 2 3; do echo ERROR $i; done; head -c 2000000 /dev/zero | tr '\\0' x; exit 3";
    const { code } = await alike(sh(script), { dsn: UNREACHABLE });
    assert.equal(code, 3);
  });

  it("passes bytes that are no text, no lines, and nothing at all", async () => {
    await alike(sh(String.raw`printf '\377\000\376no newline'; printf 'err' >&2`));
    await alike(["true"]);
    await alike(sh(`head -c 3000000 /dev/zero | tr '\\0' x`));
  });

  it("leaves standard input, directory, arguments and environment as they are", async () => {
    await alike(["cat"], { input: "a\nb\0c" });
    await alike(["pwd"]);
    await alike(sh(`printf '%s|' "$@"`).concat("sh", "two words", "", "--config", "--", "é"));
    await alike(sh(`env | grep -v '^_=' | sort`));
  });

  it("gives it real pipes, so that /dev/stdout and /dev/stderr can be opened again", async () => {
    // This test's own outputs are sockets, so a bare command could not.
    const { stdout, stderr } = await run(sh("echo to out > /dev/stdout; echo to err > /dev/stderr; echo on"), true);
    assert.equal(stdout, "to out\non\n");
    assert.match(stderr, /to err/);
  });

  it("runs it without mkfifo too", async () => {
    const command = ["/bin/sh", "-c", "echo out; echo err >&2; exit 5"];
    const seen = await run(command, true, { path: "/nonexistent" });
    assert.deepEqual([seen.code, seen.stdout], [5, "out\n"]);
  });

  it("says that there is no such command, or none that may run, as a shell does", async () => {
    const absent = await run(["no-such-command"], true);
    assert.deepEqual([absent.code, absent.stderr], [127, "crumbtrail: cannot run no-such-command: there is no such command\n"]);
    assert.equal((await run(["/etc/passwd"], true)).code, 126);
  });

  it("passes on what children that outlive it print soon after, and leaves no zombie", async () => {
    await alike(sh("(sleep 0.2; echo late) & echo now; exit 7"));
    await run(sh("(exit 1) & sleep 0.4; echo done; sleep 0.3"), true, {
      meanwhile: async (pid, printed) => {
        while (!printed().includes("done")) await pause(10);
        const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
        const states = children.map((child) => /State:\s+(\S)/.exec(readFileSync(`/proc/${child}/status`, "utf8"))?.[1]);
        assert.ok(states.length > 0 && !states.includes("Z"), states.join());
      },
    });
  });

  it("passes signals on, and outlives what its process outlives", async () => {
    for (const name of ["HUP", "INT", "TERM", "USR1", "USR2", "QUIT", "WINCH", "CONT"]) {
      const script = `trap 'echo got ${name}; exit 9' ${name}; echo ready; while :; do sleep 0.05; done`;
      const { code, stdout } = await alike(sh(script), {
        meanwhile: async (pid, printed) => {
          while (!printed().includes("ready")) await pause(10);
          process.kill(pid, `SIG${name}` as NodeJS.Signals);
        },
      });
      assert.deepEqual([code, stdout], [9, `ready\ngot ${name}\n`]);
    }
    const { signal } = await alike(sh("trap '' TERM; echo ready; sleep 0.3; trap - INT; echo still; kill -INT $$"), {
      meanwhile: async (pid, printed) => {
        while (!printed().includes("ready")) await pause(10);
        process.kill(pid, "SIGTERM");
      },
    });
    assert.equal(signal, "SIGINT");
  });

  it("tells its process when nobody reads any more", async () => {
    const child = spawn(process.execPath, [MAIN, "run", "--", "yes"], { stdio: ["ignore", "pipe", "ignore"] });
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    assert.deepEqual([code, signal], [null, "SIGPIPE"]);
  });

  it("runs the command although the configuration is wrong, and says what is wrong with it", async () => {
    const child = [process.execPath, MAIN, "run", "--config", "/nonexistent/relay.yml", "--", "sh", "-c", "echo out; exit 6"];
    const seen = await run(child, false);
    assert.deepEqual([seen.code, seen.stdout], [6, "out\n"]);
    assert.match(seen.stderr, /the command runs without a relay: .*\n\/nonexistent\/relay\.yml/s);
  });
});

describe("run -- CMD", () => {
  it("turns an end that nobody asked for into an issue with what was printed last", async () => {
    await run(sh("echo 'order 17 begun'; echo 'INFO stock is low' >&2; exit 3"), true, { dsn: tracker.dsn("1") });
    await run(sh("echo up; kill -SEGV $$"), true, { dsn: tracker.dsn("2") });

    const [exited] = tracker.events("1");
    const [killed] = tracker.events("2");
    assert.equal(exited?.["level"], "error");
    assert.deepEqual((exited["logentry"] as { formatted: string }).formatted, "sh exited with status 3");
    const crumbs = (exited["breadcrumbs"] as { values: { message: string }[] }).values.map(({ message }) => message);
    assert.deepEqual(crumbs.toSorted(), ["INFO stock is low", "order 17 begun"]);
    assert.equal(killed?.["level"], "fatal");
    assert.deepEqual((killed["logentry"] as { formatted: string }).formatted, "sh was killed by SIGSEGV");
    assert.deepEqual((killed["extra"] as { last_output: string[] }).last_output, ["up"]);
  });

  it("makes no issue of an end with status 0 or one that was asked for", async () => {
    await run(["true"], true, { dsn: tracker.dsn("3") });
    for (const script of ["echo ready; exec sleep 30", "trap 'exit 143' TERM; echo ready; while :; do sleep 0.05; done"]) {
      await run(sh(script), true, {
        dsn: tracker.dsn("3"),
        meanwhile: async (pid, printed) => {
          while (!printed().includes("ready")) await pause(10);
          process.kill(pid, "SIGTERM");
        },
      });
    }
    assert.deepEqual(tracker.events("3"), []);
  });

  it("takes less than 40 MiB beside a process that prints nothing", async () => {
    await run(["sleep", "60"], true, {
      meanwhile: async (pid) => {
        const { all, own } = await settledMemory(pid);
        process.kill(pid, "SIGTERM");
        // This test runs the same Node, as any other process of Node in a container would: they share its code.
        assert.ok(all < 40 << 20, `${all} bytes`);
        assert.ok(own > 2 << 20 && own < 20 << 20, `${own} bytes of its own`);
      },
    });
  });

  it("takes less than 40 MiB of its own beside a process that has printed something", async () => {
    await run(sh("echo ready; exec sleep 60"), true, {
      meanwhile: async (pid, printed) => {
        while (!printed().includes("ready")) await pause(10);
        const { own } = await settledMemory(pid);
        process.kill(pid, "SIGTERM");
        assert.ok(own > 20 << 20 && own < 40 << 20, `${own} bytes`);
      },
    });
  });

  it("opens an issue for the end of a process that printed nothing, and none for a good end", async () => {
    await run(sh("exit 4"), true, { dsn: tracker.dsn("5") });
    await run(["true"], true, { dsn: tracker.dsn("5") });

    const said = tracker.events("5").map((event) => (event["logentry"] as { formatted: string }).formatted);
    assert.deepEqual(said, ["sh exited with status 4"]);
  });

  it("says that the DSN is wrong before its process prints anything", async () => {
    const child = spawn(process.execPath, [MAIN, "run", "--dsn", "nonsense", "--", "sleep", "60"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let told = "";
    for await (const text of child.stderr.setEncoding("utf8") as AsyncIterable<string>) {
      told += text;
      if (told.includes("the DSN must begin with")) break;
    }
    child.kill();
    assert.match(told, /the command runs without a relay/);
  });

  it("joins a stack trace on one output while the other one prints", async () => {
    const script = `
      process.stderr.write("Error: out of stock\\n");
      for (let i = 0; i < 3; i += 1) { process.stdout.write("tick " + i + "\\n"); process.stderr.write("    at f" + i + " (/srv/shop.js:" + (i + 1) + ":5)\\n"); }
    `; // prettier-ignore
    await run([process.execPath, "-e", script], true, { dsn: tracker.dsn("4") });

    const events = tracker.events("4");
    assert.equal(events.length, 1);
    const { values } = (events[0] as { exception: unknown }).exception as {
      values: { type: string; stacktrace: { frames: unknown[] } }[];
    };
    assert.deepEqual(
      values.map(({ type, stacktrace }) => [type, stacktrace.frames.length]),
      [["Error", 3]],
    );
  });
});
