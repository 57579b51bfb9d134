/** What a line may be; `formats.ts` has the codec for each. A file of its own, because the command line needs only the names. */
export const FORMAT_NAMES = ["auto", "json", "text", "cri", "docker", "nginx_error", "nginx_access", "logfmt", "regex"] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** Those that need no more than their name, so that a command line can choose them. */
export const PLAIN_FORMAT_NAMES: readonly FormatName[] = FORMAT_NAMES.filter((name) => name !== "regex");
