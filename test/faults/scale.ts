/** How long and how often: the short form runs with every change, the full one before a release. */
export interface Scale {
  readonly kills: number;
  readonly outageSeconds: number;
  /** Of the troubles other than a dead upstream. */
  readonly troubleSeconds: number;
  /** Issues a second meanwhile. */
  readonly troublePerSecond: number;
  /** Longest wait between retries. */
  readonly backoffMax: string;
  readonly damagedStores: number;
  readonly soakSeconds: number;
  readonly waitingParcels: number;
  /** Lines of files that are there when the relay starts. */
  readonly backlogLines: number;
  /** Through each input, while its memory is watched. */
  readonly memoryRecords: number;
}

const SHORT: Scale = {
  kills: 8,
  outageSeconds: 20,
  troubleSeconds: 4,
  troublePerSecond: 500,
  backoffMax: "2s",
  damagedStores: 20,
  soakSeconds: 60,
  waitingParcels: 100_000,
  backlogLines: 400_000,
  memoryRecords: 1_000_000,
};

const FULL: Scale = {
  kills: 50,
  outageSeconds: 60,
  troubleSeconds: 60,
  troublePerSecond: 1_000,
  backoffMax: "30s",
  damagedStores: 200,
  soakSeconds: 300,
  waitingParcels: 1_000_000,
  backlogLines: 8_000_000,
  memoryRecords: 10_000_000,
};

export const SCALE: Scale = process.env["CRUMBTRAIL_FAULTS"] === "full" ? FULL : SHORT;

/** Where chance begins; printed by every run, and settable. */
export const SEED: number = Number(process.env["CRUMBTRAIL_SEED"] ?? Date.now() % 1_000_000_007);

/** Numbers in [0, 1) that depend on the seed and a name alone, so that one scenario does not change another's (mulberry32). */
export function chance(name: string): () => number {
  let state = SEED;
  for (let i = 0; i < name.length; i += 1) state = (Math.imul(state, 31) + name.charCodeAt(i)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `least` to `most`, both included. */
export function between(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
