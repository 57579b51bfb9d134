import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";

/** Columns of a line of `/proc/net/udp`, split at white space (proc(5)). */
const LOCAL_ADDRESS = 1;
const DROPS = 12;

/**
 * Datagrams the kernel has dropped for a bound UDP socket, for want of room in its receive buffer, since it was opened.
 * Linux only: undefined elsewhere, and where `/proc` is not readable.
 */
export function kernelDrops(address: string, port: number): number | undefined {
  try {
    return dropsIn(readFileSync(isIPv4(address) ? "/proc/net/udp" : "/proc/net/udp6", "latin1"), address, port);
  } catch {
    return undefined;
  }
}

/**
 * The drops of one socket in the text of `/proc/net/udp` or `udp6`; undefined when it is not listed. IPv6 sockets are
 * told apart by port alone.
 */
export function dropsIn(table: string, address: string, port: number): number | undefined {
  const wanted = `${isIPv4(address) ? hexOf(address) : ""}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[LOCAL_ADDRESS]?.endsWith(wanted) !== true) continue;
    const drops = Number(columns[DROPS]);
    return Number.isSafeInteger(drops) ? drops : undefined;
  }
  return undefined;
}

/** The kernel prints the address as one number in the byte order of the machine: little-endian wherever Node runs on Linux but s390x. */
function hexOf(address: string): string {
  const bytes = address.split(".").map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"));
  return bytes.toReversed().join("");
}
