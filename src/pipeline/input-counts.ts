import type { Component } from "../base/lifecycle.ts";
import { isFollowing, type FileCounts } from "../component/following.ts";
import { isLossy } from "../component/lossy.ts";

/** What inputs count besides records: connections, and chunks of GELF messages. */
export class InputCounts {
  readonly connections = new Map<string, number>();
  readonly gelfChunks = new Map<string, number>();

  /** An input that exists shows with zero, so that a rate over it is never missing. */
  add(input: string): void {
    this.connections.set(input, 0);
  }

  connected(input: string, change: 1 | -1): void {
    this.connections.set(input, (this.connections.get(input) ?? 0) + change);
  }

  chunks(result: string, by: number): void {
    this.gelfChunks.set(result, (this.gelfChunks.get(result) ?? 0) + by);
  }
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
