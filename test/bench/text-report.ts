/** What one step of reading text costs. */
export interface TextRow {
  readonly name: string;
  readonly micros: number;
  /** The least that this language needs for the same text. */
  readonly bareName: string;
  readonly bareMicros: number;
  /** What it may take, microseconds; undefined where no bar was set. */
  readonly bar: number | undefined;
}

/** Prints the figures of the text rows. */
export function reportText(rows: readonly TextRow[]): void {
  const lines = rows.map(
    ({ name, micros, bareName, bareMicros, bar }) =>
      `  ${name}: ${time(micros)} us${barText(micros, bar)}, ${bareName} ${time(bareMicros)} us, ${times(micros, bareMicros)}`,
  );
  process.stdout.write(`${["text", ...lines].join("\n")}\n`);
}

/** The chapter about them in the published page. */
export function textSection(rows: readonly TextRow[]): string {
  const table = rows.map(
    ({ name, micros, bareName, bareMicros, bar }) =>
      `| ${name} | ${time(micros)} | ${bar === undefined ? "" : `${bar}`} | ${time(bareMicros)} (${bareName}) | ${times(micros, bareMicros)} |`,
  );
  return `
### Reading text

What it costs to join, parse, group and scrub, in one thread: microseconds, the median of many runs, beside the least that
this language needs for the same text. The whole way of a record is from its bytes to the finished event, with the default
configuration.

| what | µs | bar, µs | bare, µs | ratio |
| --- | --- | --- | --- | --- |
${table.join("\n")}
`;
}

function barText(micros: number, bar: number | undefined): string {
  return bar === undefined ? "" : ` (bar ${bar}: ${micros <= bar ? "met" : "MISSED"})`;
}

function time(micros: number): string {
  return micros >= 100 ? micros.toFixed(0) : micros.toFixed(micros >= 10 ? 1 : 2);
}

function times(micros: number, bareMicros: number): string {
  return `${(micros / bareMicros).toFixed(1)} times`;
}
