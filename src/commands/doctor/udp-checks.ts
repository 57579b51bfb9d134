import { formatBytes } from "../../base/units.ts";
import { raiseRmemMax, remedyFor } from "../../wire/receive-buffer.ts";
import type { Check } from "./check.ts";

/** What is so about the receive buffer of one UDP input, in bytes. */
export interface UdpFacts {
  readonly group: string;
  /** "0.0.0.0:12201" */
  readonly address: string;
  /** `receive_buffer` */
  readonly wanted: number;
  /** What the kernel gave a socket that asked for that; undefined where none could be opened. */
  readonly given: number | undefined;
  /** net.core.rmem_max */
  readonly max: number | undefined;
  /** net.core.rmem_default, the kernel's own bookkeeping included. */
  readonly usual: number | undefined;
  /** Datagrams dropped by the socket that is bound there now; undefined when there is none. */
  readonly drops: number | undefined;
}

/** Whether bursts fit the receive buffer, and whether any did not. */
export function udpChecks(facts: UdpFacts): Check[] {
  const buffer = bufferCheck(facts);
  const drops = dropsCheck(facts);
  return [...(buffer === undefined ? [] : [buffer]), ...(drops === undefined ? [] : [drops])];
}

function bufferCheck({ group, wanted, given, usual }: UdpFacts): Check | undefined {
  if (given === undefined) return undefined;
  if (given < wanted) {
    const what = `the kernel gives a receive buffer of ${formatBytes(given)} instead of ${formatBytes(wanted)} (receive_buffer), so bursts may be lost`;
    return { group, verdict: "warn", what, todo: `run: ${raiseRmemMax(wanted)}` };
  }
  // The kernel doubles what is asked for, to make up for what it keeps beside the data, and names its default doubled.
  if (usual !== undefined && 2 * wanted < usual) {
    const what = `receive_buffer: ${formatBytes(wanted)} is less than the ${formatBytes(usual / 2)} of a socket that asks for nothing`;
    return { group, verdict: "warn", what, todo: "raise receive_buffer, or leave it out for 4MiB" };
  }
  return { group, verdict: "ok", what: `the kernel gives the receive buffer of ${formatBytes(wanted)} (receive_buffer)` };
}

function dropsCheck({ group, address, wanted, given, max, drops }: UdpFacts): Check | undefined {
  if (drops === undefined) return undefined;
  if (drops === 0)
    return { group, verdict: "ok", what: `the kernel dropped nothing of the socket that is bound to ${address} now` };
  const what = `the kernel dropped ${drops} datagrams of the socket that is bound to ${address} now, because its receive buffer was full`;
  return { group, verdict: "warn", what, todo: remedyFor({ given: given ?? wanted, wanted, max }) };
}
