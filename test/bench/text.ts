// What it costs to read the text of a record, each step beside the least that this language needs for the same text.
import { Bench } from "tinybench";
import { Joiner, type Arrival } from "../../src/lanes/joiner.ts";
import type { Codec } from "../../src/component/codec.ts";
import type { Batch } from "../../src/record/batch.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { newRecord, type LogRecord } from "../../src/record/record.ts";
import { codecs } from "../../src/registry.ts";
import { templateOf } from "../../src/text/template.ts";
import { parseTrace } from "../../src/text/trace.ts";
import { ManualClock } from "../support/clock.ts";
import { defaultLane, defaultProcessors } from "../support/default-lane.ts";
import { CORPUS } from "../text/template-corpus.ts";
import { javaTrace } from "./java-trace.ts";
import type { TextRow } from "./text-report.ts";
import { fieldsAt, logObject } from "./traffic.ts";

/** One step, and what it is measured against. */
interface Step {
  readonly name: string;
  readonly work: () => void;
  /** Runs before each measured run, outside of the time. */
  readonly prepare?: () => void;
  readonly bareName: string;
  readonly bare: () => void;
  /** Units of work in a run: times are given for one. */
  readonly units: number;
  /** What one unit may take, microseconds. */
  readonly bar?: number;
}

const FRAMES = 60;
/** Records scrubbed in a run. */
const RECORDS = 200;
const FROM: Provenance = { input: "bench", peer: "", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };

/** The rows whose name or `text` is `only`; all when it is undefined. */
export async function textRows(only: string | undefined, smoke: boolean): Promise<readonly TextRow[]> {
  const makers: Readonly<Record<string, () => readonly Step[]>> = {
    join: joinSteps,
    parse: parseSteps,
    record: recordSteps,
    template: templateSteps,
    scrub: scrubSteps,
  };
  const chosen = Object.keys(makers).filter((name) => only === undefined || only === "text" || only === name);
  const rows: TextRow[] = [];
  for (const step of chosen.flatMap((name) => makers[name]?.() ?? [])) rows.push(await measured(step, smoke));
  return rows;
}

/** Medians, since what else runs on the machine only ever adds. The two take turns, so that neither has the better minute. */
async function measured({ name, work, prepare, bareName, bare, units, bar }: Step, smoke: boolean): Promise<TextRow> {
  const times = { work: [] as number[], bare: [] as number[] };
  for (let turn = 0; turn < (smoke ? 1 : 5); turn += 1) {
    const bench = new Bench({
      time: smoke ? 60 : 600,
      warmupTime: smoke ? 30 : 400,
      iterations: 8,
      warmupIterations: 4,
      throws: true,
    });
    bench.add("work", work, prepare === undefined ? {} : { beforeEach: prepare }).add("bare", bare);
    await bench.run();
    times.work.push(medianOf(bench, "work"));
    times.bare.push(medianOf(bench, "bare"));
  }
  const micros = (list: readonly number[]): number => ((list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0) * 1_000) / units;
  return { name, micros: micros(times.work), bareName, bareMicros: micros(times.bare), bar };
}

function medianOf(bench: Bench, name: string): number {
  const result = bench.getTask(name)?.result;
  if (result === undefined || !("latency" in result)) throw new Error(`"${name}" was not measured`);
  return result.latency.p50;
}

function joinSteps(): readonly Step[] {
  const lines = ["2026-11-20 16:16:49.489 [main] ERROR com.acme.shop.Orders - order 1042 is lost", ...javaTrace(FRAMES)];
  const joiner = new Joiner({ maxLines: 2_000, maxBytes: 512 << 10, waitMs: 300 }, 17, new ManualClock());
  let records: readonly LogRecord[] = [];
  let joined = 0;
  const emit = (arrival: Arrival): void => void (joined += arrival.lines);
  return [
    {
      name: `join a ${FRAMES}-frame Java trace that comes line by line`,
      prepare: () => (records = lines.map(rawRecord)),
      work: () => {
        joined = 0;
        for (const record of records) joiner.offer({ record, lines: 1, owed: new Map([[1, 1]]), origin: undefined }, emit);
        joiner.expire(true, emit);
        if (joined !== lines.length) throw new Error(`${joined} of ${lines.length} lines were joined`);
      },
      bareName: "Buffer.byteLength of each line, one join",
      bare: () => {
        let bytes = 0;
        for (const line of lines) bytes += Buffer.byteLength(line);
        if (lines.join("\n").length > bytes + lines.length) throw new Error("unreachable: bytes are at least characters");
      },
      units: 1,
    },
  ];
}

