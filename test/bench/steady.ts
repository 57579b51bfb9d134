/** Two rates in a row that differ by less are alike. */
const ALIKE = 0.1;

export interface WarmUp {
  /** What has to be done in all, in the unit of `Slice.done`, before anything counts as warm. */
  readonly least: number;
  /** Slices at most: some machines are never at rest. */
  readonly most: number;
}

/** One slice of work. */
export interface Slice {
  readonly done: number;
  readonly rate: number;
}

/** Works slices until the rates of two in a row are alike. Resolves with how many it took. */
export async function untilSteady(work: () => Promise<Slice>, { least, most }: WarmUp): Promise<number> {
  let done = 0;
  let before = 0;
  for (let slices = 1; slices < most; slices += 1) {
    const slice = await work();
    done += slice.done;
    if (done >= least && Math.abs(slice.rate - before) < ALIKE * before) return slices;
    before = slice.rate;
  }
  await work();
  return most;
}

/** The middle one; of an even number the upper. NaN without any. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
