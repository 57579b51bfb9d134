import * as z from "zod";
import { parseNetwork, type Network } from "../base/networks.ts";
import { parseAddress, parseBytes, parseDuration, parseRate, type Address, type Rate } from "../base/units.ts";

// The vocabulary of configuration fields: what a person writes, with its unit, and what the code receives.
// JSON Schema sees the written form (`z.toJSONSchema(schema, { io: "input" })`).

/** "250ms", "5s", "10m", "24h", "7d"; the code receives milliseconds. */
export function duration(byDefault: string): z.ZodPrefault<z.ZodType<number, string>>;
export function duration(): z.ZodType<number, string>;
export function duration(byDefault?: string): z.ZodType {
  return withDefault(text(parseDuration, "a duration such as 250ms, 5s, 10m or 24h", DURATION), byDefault);
}

/** "64KiB", "2MiB", "1GB", or a plain number of bytes; the code receives bytes. */
export function byteSize(byDefault: string): z.ZodPrefault<z.ZodType<number, string | number>>;
export function byteSize(): z.ZodType<number, string | number>;
export function byteSize(byDefault?: string): z.ZodType {
  const schema = z.union([z.int().positive(), text(parseBytes, "a size such as 64KiB or 2MiB", BYTES)]);
  return byDefault === undefined ? schema : schema.prefault(byDefault);
}

/** "100/min", "1000/5m", "20/s"; the code receives count and window. */
export function rate(byDefault: string): z.ZodPrefault<z.ZodType<Rate, string>>;
export function rate(): z.ZodType<Rate, string>;
export function rate(byDefault?: string): z.ZodType {
  return withDefault(text(parseRate, "a rate such as 100/min or 1000/5m", RATE), byDefault);
}

/** "127.0.0.1:12201", "[::1]:12201", "0.0.0.0:0"; the code receives host and port. */
export function listen(byDefault: string): z.ZodPrefault<z.ZodType<Address, string>>;
export function listen(): z.ZodType<Address, string>;
export function listen(byDefault?: string): z.ZodType {
  return withDefault(text(parseAddress, 'an address such as "127.0.0.1:12201"'), byDefault);
}

/** ["10.0.0.0/8", "::1"]; the code receives addresses and prefixes. None by default. */
export function networks(): z.ZodPrefault<z.ZodArray<z.ZodType<Network, string>>> {
  return z.array(text(parseNetwork, "a network such as 10.0.0.0/8 or ::1")).prefault([]);
}

const DURATION = /^\s*\d+(?:\.\d+)?\s*(?:ms|s|sec|m|min|h|d)\s*$/;
const BYTES = /^\s*\d+(?:\.\d+)?\s*(?:B|KB|MB|GB|KiB|MiB|GiB)?\s*$/;
const RATE = /^\s*\d+\s*\/\s*\d*\s*(?:ms|s|sec|m|min|h|hour|d|day)\s*$/;

function text<Out>(parse: (written: string) => Out | undefined, expected: string, pattern?: RegExp): z.ZodType<Out, string> {
  // What is no text at all (a bare `30`, a list) gets the same words as text that cannot be read.
  const error: z.core.$ZodErrorMap = ({ input }) =>
    input === undefined
      ? `missing, expected ${expected}`
      : `expected ${expected}, got ${input === null ? "nothing" : JSON.stringify(input)}`;
  const plain = z.string({ error });
  const written = pattern === undefined ? plain : plain.meta({ pattern: pattern.source });
  return written.transform((value, context) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.issues.push({ code: "custom", message: `expected ${expected}, got ${JSON.stringify(value)}`, input: value });
    return z.NEVER;
  });
}

function withDefault<Out>(schema: z.ZodType<Out, string>, byDefault: string | undefined): z.ZodType {
  return byDefault === undefined ? schema : schema.prefault(byDefault);
}
