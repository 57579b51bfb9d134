/** `run [--config FILE] [--dsn DSN] -- CMD ARGS...`, read. */
export interface WrapLine {
  readonly config?: string;
  readonly dsn?: string;
  readonly command: readonly [string, ...string[]];
}

/**
 * Reads the one command line that must start a process before anything else is loaded. Undefined for every other, and
 * for mistakes, which the ordinary command line has words for.
 */
export function wrapLine([verb, ...words]: readonly string[]): WrapLine | undefined {
  const dashes = words.indexOf("--");
  const [file, ...args] = words.slice(dashes + 1);
  if (verb !== "run" || dashes < 0 || file === undefined) return undefined;
  const options: { config?: string; dsn?: string } = {};
  for (let i = 0; i < dashes; i += 1) {
    const [, name, , inline] = /^--(config|dsn)(=(.*))?$/s.exec(words[i] ?? "") ?? [];
    if (name !== "config" && name !== "dsn") return undefined;
    const value = inline ?? (i + 1 < dashes ? words[(i += 1)] : undefined);
    if (value === undefined) return undefined;
    options[name] = value;
  }
  return { ...options, command: [file, ...args] };
}
