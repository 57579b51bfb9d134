import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { array } from "../support/forward-bytes.ts";
import { MemoryAttacks } from "../support/memory-attacks.ts";
import { GrpcSender } from "../support/real-senders-grpc.ts";
import { dial, post, scatter } from "../support/real-senders-hostile.ts";
import { messageOf, SharedRelay } from "../support/real-senders-relay.ts";

const MAX_MEMORY_MIB = 256;
/** What the allocator may keep to itself beyond what anybody asked it for. */
const TOLERANCE_MIB = 16;
const ROUNDS = 20;

const INPUTS = `  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }
  udp: { type: gelf_udp, listen: "127.0.0.1:0" }
  calm: { type: gelf_udp, listen: "127.0.0.1:0" }
  web: { type: gelf_http, listen: "127.0.0.1:0" }
  fluent: { type: forward, listen: "127.0.0.1:0" }
  rpc: { type: grpc, listen: "127.0.0.1:0" }
  syslog: { type: syslog_tcp, listen: "127.0.0.1:0", max_message_bytes: 2MiB }`;
const REST = `max_memory: ${MAX_MEMORY_MIB}MiB
queue: { type: memory, max_bytes: 8MiB }
policy: { storm: "off", trail: { max_bytes: 8MiB } }`;

type Send = (text: string) => Promise<void>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tries again until it is taken, as a sender does that is told to come back. */
async function insist(attempt: () => Promise<boolean>): Promise<void> {
  while (!(await attempt())) await pause(50);
}

/** Senders that do nothing wrong, by the input they send to. */
async function honest(relay: SharedRelay): Promise<{ senders: ReadonlyMap<string, Send>; close: () => void }> {
  const [tcp, syslog, fluent] = await Promise.all(
    (["tcp", "syslog", "fluent"] as const).map(async (input) => dial(await relay.port(input, "tcp"))),
  );
  if (tcp === undefined || syslog === undefined || fluent === undefined) return assert.fail();
  const [web, calm] = [await relay.port("web"), await relay.port("calm")];
  const rpc = new GrpcSender(await relay.port("rpc"));
  const gelf = (text: string): string => JSON.stringify({ host: "good", short_message: text, level: 3 });
  const senders = new Map<string, Send>([
    // In two parts, so that its messages are unfinished for a while too.
    [
      "tcp",
      async (text) => {
        const message = gelf(text);
        tcp.write(message.slice(0, 20));
        await pause(5);
        tcp.write(`${message.slice(20)}\0`);
      },
    ],
    ["syslog", async (text) => void syslog.write(`<131>Nov 20 08:30:12 good shop: ${text}\n`)],
    ["fluent", async (text) => void fluent.write(array("t", 1_700_000_000, { message: text, level: "error" }))],
    ["web", (text) => insist(async () => (await post(web, "127.0.0.1", gelf(text))) === 202)],
    [
      "rpc",
      (text) =>
        insist(async () => {
          const records = [{ message: text, severity: "error" }];
          return rpc.send({ records }).then(
            () => true,
            () => false,
          );
        }),
    ],
    ["calm", (text) => scatter(calm, "127.0.0.1", gelf(text))],
  ]);
  return {
    senders,
    close() {
      for (const socket of [tcp, syslog, fluent]) socket.end();
      rpc.close();
    },
  };
}

async function attack(relay: SharedRelay): Promise<MemoryAttacks> {
  const attacks = new MemoryAttacks();
  const [tcp, syslog, fluent] = [await relay.port("tcp"), await relay.port("syslog"), await relay.port("fluent", "tcp")];
  const [web, rpc, udp] = [await relay.port("web"), await relay.port("rpc"), await relay.port("udp")];
  const bytes = 1_900_000;
  attacks.unfinished({ port: tcp, senders: 600, head: Buffer.from('{"short_message":"'), bytes });
  attacks.unfinished({ port: syslog, senders: 300, head: Buffer.from("<14>"), bytes });
  // An array of a tag and of 15 MiB that never come.
  const declared = Buffer.from([0x92, 0xa1, 0x74, 0xc6, 0x00, 0xf0, 0x00, 0x00]);
  attacks.unfinished({ port: fluent, senders: 200, head: declared, bytes: 8_000_000 });
  const head = Buffer.from("POST /gelf HTTP/1.1\r\nhost: x\r\ncontent-length: 8000000\r\n\r\n");
  attacks.unfinished({ port: web, senders: 60, head, bytes: 7_000_000 });
  attacks.streams(rpc, 5, 20);
  attacks.chunks(udp);
  return attacks;
}

describe("memory", () => {
  it("stays below its ceiling under all attacks on it at once, and honest senders lose nothing", async (t) => {
    const relay = await SharedRelay.start(INPUTS, REST);
    t.after(() => relay.close());
    const good = await honest(relay);
    const attacks = await attack(relay);
    t.after(() => attacks.stop());
    const sent: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(
        [...good.senders].map(async ([input, send]) => {
          const text = `${input} cannot do ${"abcdefghijklmnopqrstuvwxyz".charAt(round % 26)} for order ${round}`;
          sent.push(text);
          await send(text);
        }),
      );
      await pause(50);
    }
    const turnedAway = [...(await relay.daemon.metrics())].filter(
      ([name, count]) => name.includes('reason="memory"') && count > 0,
    );
    attacks.stop();
    good.close();

    const ledger = await settled(relay, sent.length);
    const status = readFileSync(`/proc/${relay.daemon.process.pid}/status`, "utf8");
    const peakMib = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
    t.diagnostic(
      `peak ${peakMib.toFixed(0)} MiB; ${attacks.opened} connections, ${attacks.closed} closed; ${JSON.stringify(ledger)}`,
    );
    t.diagnostic(JSON.stringify(turnedAway));
    assert.ok(peakMib <= MAX_MEMORY_MIB + TOLERANCE_MIB, `${peakMib} MiB`);

    const arrived = new Set(relay.mini.uniqueEvents().map(messageOf));
    const missing = sent.filter((text) => !arrived.has(text));
    // UDP cannot wait: what was dropped was counted.
    assert.deepEqual(
      missing.filter((text) => !text.startsWith("calm")),
      [],
    );
    assert.ok(missing.length <= (ledger["queue_full"] ?? 0), `${missing.length} datagrams are missing`);
    const attacked = turnedAway.map(([name]) => /input="(\w+)"/.exec(name)?.[1]).toSorted();
    assert.deepEqual(attacked, ["fluent", "rpc", "syslog", "tcp", "web"], "each gave up messages that did not end");
    assert.deepEqual(relay.mini.problems, []);
  });
});

/** Waits until nothing is on its way; what became of all records. */
async function settled(relay: SharedRelay, records: number): Promise<Readonly<Record<string, number>>> {
  for (let turn = 0; turn < 400; turn += 1) {
    const { ledger } = await relay.daemon.status();
    const held = (await relay.daemon.metrics()).get("crumbtrail_in_flight_bytes");
    const sum = Object.values(ledger.settled).reduce((total, count) => total + count, 0);
    assert.equal(ledger.received, sum + ledger.in_flight, JSON.stringify(ledger));
    if (held === 0 && ledger.in_flight === 0 && ledger.received >= records) return ledger.settled;
    await pause(100);
  }
  return assert.fail(`something is still held:\n${await (await relay.daemon.get("/metrics")).text()}`);
}
