import type { Rate } from "../base/units.ts";

/** A part of an upstream's events that has a budget of its own. */
export interface Ration {
  readonly upstream: string;
  readonly rate: Rate;
  /** Who shares it, as a text that names them. */
  readonly sharers: string;
}

/** No name of an upstream has it. */
const MARK = "\n";

/**
 * The name by which events of a ration go from their input to storm control, where an upstream's name stands otherwise: it
 * says all there is to know, so that nobody has to remember it. Behind storm control only upstreams are named.
 */
export function rationName({ upstream, rate, sharers }: Ration): string {
  return `${upstream}${MARK}${rate.count}/${rate.perMs}${MARK}${sharers}`;
}

/** The upstream that a name of an upstream or of a ration stands for. */
export function destinationOf(name: string): string {
  const end = name.indexOf(MARK);
  return end < 0 ? name : name.slice(0, end);
}

/** The rate in the name of a ration; undefined when it names an upstream. */
export function rateIn(name: string): Rate | undefined {
  const match = /^[^\n]*\n(\d+)\/(\d+)\n/.exec(name);
  return match === null ? undefined : { count: Number(match[1]), perMs: Number(match[2]) };
}
