// Millions of records through each input: what a relay keeps of them does not grow. Short: one million, --full: ten.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { writeLines } from "../bench/files.ts";
import { send, Sink } from "../bench/processes.ts";
import { settled } from "../bench/throughput.ts";
import { PROTOCOLS, type Sendable } from "../bench/traffic.ts";
import { COLLECTED } from "../support/collect-on-signal.ts";
import { Daemon } from "../support/daemon.ts";
import { SCALE } from "./scale.ts";
import { until } from "./site.ts";

/** When it is looked at what is left, of all records. */
const MARKS = [0.2, 0.6, 1];
/** What the heap and the memory outside of it may grow by between two looks: caches of code, not records. */
const TOLERANCE_MIB = 4;
const EVERY = 200;
/** Datagrams a second: a sender that sends what it can takes the cores away from who shall receive them. */
const UDP_PACE = 50_000;
/** Small trails, so that they are full long before the first look. */
const POLICY = "policy: { trail: { max_bytes: 8MiB, max_keys: 2000 } }";
const COLLECTOR = fileURLToPath(new URL("../support/collect-on-signal.js", import.meta.url));
const NODE_ARGUMENTS = ["--expose-gc", "--import", COLLECTOR];

/** A relay with one input, and how records get there. */
interface Road {
  readonly daemon: Daemon;
  /** Sends so many more; fewer may come in where the input loses some. */
  readonly give: (records: number) => Promise<void>;
  readonly protocol: Sendable | "file";
}

describe(`${SCALE.memoryRecords} records through one input`, () => {
  let sink: Sink;
  before(async () => {
    sink = await Sink.start(false);
  });
  after(() => sink.stop());

  for (const protocol of [...PROTOCOLS, "syslog_tcp"] as const) {
    it(`leave the heap as it was: ${protocol}`, async (t) => {
      const listen = protocol === "stdin" ? "" : ', listen: "127.0.0.1:0"';
      const daemon = await start(t, `{ type: ${protocol}${listen} }`, sink);
      const port = protocol === "stdin" ? 0 : await daemon.port("bench");
      const pace = protocol.endsWith("_udp") ? { perSecond: UDP_PACE } : {};
      const give = (records: number): Promise<void> => send({ protocol, port, records, every: EVERY, ...pace }, daemon);
      await isFlat(t, { daemon, protocol, give });
    });
  }

  it("leave the heap as it was: file", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-memory-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const daemon = await start(t, `{ type: file, include: ["${folder}/*.log"] }`, sink, `data_dir: "${folder}/data"`);
    let files = 0;
    const give = async (records: number): Promise<void> => {
      // The file before it has been read, and would only take room on the disk.
      rmSync(join(folder, `${files}.log`), { force: true });
      files += 1;
      writeLines(join(folder, `${files}.log`), records);
    };
    await isFlat(t, { daemon, protocol: "file", give });
  });
});

async function start(t: TestContext, input: string, sink: Sink, more = ""): Promise<Daemon> {
  const config = `inputs: { bench: ${input} }\n${more}\n${POLICY}\nupstreams: { default: { type: sentry, dsn: "${sink.dsn}" } }`;
  const daemon = await Daemon.start({ config, nodeArguments: NODE_ARGUMENTS });
  t.after(() => daemon.stop("SIGKILL"));
  return daemon;
}

async function isFlat(t: TestContext, road: Road): Promise<void> {
  const left: number[] = [];
  for (const mark of MARKS) {
    await reach(road, Math.round(SCALE.memoryRecords * mark));
    left.push(await afterCollection(road.daemon));
  }
  const grown = left.slice(1).map((mib, i) => mib - (left[i] ?? 0));
  t.diagnostic(`${road.protocol}: ${left.map((mib, i) => `${mib.toFixed(1)} MiB at ${(MARKS[i] ?? 0) * 100} %`).join(", ")}`);
  assert.ok(
    grown.every((mib) => mib < TOLERANCE_MIB),
    `what is left grows: ${left.map((mib) => mib.toFixed(1)).join(", ")} MiB`,
  );
}

/** Sends until so many records have come in and left; UDP loses some, and is sent more. */
async function reach({ daemon, give, protocol }: Road, records: number): Promise<void> {
  for (;;) {
    const { received } = (await daemon.status()).ledger;
    if (received >= records) return;
    const missing = Math.max(500, records - received);
    await give(missing);
    if (protocol === "file") await daemon.settled(records, 240_000);
    else await settled(daemon, protocol, received + missing);
  }
}

/** MiB on the heap and outside of it once its garbage is collected. */
async function afterCollection(daemon: Daemon): Promise<number> {
  const from = daemon.stderr.length;
  daemon.process.kill("SIGUSR2");
  const said = (): string | undefined => new RegExp(`${COLLECTED}(\\{.*\\})\n`).exec(daemon.stderr.slice(from))?.[1];
  await until(
    () => said() !== undefined,
    20_000,
    () => "the relay did not say what it collected",
  );
  const { heapUsed, external } = JSON.parse(said() ?? "{}") as NodeJS.MemoryUsage;
  return (heapUsed + external) / (1 << 20);
}
