import { join } from "node:path";
import * as z from "zod";
import { checkFormat, codecOfFormat, formatFields } from "../codec/formats.ts";
import { ownCodec } from "../component/codec.ts";
import { byteSize, duration } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import { defineInput } from "../component/spec.ts";
import { CarryBudget } from "../wire/carry.ts";
import { Buffers } from "../wire/files/buffers.ts";
import { CheckpointFile } from "../wire/files/checkpoint-file.ts";
import { Follower } from "../wire/files/follower.ts";
import { patternMistake } from "../wire/files/glob.ts";
import { FirstSight } from "../wire/kubernetes/first-sight.ts";
import { criParts, dockerParts } from "../wire/files/partial-formats.ts";
import type { PartialFormat } from "../wire/files/partial-lines.ts";

/** Parts of lines that were split, over all files. */
const MAX_PARTIAL_BYTES = 32 << 20;
/** Node's timers end at once when asked to wait longer. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** Formats of container runtimes, which split long lines. */
const PARTIAL: ReadonlyMap<string, PartialFormat> = new Map([
  ["cri", criParts],
  ["docker", dockerParts],
]);

const pattern = z.string().superRefine((written, context) => {
  const mistake = patternMistake(written);
  if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake });
});

const fields = z.object({
  include: z
    .array(pattern)
    .min(1, "expected at least one path or pattern")
    .describe(
      "Files to follow: paths, or patterns with `*`, `?`, `[ab]`, `{a,b}` and `**` for any number of directories. Compressed files are left out.",
    ),
  exclude: z
    .array(z.string().min(1))
    .default([])
    .describe("Patterns of files to leave out; one without a slash is compared with the name alone."),
  ...formatFields,
  read_from: z
    .enum(["end", "start"])
    .default("end")
    .describe(
      "Where files begin that are there when the input runs for the first time. Files that come later, and those with a checkpoint, are never begun at their end.",
    ),
  ignore_older: duration()
    .optional()
    .describe("A file that was last written to longer ago is taken as read when it is found; only what is added later is read."),
  max_line_bytes: byteSize("1MiB").describe(
    "Longest line, its joined parts included; a longer one is skipped to its end and counted `too_large`.",
  ),
  max_open_files: z
    .int()
    .min(1)
    .default(1_024)
    .describe("Files held open at once; beyond it, the one that was silent for longest is closed until it grows."),
  scan_interval: duration("1s").describe(
    "How often files and directories are looked at whose file system does not tell of changes (NFS, SMB, FUSE); where it does, a tenth as often.",
  ),
  rotate_wait: duration("5s").describe(
    "How long a file that was renamed or deleted is read on after its last byte: its writer may not have opened the new one yet.",
  ),
  pods_wait: duration("5s").describe(
    "How long lines of pods wait after the start until the input `kubernetes` knows the pods of the node, so that the first ones " +
      "have labels and go where annotations say too. When it is over, lines are read without, until the API server answers.",
  ),
  unfinished_wait: duration()
    .optional()
    .describe(
      "How long a last line may stay without its line end, or its other parts, before it goes on as it is. By default it waits until it is finished, or its file is gone.",
    ),
});

export const file = defineInput({
  type: "file",
  summary: "Follows files through rotation, and begins after a restart where it stopped.",
  stability: "beta",
  config: fields.superRefine(checkFormat),
  examples: [
    { include: ["/var/log/app/*.log"] },
    { include: ["/var/log/nginx/access.log*", "/srv/*/logs/**/*.log"], exclude: ["*.old"], read_from: "start" },
  ],
  codec: codecOfFormat,
  create: (config, host) =>
    new Follower({
      context: {
        host,
        codec: ownCodec(host.name),
        maxLineBytes: config.max_line_bytes,
        partial: PARTIAL.get(config.format),
        budget: new CarryBudget(MAX_PARTIAL_BYTES),
        buffers: new Buffers(),
        firstSight: new FirstSight(Math.min(config.pods_wait, MAX_TIMEOUT_MS)),
        counts: { followed: 0, open: 0, lagBytes: 0, lostBytes: 0, truncations: 0 },
      },
      include: config.include,
      exclude: config.exclude,
      readFrom: config.read_from,
      ignoreOlderMs: config.ignore_older,
      maxOpenFiles: config.max_open_files,
      scanIntervalMs: config.scan_interval,
      rotateWaitMs: config.rotate_wait,
      unfinishedWaitMs: config.unfinished_wait,
      checkpoints: checkpointsOf(host),
    }),
});

function checkpointsOf(host: InputHost): CheckpointFile | undefined {
  if (host.dataDir === undefined) return undefined;
  return new CheckpointFile({
    path: join(host.dataDir, `files-${host.name}.json`),
    trouble: (text) => host.complain({ cause: "checkpoints", peer: "", message: text }),
    damaged: (text) => host.complain({ cause: "checkpoints_damaged", peer: "", message: text }),
  });
}
