import * as z from "zod";
import { byteSize } from "../component/fields.ts";
import { defineQueue } from "../component/spec.ts";
import { DiskQueue } from "./disk/disk-queue.ts";

const config = z.object({
  directory: z
    .string()
    .min(1)
    .default("/var/lib/crumbtrail/queue")
    .describe("Where parcels wait; created when missing. One relay uses it at a time."),
  max_bytes: byteSize("2GiB").describe(
    "Bytes of parcels held, those on loan to an upstream included. The directory takes up to an eighth more, and a few segments.",
  ),
  when_full: z
    .enum(["block", "drop_oldest", "drop_newest"])
    .default("block")
    .describe(
      "Without room, and while the disk takes nothing: `block` makes senders wait, `drop_oldest` and `drop_newest` count what they drop as `queue_full`.",
    ),
});

/** What is on its way to the disk, and what is read ahead. */
const MEMORY_BYTES = 16 << 20;

export const disk = defineQueue({
  type: "disk",
  summary: "Holds parcels on disk: what was acknowledged survives crashes and restarts.",
  stability: "beta",
  config,
  examples: [{}, { directory: "/var/lib/crumbtrail/queue", max_bytes: "10GiB", when_full: "drop_oldest" }],
  memoryBytes: () => MEMORY_BYTES,
  claims: ({ directory }) => [`directory:${directory}`],
  create: ({ directory, max_bytes: maxBytes, when_full: whenFull }, host) =>
    new DiskQueue({ directory, maxBytes, whenFull }, host),
});
