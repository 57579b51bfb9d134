// The same bytes through real sockets, into the daemon as it is built and run.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { array, entry } from "../support/forward-bytes.ts";
import { Daemon } from "../support/daemon.ts";
import { heloOf, HAND, pingFor } from "../support/forward-handshake.ts";
import { MiniSentry } from "../support/mini-sentry.ts";
import { proxyV2 } from "../support/proxy-headers.ts";
import { GrpcSender } from "../support/real-senders-grpc.ts";
import { dial, post, pour, scatter } from "../support/real-senders-hostile.ts";
import { MSGPACK_MUTATIONS, PROTOBUF_MUTATIONS } from "./binary-mutations.ts";
import * as corpus from "./corpus.ts";
import { JSON_MUTATIONS } from "./json-mutations.ts";
import { cooked, pieces, words, type Recipe } from "./mutation.ts";
import { Random } from "./random.ts";
import {
  COMPRESSION,
  datagrams,
  JOINED,
  LINE_MUTATIONS,
  OCTET_COUNTS,
  PROXY_MUTATIONS,
  SYSLOG_MUTATIONS,
} from "./wire-mutations.ts";

/** Resident memory of the daemon after all that: its default ceiling. */
const MAX_RSS_MIB = 512;
const SENDERS = 6;

/** Attacks one input once. */
type Attack = (random: Random) => Promise<unknown>;

const INPUTS = `inputs:
  gelf: { type: gelf_tcp, listen: "127.0.0.1:0" }
  proxied: { type: gelf_tcp, listen: "127.0.0.1:0", proxy_protocol: ["127.0.0.0/8"] }
  gelfUdp: { type: gelf_udp, listen: "127.0.0.1:0" }
  web: { type: gelf_http, listen: "127.0.0.1:0" }
  fluent: { type: forward, listen: "127.0.0.1:0" }
  keyed: { type: forward, listen: "127.0.0.1:0", shared_key: "k 1", users: { ann: "pw é" } }
  rpc: { type: grpc, listen: "127.0.0.1:0" }
  syslog: { type: syslog_tcp, listen: "127.0.0.1:0" }
  syslogUdp: { type: syslog_udp, listen: "127.0.0.1:0" }
  stdin: { type: stdin }`;

class Site {
  readonly daemon: Daemon;
  readonly folder: string;
  readonly #ports = new Map<string, number>();

  constructor(daemon: Daemon, folder: string) {
    this.daemon = daemon;
    this.folder = folder;
  }

  async port(input: string): Promise<number> {
    const port = this.#ports.get(input) ?? (await this.daemon.port(input));
    this.#ports.set(input, port);
    return port;
  }

  /** Writes a stream in pieces; ends it or resets it, and does not wait for long. */
  async stream(input: string, bytes: Buffer, random: Random): Promise<void> {
    const socket = await dial(await this.port(input), `127.0.1.${random.between(1, 20)}`);
    socket.resume();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (const piece of pieces(bytes, random).slice(0, 400)) {
      if (socket.destroyed) break;
      socket.write(piece);
      if (random.oneIn(20)) await pause(1);
    }
    if (random.oneIn(4)) socket.resetAndDestroy();
    else socket.end();
    await Promise.race([closed, pause(random.oneIn(30) ? 2_000 : 100)]);
    socket.destroy();
  }
}

const recipe = (from: readonly Buffer[], ...structure: Recipe["structure"]): Recipe => ({ corpus: from, structure });
const GELF = recipe([...corpus.gelfStreams, ...corpus.gelfMessages, ...corpus.jsonLines], ...JSON_MUTATIONS, JOINED);
const FORWARD = recipe([...corpus.forwardStreams, ...corpus.forwardModes, ...corpus.forwardJson], ...MSGPACK_MUTATIONS, JOINED);
const SYSLOG = recipe(corpus.syslogMessages, ...SYSLOG_MUTATIONS, OCTET_COUNTS, JOINED);
const LINES = recipe([...corpus.jsonLines, ...corpus.textLines, ...corpus.linesOf("cri")], ...LINE_MUTATIONS, ...JSON_MUTATIONS);
const HTTP = recipe(
  [
    'POST /gelf HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n{"short_message":"posted"}',
    "GET /gelf HTTP/1.1\r\nHost: a\r\n\r\n",
    'POST /gelf HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n',
  ].map((text) => Buffer.from(text)),
  words(
    [
      "Content-Length: -1",
      "Content-Length: 99999999999",
      "Transfer-Encoding: chunked",
      "Content-Encoding: gzip",
      "Expect: 100-continue",
      "\r\n",
      "\n",
      "HTTP/9.9",
      "ffffffff\r\n",
      "Connection: upgrade",
    ],
    "\r\n",
  ),
);
const HTTP2 = recipe([
  Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from("000000040000000000", "hex"),
    Buffer.from("00000401050000000182848386", "hex"),
  ]),
  Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from("00000604000000000000030000006400000408000000000000010000", "hex"),
  ]),
]);

