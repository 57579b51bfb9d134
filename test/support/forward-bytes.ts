import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encode } from "@msgpack/msgpack";

// Tests run from the compiled tree; the fixtures stay where they are.
const FOLDER = fileURLToPath(new URL("../../../test/fixtures/forward/", import.meta.url));

/** What one connection of a recorded sender carried: "ack-conn1.rx". */
export function capture(name: string): Buffer {
  return readFileSync(`${FOLDER}fluent-bit-forward-${name}.bin`);
}

/** The names of all captures of plain connections. */
export const CAPTURES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".rx.bin"))
  .map((file) => file.slice("fluent-bit-forward-".length, -".bin".length))
  .toSorted();

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ""), "hex");
}

/** Values one after the other; a Buffer stands for itself. */
export function msgpack(...values: readonly unknown[]): Buffer {
  return Buffer.concat(values.map((value) => (Buffer.isBuffer(value) ? value : encode(value))));
}

/** An array of values, in its shortest form. */
export function array(...values: readonly unknown[]): Buffer {
  return Buffer.concat([values.length < 16 ? Buffer.of(0x90 | values.length) : headed(0xdd, values.length), msgpack(...values)]);
}

/** EventTime in its short form. */
export function eventTime(seconds: number, nanoseconds = 0): Buffer {
  const bytes = Buffer.from([0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(seconds, 2);
  bytes.writeUInt32BE(nanoseconds, 6);
  return bytes;
}

/** A head byte with a 32-bit length: db str, c6 bin, dd array, df map. */
export function headed(head: number, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = head;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** A body as Fluentd packs it: a str that holds anything. */
export function asStr(body: Buffer): Buffer {
  return Buffer.concat([headed(0xdb, body.length), body]);
}

export function asBin(body: Buffer): Buffer {
  return Buffer.concat([headed(0xc6, body.length), body]);
}

/** An entry `[time, record]`. */
export function entry(record: unknown, time: Buffer = eventTime(1_700_000_000)): Buffer {
  return array(time, record);
}
