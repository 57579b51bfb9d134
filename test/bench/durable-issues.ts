// Pushes issues of 1 KB into the disk queue and waits for each push to be durable, then does the same with a bare loop:
//   node durable-issues.js FOLDER COUNT
// Sixteen senders at once, fifty issues to a push, as forward chunks come in.
import { open } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { createLogger } from "../../src/base/log.ts";
import { disk } from "../../src/queues/disk.ts";
import type { Parcel } from "../../src/record/parcel.ts";

const SENDERS = 16;
const PER_PUSH = 50;
const BODY = Buffer.alloc(1_024, "x");

const [folder = "", count = "0"] = process.argv.slice(2);
const pushes = Math.floor(Number(count) / PER_PUSH);
process.stdout.write(JSON.stringify({ issuesPerSecond: await intoTheQueue(), barePerSecond: await bare() }));

async function intoTheQueue(): Promise<number> {
  const queue = disk.create(disk.config.parse({ directory: join(folder, "issues") }), {
    name: "queue",
    clock: systemClock,
    log: createLogger("error"),
    complain: ({ message }) => {
      throw new Error(message);
    },
    upstreams: ["default"],
    dropped: (parcels, cause) => {
      throw new Error(`${parcels.length} parcels were dropped: ${cause}`);
    },
  });
  await queue.start(new AbortController().signal);
  const bornMs = Date.now();
  let made = 0;
  const parcel = (): Parcel => {
    made += 1;
    const eventId = made.toString(16).padStart(32, "0");
    return { upstream: "default", input: "bench", category: "error", body: BODY, records: 1, bornMs, eventId, issue: made };
  };
  const rate = await perSecond(async () => {
    if (!(await queue.push(Array.from({ length: PER_PUSH }, parcel)))) throw new Error("a push was not safe");
  });
  const { parcels } = queue.stats();
  if (parcels !== made) throw new Error(`${made} issues were pushed, ${parcels} are in the queue`);
  await queue.stop(AbortSignal.timeout(10_000));
  return rate;
}

/** The bytes of sixteen pushes, one write and one sync after the other. */
async function bare(): Promise<number> {
  const file = await open(join(folder, "bare"), "w");
  const group = Buffer.concat(Array.from({ length: SENDERS * PER_PUSH }, () => BODY));
  const started = performance.now();
  const groups = Math.max(1, Math.floor(pushes / SENDERS));
  for (let i = 0; i < groups; i += 1) {
    await file.write(group);
    await file.datasync();
  }
  await file.close();
  return (groups * SENDERS * PER_PUSH) / ((performance.now() - started) / 1_000);
}

async function perSecond(push: () => Promise<void>): Promise<number> {
  let left = pushes;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      for (; left > 0;) {
        left -= 1;
        await push();
      }
    }),
  );
  return (pushes * PER_PUSH) / ((performance.now() - started) / 1_000);
}
