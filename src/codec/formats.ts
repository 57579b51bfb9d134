import * as z from "zod";
import type { Codec } from "../component/codec.ts";
import { autoLine } from "./auto-line.ts";
import { FORMAT_NAMES, type FormatName } from "./format-names.ts";
import { jsonLine } from "./json-line.ts";
import { textLine } from "./text-line.ts";

// What a line of text may be, for every input that reads lines: standard input, files, wrapped processes.

/** Formats that need no more than their name. */
const PLAIN: Readonly<Record<FormatName, Codec>> = { auto: autoLine, json: jsonLine, text: textLine };

/** What an input says of its lines. */
export const formatFields = {
  format: z
    .enum(FORMAT_NAMES)
    .default("auto")
    .describe("What a line is: `json` must be an object, `text` never is, `auto` looks at each line."),
};

/** The codec for lines of a format. */
export function codecOfFormat({ format }: { readonly format: FormatName }): Codec {
  return PLAIN[format];
}
