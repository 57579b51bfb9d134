/** What a line may be; `formats.ts` has the codec for each. A file of its own, because the command line needs only the names. */
export const FORMAT_NAMES = ["auto", "json", "text"] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];
