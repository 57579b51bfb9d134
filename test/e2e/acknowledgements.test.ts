import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { status } from "@grpc/grpc-js";
import { array, asBin, entry } from "../support/forward-bytes.ts";
import { Daemon } from "../support/daemon.ts";
import { MiniSentry } from "../support/mini-sentry.ts";
import { GrpcSender } from "../support/real-senders-grpc.ts";
import { messageOf } from "../support/real-senders-relay.ts";

/** Sends messages as one batch; false when the relay says that they are not safe. */
type Send = (id: string, messages: readonly string[]) => Promise<boolean>;

/** One chunk on a connection of its own; refused by closing it. */
function byForward(port: number): Send {
  return async (id, messages) => {
    const entries = messages.map((message) => entry({ message, level: "error", service: "shop" }));
    const socket = connect(port, "127.0.0.1");
    socket.write(array("shop", asBin(Buffer.concat(entries)), { chunk: id }));
    const first = await Promise.race([once(socket, "data"), once(socket, "end")]);
    socket.destroy();
    return first.length > 0;
  };
}

function byGrpc(sender: GrpcSender): Send {
  return async (id, messages) => {
    try {
      await sender.send({ id, records: messages.map((message) => ({ message, severity: "error", service: "shop" })) });
      return true;
    } catch (error) {
      assert.equal((error as { code?: number }).code, status.UNAVAILABLE, String(error));
      return false;
    }
  };
}

function byHttp(port: number): Send {
  return async (_id, messages) => {
    const body = messages.map((message) => JSON.stringify({ host: "shop", short_message: message, level: 3 })).join("\n");
    const answer = await fetch(`http://127.0.0.1:${port}/gelf`, { method: "POST", body });
    await answer.arrayBuffer();
    if (answer.status === 503) assert.equal(answer.headers.get("retry-after"), "1");
    else assert.equal(answer.status, 202);
    return answer.status === 202;
  };
}

/** Tries again until it is taken, as a sender would. */
async function repeated(send: Send, id: string, messages: readonly string[]): Promise<number> {
  for (let failures = 0; failures < 100; failures += 1) {
    if (await send(id, messages)) return failures;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${id} was never taken`);
}

const INPUTS = (["forward", "grpc", "gelf_http"] as const)
  .map((type) => `  ${type}: { type: ${type}, listen: "127.0.0.1:0", ack_timeout: 300ms }`)
  .join("\n");

function configuration(mini: MiniSentry, rest: string): string {
  const upstream = `{ type: sentry, dsn: "${mini.dsn()}", timeout: 1s, backoff: { first: 50ms, max: 100ms } }`;
  return `inputs:\n${INPUTS}\npolicy: { storm: "off" }\nupstreams: { default: ${upstream} }\n${rest}`;
}

describe("acknowledgements of a full queue whose upstream hangs", () => {
  let mini: MiniSentry;
  let daemon: Daemon;
  let sender: GrpcSender;
  before(async () => {
    mini = await MiniSentry.start();
    daemon = await Daemon.start({ config: configuration(mini, "queue: { type: memory, max_bytes: 4KiB }") });
    sender = new GrpcSender(await daemon.port("grpc"));
  });
  after(async () => {
    sender.close();
    await daemon.stop("SIGKILL");
    await mini.close();
  });

  /** Fills the queue, has a batch refused, lets the upstream recover, and delivers what was refused. */
  async function refusedThenDelivered(send: Send, name: string, lines: number): Promise<void> {
    mini.always = { fault: "hang" };
    const batches: string[][] = [];
    const batch = (i: number): string[] =>
      Array.from({ length: lines }, (_, line) => `${name} ${i} of ${line} ${"x".repeat(300)}`);
    for (let i = 0; i < 50; i += 1) {
      batches.push(batch(i));
      if (!(await send(`${name}-${i}`, batch(i)))) break;
    }
    const last = batches.length - 1;
    assert.ok(last > 0 && last < 49, `the first ${last} batches were taken`);
    assert.equal(await send(`${name}-${last}`, batch(last)), false, "still no room");

    mini.always = {};
    await repeated(send, `${name}-${last}`, batch(last));
    await daemon.settled(0);

    const delivered = mini.uniqueEvents().map(messageOf);
    assert.deepEqual(delivered.filter((message) => message.startsWith(`${name} `)).toSorted(), batches.flat().toSorted());
    assert.match(daemon.stderr, new RegExp(`${name}: .*300ms \\(ack_timeout\\)`));
    assert.deepEqual(mini.problems, []);
  }

  it("forward closes the connection of the chunk, and its repetition is delivered once", async () => {
    await refusedThenDelivered(byForward(await daemon.port("forward", "tcp")), "forward", 3);
  });

  it("gRPC answers UNAVAILABLE, and the repetition is delivered once", async () => {
    await refusedThenDelivered(byGrpc(sender), "grpc", 3);
  });

  it("HTTP answers 503 with Retry-After, and the repetition is delivered once", async () => {
    await refusedThenDelivered(byHttp(await daemon.port("gelf_http")), "gelf_http", 3);
  });
});

describe("identical batches with an acknowledgement in between", () => {
  async function started(t: TestContext, mini: MiniSentry, dataDir: string | undefined) {
    const rest = dataDir === undefined ? "" : `data_dir: ${dataDir}`;
    const daemon = await Daemon.start({ config: configuration(mini, rest) });
    const sender = new GrpcSender(await daemon.port("grpc"));
    t.after(async () => {
      sender.close();
      await daemon.stop("SIGKILL");
    });
    return { daemon, sends: [byForward(await daemon.port("forward", "tcp")), byGrpc(sender)] };
  }

  /** A batch before the relay ends, and twice more after it was started again. */
  async function thrice(t: TestContext, dataDir: string | undefined, end: NodeJS.Signals): Promise<number> {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    const first = await started(t, mini, dataDir);
    for (const send of first.sends) assert.equal(await send("same", ["disk full"]), true);
    await mini.waitForEvents(2);
    await first.daemon.stop(end);
    const second = await started(t, mini, dataDir);
    for (const send of second.sends) assert.equal(await send("same", ["disk full"]), true);
    for (const send of second.sends) assert.equal(await send("same", ["disk full"]), true);
    await mini.waitForEvents(6);
    return mini.uniqueEvents().length;
  }

  function folder(t: TestContext): string {
    const made = mkdtempSync(join(tmpdir(), "crumbtrail-acks-"));
    t.after(() => rmSync(made, { recursive: true, force: true }));
    return join(made, "made", "by the relay");
  }

  it("are all delivered, also when the relay was started anew in between", async (t) => {
    assert.equal(await thrice(t, folder(t), "SIGTERM"), 6);
  });

  it("are taken for one delivery where a kill may have cut off the acknowledgement", async (t) => {
    assert.equal(await thrice(t, folder(t), "SIGKILL"), 4);
  });

  it("are told apart only as long as the process lives where it has no directory", async (t) => {
    assert.equal(await thrice(t, undefined, "SIGTERM"), 4);
  });
});
