import { createReadStream } from "node:fs";
import { systemClock } from "../base/clock.ts";
import { createLogger } from "../base/log.ts";
import { ownCodec } from "../component/codec.ts";
import { messageOf, RelayError } from "../base/errors.ts";
import { terminalJson } from "../base/json-line.ts";
import type { Observation } from "../lanes/correlator.ts";
import { createCodecs, createProcessors, laneSettings } from "../lanes/lanes.ts";
import { LocalLane } from "../lanes/local-lane.ts";
import { severityName } from "../record/severity.ts";
import { exceptionOf } from "../sentry/exception.ts";
import { unixSeconds } from "../sentry/level.ts";
import { tagsOf } from "../sentry/tags.ts";
import { LineReader } from "../wire/line-reader.ts";
import { configurationOf } from "./configuration.ts";
import { version } from "./version.ts";

const MAX_LINE_BYTES = 1 << 20;
/** The name of the only input. */
const INPUT = "explain";

/** One JSON line for each record read, joined as configured; nothing is sent. */
export async function explain(file: string | undefined, options: { config?: string; format: string }): Promise<number> {
  const { config } = configurationOf({ config: options.config, inputs: { [INPUT]: { type: "stdin", format: options.format } } });
  const log = createLogger("silent");
  const lines: string[] = [];
  const settings = laneSettings(config, version);
  const processors = createProcessors(config, { random: Math.random }, (name) => ({
    name,
    clock: systemClock,
    log,
    complain: () => {},
  }));
  const touched = new Map<string, Touch>();
  for (const processor of processors) processor.watch?.((rule, path) => touch(touched, rule, path));
  const observe = (observation: Observation): void => {
    // A record is observed right after the processors have seen it.
    const scrubbed = touched.size === 0 ? undefined : [...touched.values()];
    touched.clear();
    lines.push(`${terminalJson(JSON.stringify({ ...explained(observation, settings.defaults.tags), scrubbed }))}\n`);
  };
  const lane = new LocalLane({ settings, codecs: createCodecs(config), processors, clock: systemClock, observe });
  const source = file === undefined ? process.stdin : createReadStream(file);
  const from = { input: INPUT, peer: "", tag: "", labels: undefined, metadata: undefined };
  const reader = new LineReader(MAX_LINE_BYTES, () => lines.push(`${JSON.stringify({ fate: "too_large" })}\n`));
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const frames = reader.push(chunk);
      if (frames !== undefined)
        lane.run({ codec: ownCodec(INPUT), from: { ...from, receivedMs: Date.now() }, frames, position: undefined }, 0);
      await print(lines);
    }
  } catch (thrown) {
    throw new RelayError("RELAY_USAGE", `${file ?? "standard input"} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  }
  const rest = reader.end();
  if (rest !== undefined)
    lane.run({ codec: ownCodec(INPUT), from: { ...from, receivedMs: Date.now() }, frames: rest, position: undefined }, 0);
  lane.tick(true);
  await print(lines);
  return 0;
}

/** Writes out and empties, waiting for a slow reader. */
async function print(lines: string[]): Promise<void> {
  if (lines.length === 0) return;
  const text = lines.splice(0).join("");
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

/** What a rule replaced in a field of a record; never what stood there. */
interface Touch {
  readonly rule: string;
  readonly path: string;
  count: number;
}

function touch(touched: Map<string, Touch>, rule: string, path: string): void {
  const key = `${rule} ${path}`;
  const known = touched.get(key);
  if (known === undefined) touched.set(key, { rule, path, count: 1 });
  else known.count += 1;
}

function explained({ record, interpretation, fate, note }: Observation, tagNames: readonly string[]): object {
  if (record === undefined || interpretation === undefined) return { fate, note };
  const { template, params, fingerprint, title, trace } = interpretation;
  return {
    severity: severityName(record.severity),
    message: record.message,
    template,
    params,
    fingerprint,
    title,
    logger: record.logger ?? null,
    exception: exceptionOf(record, trace, "full") ?? null,
    tags: tagsOf(record, tagNames, new Set()),
    timestamp: unixSeconds(record.timeMs),
    fate,
  };
}
