import { randomUUID } from "node:crypto";
import { disk } from "../../src/queues/disk.ts";
import { createLogger } from "../../src/base/log.ts";
import type { Parcel } from "../../src/record/parcel.ts";

/** Parcels pushed at once, and bytes of one. */
const PER_PUSH = 2_000;
const BODY_BYTES = 1_000;

/** Fills a queue's directory with so many parcels of a kilobyte, as a relay would that took them and could not deliver. */
export async function fillQueue(directory: string, parcels: number): Promise<void> {
  const queue = disk.create(disk.config.parse({ directory, max_bytes: "4GiB" }), {
    name: "queue",
    clock: { nowMs: () => Date.now(), tickMs: () => performance.now() },
    log: createLogger("silent"),
    complain: () => {},
    upstreams: ["default"],
    dropped: (gone) => {
      throw new Error(`${gone.length} parcels were dropped`);
    },
  });
  await queue.start(new AbortController().signal);
  for (let done = 0; done < parcels; done += PER_PUSH) {
    await queue.push(Array.from({ length: Math.min(PER_PUSH, parcels - done) }, (_, i) => parcelOf(done + i + 1)));
  }
  await queue.stop(AbortSignal.timeout(60_000));
}

function parcelOf(number: number): Parcel {
  const eventId = randomUUID().replaceAll("-", "");
  const head = `{"event_id":"${eventId}","timestamp":1767322000,"level":"error","logentry":{"formatted":"x"},"fingerprint":["x"],"extra":{"fault_number":${number},"padding":"`;
  const body = Buffer.from(`${head.padEnd(BODY_BYTES - 3, "x")}"}}`);
  return {
    upstream: "default",
    input: "fluent",
    category: "error",
    body,
    records: 1,
    bornMs: Date.now(),
    eventId,
    issue: 1,
  };
}