function rawRecord(line: string, index: number): LogRecord {
  const record = newRecord(FROM, line);
  record.rawLine = true;
  if (index === 0) record.severity = 17;
  return record;
}

function parseSteps(): readonly Step[] {
  const text = javaTrace(FRAMES).join("\n");
  return [
    {
      name: `a ${FRAMES}-frame Java trace to frames`,
      work: () => {
        const frames = parseTrace(text)?.trace.values[0]?.frames.length;
        if (frames !== FRAMES) throw new Error(`${frames} of ${FRAMES} frames were found`);
      },
      bareName: "split into lines",
      bare: () => {
        if (text.split("\n").length !== FRAMES + 1) throw new Error("a line is missing");
      },
      units: 1,
    },
  ];
}

function recordSteps(): readonly Step[] {
  const stack = javaTrace(FRAMES);
  const fields = fieldsAt(999, 1_000);
  const object = { ...logObject(fields), stack_trace: stack.join("\n") };
  const json = Buffer.from(JSON.stringify(object));
  const lines = [`2026-11-20 16:16:49.489 [main] ERROR com.acme.shop.Orders - ${fields.message}`, ...stack];
  const one: Batch = batchOf([json]);
  const many = batchOf(lines.map((line) => Buffer.from(line)));
  const bare = (): void => {
    if (JSON.stringify(JSON.parse(json.toString("utf8"))).length < stack.length) throw new Error("nothing was written");
  };
  const bareName = "JSON.parse + JSON.stringify";
  return [
    {
      name: `a JSON record with a ${FRAMES}-frame Java trace, bytes to event`,
      work: eventOf(one),
      bareName,
      bare,
      units: 1,
      bar: 300,
    },
    { name: `the same as ${lines.length} plain lines, bytes to event`, work: eventOf(many), bareName, bare, units: 1 },
  ];
}

function batchOf(frames: readonly Buffer[]): Batch {
  const bounds: number[] = [];
  let at = 0;
  for (const frame of frames) bounds.push(at, (at += frame.length));
  return { codec: "auto", from: FROM, frames: { bytes: Buffer.concat(frames), bounds }, position: undefined };
}

/** A batch through a lane of its own to one finished event, everything on that the defaults have on. */
function eventOf(batch: Batch): () => void {
  const lane = defaultLane({ clock: new ManualClock() });
  return () => {
    const events = lane.run(batch, 1).events + lane.tick(true).events;
    if (events !== 1) throw new Error(`${events} events were made of one error`);
  };
}

function templateSteps(): readonly Step[] {
  const messages = Object.values(CORPUS).flat();
  let seen = 0;
  return [
    {
      name: `the template of a message, mean of ${messages.length}`,
      work: () => {
        for (const message of messages) seen += templateOf(message).template.length;
      },
      bareName: "every character looked at once",
      bare: () => {
        for (const message of messages) for (let i = 0; i < message.length; i += 1) seen += message.charCodeAt(i) & 1;
        if (seen < 0) throw new Error("unreachable: only sums");
      },
      units: messages.length,
      bar: 5,
    },
  ];
}

function scrubSteps(): readonly Step[] {
  const plain = logObject(fieldsAt(999, 1_000));
  const secret = {
    ...plain,
    message: "cannot charge card 4111 1111 1111 1111 with token=tok_8Jx2mQ9rT5vW1zB4",
    authorization: "Bearer 9f8e7d6c5b4a39281706",
    upstream: "https://shop:pa55w0rd@payments.example/charge",
    form: { user: "ada", password: "correct-horse", items: [1, 2, 3] },
  };
  return [scrubStep("scrub of a record without secrets", plain), scrubStep("scrub of a record with five secrets", secret)];
}

function scrubStep(name: string, object: Readonly<Record<string, unknown>>): Step {
  const json = Buffer.from(JSON.stringify(object));
  const codec = codecs.get("auto");
  if (codec === undefined) throw new Error("there is no codec for lines");
  const processors = defaultProcessors(new ManualClock());
  let records: readonly LogRecord[] = [];
  return {
    name,
    prepare: () => (records = Array.from({ length: RECORDS }, () => decoded(codec, json))),
    work: () => {
      for (const record of records) for (const processor of processors) processor.process(record);
    },
    bareName: "JSON.stringify",
    bare: () => {
      for (let i = 0; i < RECORDS; i += 1) if (JSON.stringify(object).length > json.length) throw new Error("it grew");
    },
    units: RECORDS,
  };
}

/** Scrub changes records in place, so each run needs its own. */
function decoded(codec: Codec, json: Buffer): LogRecord {
  const record = codec.decode(json, 0, json.length, FROM);
  if (typeof record !== "object" || !("message" in record)) throw new Error("the line is no record");
  return record;
}