/** Calls Send with bytes of any kind. */
function call(port: number, body: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const request = session.request({
      ":method": "POST",
      ":path": "/crumbtrail.v1.LogRelay/Send",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const done = (): void => {
      clearTimeout(timer);
      session.destroy();
      resolve();
    };
    const timer = setTimeout(done, 2_000);
    session.on("error", done);
    request.on("error", done);
    request.on("close", done);
    request.resume();
    request.end(body);
  });
}

function attacks(site: Site, batches: readonly Buffer[]): readonly Attack[] {
  const streams: readonly (readonly [string, Recipe])[] = [
    ["gelf", GELF],
    ["fluent", FORWARD],
    ["keyed", recipe([...corpus.handshakes, ...corpus.forwardStreams], ...MSGPACK_MUTATIONS)],
    ["syslog", SYSLOG],
    ["web", HTTP],
    ["rpc", HTTP2],
  ];
  return [
    ...streams.map(
      ([input, made]): Attack =>
        (random) =>
          site.stream(input, cooked(made, random), random),
    ),
    (random) =>
      site.stream(
        "proxied",
        Buffer.concat([cooked(recipe([proxyV2("203.0.113.9")], ...PROXY_MUTATIONS), random), cooked(GELF, random)]),
        random,
      ),
    async (random) => {
      const messages = Array.from({ length: random.length(5) }, () =>
        cooked(recipe(corpus.gelfMessages, ...COMPRESSION, ...JSON_MUTATIONS), random),
      );
      const small = datagrams(messages, random).filter(({ length }) => length < 60_000);
      await scatter(await site.port("gelfUdp"), "127.0.0.1", ...small.slice(0, 60));
    },
    async (random) =>
      scatter(
        await site.port("syslogUdp"),
        "127.0.0.1",
        ...Array.from({ length: 5 }, () => cooked(SYSLOG, random).subarray(0, 60_000)),
      ),
    async (random) => {
      const isPacked = random.oneIn(2);
      const body = isPacked
        ? random.pick(COMPRESSION)(cooked(GELF, random), random, () => Buffer.alloc(9))
        : cooked(GELF, random);
      await Promise.race([
        post(await site.port("web"), "127.0.0.1", body, isPacked ? { "content-encoding": random.pick(["gzip", "deflate"]) } : {}),
        pause(2_000),
      ]);
    },
    async (random) => {
      const message = cooked(recipe(batches, ...PROTOBUF_MUTATIONS), random);
      const head = Buffer.alloc(5);
      head.writeUInt32BE(random.oneIn(10) ? random.word() : message.length, 1);
      await call(await site.port("rpc"), Buffer.concat([head, message]));
    },
    async (random) => {
      // A sender that knows the key, and what it sends then.
      const socket = await dial(await site.port("keyed"), "127.0.1.30");
      const helo = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
      socket.write(pingFor(heloOf(helo), HAND));
      for (const piece of pieces(cooked(FORWARD, random), random).slice(0, 100)) socket.write(piece);
      socket.end();
      await Promise.race([new Promise((resolve) => socket.once("close", resolve)), pause(200)]);
      socket.destroy();
    },
    async (random) => appendFileSync(join(site.folder, random.pick(["a.log", "b.log"])), cooked(LINES, random)),
    async (random) => void site.daemon.process.stdin?.write(cooked(LINES, random).subarray(0, 20_000)),
  ];
}

