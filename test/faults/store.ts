import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { numberIn } from "./deliveries.ts";
import { between } from "./scale.ts";

/** An event as it lies in a file of a queue. */
interface StoredEvent {
  readonly number: number;
  readonly checksum: number;
  /** Everything between the event before and its own last byte: what a queue writes about it, and its body. */
  readonly start: number;
  readonly end: number;
}

/** A queue's directory as bytes, read without knowing its layout: events are found by how their JSON begins. */
export interface Store {
  readonly directory: string;
  /** Names of all files. */
  readonly files: readonly string[];
  /** By file. */
  readonly events: ReadonlyMap<string, readonly StoredEvent[]>;
  /** By number. */
  readonly checksums: ReadonlyMap<number, number>;
}

const BEGINNING = '{"event_id":"';

export function readStore(directory: string): Store {
  const files = readdirSync(directory).filter((name) => statSync(join(directory, name)).isFile());
  const events = new Map(files.map((name) => [name, eventsIn(readFileSync(join(directory, name)))]));
  const checksums = new Map([...events.values()].flat().map(({ number, checksum }) => [number, checksum]));
  return { directory, files: files.toSorted(), events, checksums };
}

function eventsIn(bytes: Buffer): StoredEvent[] {
  const events: StoredEvent[] = [];
  let end = 0;
  for (let at = bytes.indexOf(BEGINNING); at >= 0; at = bytes.indexOf(BEGINNING, end)) {
    const start = end;
    end = endOfObject(bytes, at);
    const body = bytes.subarray(at, end);
    const number = numberIn(body);
    if (number === undefined) throw new Error(`an event without a number at ${at}: ${body.toString()}`);
    events.push({ number, checksum: crc32(body), start, end });
  }
  return events;
}

/** Where the JSON object that begins at `at` ends. */
function endOfObject(bytes: Buffer, at: number): number {
  let depth = 0;
  let inText = false;
  for (let i = at; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (inText && byte === 0x5c) i += 1;
    else if (byte === 0x22) inText = !inText;
    else if (!inText && byte === 0x7b) depth += 1;
    else if (!inText && byte === 0x7d && (depth -= 1) === 0) return i + 1;
  }
  throw new Error(`the JSON object at ${at} has no end`);
}

/** What was done to a copy of a store. */
export interface Damage {
  /** In words. */
  readonly what: readonly string[];
  /** Numbers of the events whose bytes were touched; no others may be missing. */
  readonly touched: ReadonlySet<number>;
}

type Blow = (
  file: string,
  store: Store,
  random: () => number,
) => { readonly what: string; readonly from: number; readonly to: number };

/** Copies a store, and flips bytes, cuts files and removes some, as chance has it. */
export function damagedCopy(store: Store, directory: string, random: () => number): Damage {
  rmSync(directory, { recursive: true, force: true });
  cpSync(store.directory, directory, { recursive: true, filter: (path) => !statSync(path).isSocket() });
  const copy: Store = { ...store, directory };
  const what: string[] = [];
  const touched = new Set<number>();
  const gone = new Set<string>();
  const blows = between(random, 1, 4);
  for (let i = 0; i < blows; i += 1) {
    const file = pick(random() < 0.5 ? withEvents(store) : store.files, random);
    if (gone.has(file)) continue;
    const blow = pick(BLOWS, random)(file, copy, random);
    what.push(`${file} ${blow.what}`);
    for (const { number, start, end } of store.events.get(file) ?? []) {
      if (start < blow.to && end > blow.from) touched.add(number);
    }
    // What has no length any more cannot be struck again.
    if (blow.to === Infinity) gone.add(file);
  }
  return { what, touched };
}

function withEvents({ files, events }: Store): readonly string[] {
  return files.filter((file) => (events.get(file) ?? []).length > 0);
}

const flipped: Blow = (file, { directory }, random) => {
  const path = join(directory, file);
  const bytes = readFileSync(path);
  if (bytes.length === 0) return { what: "is empty", from: 0, to: 0 };
  const from = Math.floor(random() * bytes.length);
  const to = Math.min(bytes.length, from + between(random, 1, 16));
  for (let i = from; i < to; i += 1) bytes[i] = (bytes[i] ?? 0) ^ between(random, 1, 255);
  writeFileSync(path, bytes);
  return { what: `flipped at ${from}-${to}`, from, to };
};

/** As after a power cut, when the length of a file was written and its bytes were not. */
const zeroed: Blow = (file, { directory }, random) => {
  const path = join(directory, file);
  const bytes = readFileSync(path);
  const from = Math.floor(random() * bytes.length);
  bytes.fill(0, from);
  writeFileSync(path, bytes);
  return { what: `zeros from ${from}`, from, to: Infinity };
};

const truncated: Blow = (file, { directory }, random) => {
  const path = join(directory, file);
  const from = Math.floor(random() * statSync(path).size);
  truncateSync(path, from);
  return { what: `cut at ${from}`, from, to: Infinity };
};

const removed: Blow = (file, { directory }) => {
  rmSync(join(directory, file));
  return { what: "removed", from: 0, to: Infinity };
};

/** Flips are the treacherous ones. */
const BLOWS: readonly Blow[] = [flipped, flipped, flipped, truncated, zeroed, removed];

function pick<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
}
