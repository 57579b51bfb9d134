// Sends events of 2 KB from the memory queue through dispatcher and upstream to a local sink, as fast as it goes, then does
// the same with a bare HTTP client:  node envelopes.js DSN COUNT
import { gzipSync } from "node:zlib";
import { Pool } from "undici";
import { systemClock } from "../../src/base/clock.ts";
import { createLogger } from "../../src/base/log.ts";
import { Discards } from "../../src/pipeline/delivery/discards.ts";
import { Dispatcher } from "../../src/pipeline/dispatcher.ts";
import { memory } from "../../src/queues/memory.ts";
import type { Parcel } from "../../src/record/parcel.ts";
import { sentry } from "../../src/upstreams/sentry.ts";
import { eventOfBytes } from "./event-body.ts";

/** What one way of sending took. */
export interface Sending {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const EVENT_BYTES = 2_048;
/** Parcels in the queue at once: enough never to run dry. */
const AHEAD = 200;
const CONCURRENCY = 8;

const [dsn = "", count = "0"] = process.argv.slice(2);
const body = eventOfBytes(EVENT_BYTES);
const log = createLogger("silent");
const complain = ({ message }: { readonly message: string }): void => {
  throw new Error(message);
};

// The first ones compile the code and open connections; they do not count.
await throughTheRelay(2_000);
const relay = await measured(Number(count), throughTheRelay);
await bare(2_000);
const bareRate = await measured(Number(count), bare);
process.stdout.write(JSON.stringify({ relay, bare: bareRate }));

async function throughTheRelay(events: number): Promise<void> {
  const upstream = sentry.create(sentry.config.parse({ dsn, concurrency: CONCURRENCY }), {
    name: "default",
    clock: systemClock,
    log,
    agent: "crumbtrail/bench",
    colour: false,
    print: () => {},
    complain: () => {},
  });
  await upstream.start(new AbortController().signal);
  const shared = { clock: systemClock, log, complain };
  const queue = memory.create(memory.config.parse({}), { ...shared, name: "queue", upstreams: ["default"], dropped: () => {} });
  const ended = AbortSignal.timeout(60_000);
  let dispatcher: Dispatcher | undefined;
  let made = 0;
  let left = events;
  const push = (): void => {
    if (made === events) return;
    made += 1;
    const eventId = made.toString(16).padStart(32, "0");
    const parcel: Parcel = {
      upstream: "default",
      input: "bench",
      category: "error",
      body,
      records: 1,
      bornMs: Date.now(),
      eventId,
      issue: made,
    };
    void queue.push([parcel]);
  };
  await new Promise<void>((resolve, reject) => {
    dispatcher = new Dispatcher(new Map([["default", upstream]]), {
      clock: systemClock,
      log,
      random: Math.random,
      queue,
      discards: new Discards(),
      dataDir: undefined,
      bury: undefined,
      complain: (_, complaint) => reject(new Error(complaint.message)),
      settled: (parcels, outcome) => {
        if (outcome !== "delivered") reject(new Error(`a parcel was ${outcome}`));
        left -= parcels.length;
        for (let i = 0; i < parcels.length; i += 1) push();
        if (left === 0) resolve();
      },
      attempted: () => {},
    });
    void dispatcher.start().then(() => {
      for (let i = 0; i < AHEAD; i += 1) push();
    });
  });
  await dispatcher?.stop(ended);
  await upstream.stop(ended);
}

/** The same bytes, zipped anew each time, by the HTTP client alone. */
async function bare(events: number): Promise<void> {
  const { origin, pathname } = new URL(dsn);
  const pool = new Pool(origin, { connections: CONCURRENCY });
  const path = `/api${pathname}/envelope/`;
  let started = 0;
  const one = async (): Promise<void> => {
    while (started < events) {
      started += 1;
      const headers = { "content-encoding": "gzip" };
      const answer = await pool.request({ method: "POST", path, headers, body: gzipSync(body, { level: 1 }) });
      await answer.body.dump();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, one));
  await pool.close();
}

async function measured(events: number, send: (events: number) => Promise<void>): Promise<Sending> {
  const before = process.cpuUsage();
  const started = performance.now();
  await send(events);
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { perSecond: events / seconds, perCpuSecond: events / ((user + system) / 1e6) };
}