/** A record that anybody may send, at each input; it must arrive whatever came before. */
async function sendGood(site: Site, mark: string, sender: GrpcSender): Promise<readonly string[]> {
  const gelf = (input: string): string =>
    JSON.stringify({ version: "1.1", host: "good", short_message: `${mark} ${input}`, level: 3 });
  const [tcp, web, proxied] = [await site.port("gelf"), await site.port("web"), await site.port("proxied")];
  await pour(tcp, "127.0.0.1", `${gelf("gelf")}\0`);
  await pour(proxied, "127.0.0.1", proxyV2("203.0.113.9"), `${gelf("proxied")}\0`);
  await scatter(await site.port("gelfUdp"), "127.0.0.1", gelf("gelfUdp"));
  assert.ok([200, 202].includes(await post(web, "127.0.0.1", gelf("web"))));
  const answer = await pour(
    await site.port("fluent"),
    "127.0.0.1",
    array("good", array(entry({ message: `${mark} fluent`, level: "error" })), { chunk: "c" }),
  );
  assert.equal(answer.toString("latin1"), "\x81\xa3ack\xa1c");
  const socket = await dial(await site.port("keyed"), "127.0.0.1");
  const helo = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  socket.end(
    Buffer.concat([pingFor(heloOf(helo), HAND), array("good", 1_700_000_000, { message: `${mark} keyed`, level: "error" })]),
  );
  socket.resume();
  const ack = await sender.send({ records: [{ message: `${mark} rpc`, severity: "error" }] });
  assert.equal(ack.accepted, 1);
  await pour(await site.port("syslog"), "127.0.0.1", `<131>Nov 20 08:30:12 good app: ${mark} syslog\n`);
  await scatter(await site.port("syslogUdp"), "127.0.0.1", `<131>Nov 20 08:30:12 good app: ${mark} syslogUdp`);
  site.daemon.process.stdin?.write(`\n${JSON.stringify({ level: "error", message: `${mark} stdin` })}\n`);
  appendFileSync(join(site.folder, "a.log"), `\n${JSON.stringify({ level: "error", message: `${mark} file` })}\n`);
  return "gelf proxied gelfUdp web fluent keyed rpc syslog syslogUdp stdin file".split(" ").map((input) => `${mark} ${input}`);
}

/** Attacks a daemon for so long; what was found, "" for nothing. */
export async function fuzzSockets(seed: number, seconds: number, say: (text: string) => void): Promise<string> {
  const arrived = new Set<string>();
  const mini = await MiniSentry.start({
    taken: ({ payload }) => {
      // A client report says nothing of the kind.
      const text = (payload as { readonly logentry?: { readonly formatted?: string } }).logentry?.formatted ?? "";
      if (text.startsWith("good ")) arrived.add(text);
      mini.requests.length = 0;
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-fuzz-"));
  const followed = `  file: { type: file, include: ["${folder}/*.log"], read_from: start }\n`;
  const rest = `policy: { storm: "off" }\nupstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }\ndata_dir: "${folder}/data"\n`;
  const daemon = await Daemon.start({ config: `${INPUTS}\n${followed}${rest}` });
  const sender = new GrpcSender(await daemon.port("rpc"));
  try {
    const site = new Site(daemon, folder);
    const { batches } = await corpus.grpcCorpus();
    const all = attacks(site, batches);
    const untilMs = performance.now() + seconds * 1_000;
    let made = 0;
    const work = async (): Promise<void> => {
      while (performance.now() < untilMs) {
        const random = new Random(seed, "sockets", made);
        made += 1;
        await random.pick(all)(random);
      }
    };
    await sendGood(site, "good before", sender);
    await Promise.all(Array.from({ length: SENDERS }, work));
    await daemon.settled(1, 60_000);
    const expected = await sendGood(site, "good after", sender);
    await wait(
      () => expected.every((text) => arrived.has(text)),
      () => `these never arrived: ${expected.filter((text) => !arrived.has(text)).join(", ")}`,
    );
    const ledger = await daemon.settled(1, 60_000);
    const rss = rssMib(daemon);
    say(
      `sockets                    ${made} attacks in ${seconds.toFixed(0)} s, ${ledger.received} records, RSS ${rss.toFixed(0)} MiB, ${JSON.stringify(ledger.settled)}`,
    );
    assert.equal(daemon.process.exitCode, null);
    assert.ok(rss < MAX_RSS_MIB, `${rss} MiB resident, at most ${MAX_RSS_MIB}`);
    assert.deepEqual(mini.problems, []);
    assert.doesNotMatch(daemon.stderr, /please report this|uncaught|unhandled/i);
    for (const line of daemon.stderr.split("\n").slice(0, -1)) JSON.parse(line);
    return "";
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.stack : String(thrown);
    return `FOUND in sockets, seed ${seed}:\n${text}\n${daemon.stderr.slice(-4_000)}\nagain: npm run fuzz -- --seed ${seed} --only sockets --seconds ${seconds}\n`;
  } finally {
    sender.close();
    await daemon.stop("SIGKILL");
    await mini.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function wait(holds: () => boolean, what: () => string): Promise<void> {
  for (const untilMs = performance.now() + 30_000; !holds();) {
    if (performance.now() > untilMs) throw new Error(what());
    await pause(20);
  }
}

function rssMib(daemon: Daemon): number {
  const status = readFileSync(`/proc/${daemon.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}
