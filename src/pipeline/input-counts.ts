import type { Component } from "../base/lifecycle.ts";
import { TURNED_AWAY } from "../component/access.ts";
import { isFollowing, type FileCounts } from "../component/following.ts";
import type { InputHost } from "../component/host.ts";
import { isListening } from "../component/listening.ts";
import { isLossy } from "../component/lossy.ts";

/** What inputs count besides records: connections, chunks of GELF messages, handshakes of forward, what was turned away. */
export class InputCounts {
  readonly connections = new Map<string, number>();
  readonly gelfChunks = new Map<string, number>();
  readonly forwardHandshakes = new Map<string, number>();
  /** By input and reason. */
  readonly turnedAway = new Map<string, Map<string, number>>();

  /** An input that exists shows with zero, so that a rate over it is never missing. */
  add(input: string): void {
    this.connections.set(input, 0);
  }

  connected(input: string, change: 1 | -1): void {
    this.connections.set(input, (this.connections.get(input) ?? 0) + change);
  }

  count(input: string, metric: Parameters<InputHost["count"]>[0], result: string, by: number): void {
    if (metric === "turned_away") return this.#turnAway(input, result, by);
    const counts = metric === "gelf_chunks" ? this.gelfChunks : this.forwardHandshakes;
    counts.set(result, (counts.get(result) ?? 0) + by);
  }

  #turnAway(input: string, reason: string, by: number): void {
    let reasons = this.turnedAway.get(input);
    if (reasons === undefined) this.turnedAway.set(input, (reasons = new Map()));
    reasons.set(reason, (reasons.get(reason) ?? 0) + by);
  }
}

/** What was turned away, by input and reason; every input that listens shows with all of them. */
export function turnedAway(
  inputs: ReadonlyMap<string, Component>,
  counts: InputCounts,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const listening = [...inputs].filter(([, input]) => isListening(input));
  return new Map(
    listening.map(([name]) => {
      const counted = counts.turnedAway.get(name);
      return [name, new Map(TURNED_AWAY.map((reason) => [reason, counted?.get(reason) ?? 0]))];
    }),
  );
}

/** What inputs tell of the files that they follow, by input; without those that follow none. */
export function fileCounts(inputs: ReadonlyMap<string, Component>): ReadonlyMap<string, FileCounts> {
  const counts = new Map<string, FileCounts>();
  for (const [name, input] of inputs) if (isFollowing(input)) counts.set(name, input.fileCounts());
  return counts;
}

/** Datagrams that the kernel dropped, by input; without inputs that cannot tell. */
export function kernelDrops(inputs: ReadonlyMap<string, Component>): ReadonlyMap<string, number> {
  const drops = new Map<string, number>();
  for (const [name, input] of inputs) {
    const dropped = isLossy(input) ? input.kernelDrops() : undefined;
    if (dropped !== undefined) drops.set(name, dropped);
  }
  return drops;
}
