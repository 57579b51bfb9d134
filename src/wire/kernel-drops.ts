import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { endianness } from "node:os";

/** Columns of a line of `/proc/net/udp`, split at white space (proc(5)). */
const LOCAL_ADDRESS = 1;
const DROPS = 12;

/**
 * Datagrams the kernel has dropped for a bound UDP socket, for want of room in its receive buffer, since it was opened.
 * Linux only: undefined elsewhere, and where `/proc` is not readable.
 * @param address as the socket says it is bound to: "127.0.0.1", "0.0.0.0", "::1"
 */
export function kernelDrops(address: string, port: number): number | undefined {
  try {
    return dropsIn(readFileSync(isIPv4(address) ? "/proc/net/udp" : "/proc/net/udp6", "latin1"), address, port);
  } catch {
    return undefined;
  }
}

/** The drops of one socket in the text of `/proc/net/udp` or `udp6`; undefined when it is not listed. */
export function dropsIn(table: string, address: string, port: number): number | undefined {
  const wanted = `${hexOf(address)}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[LOCAL_ADDRESS] !== wanted) continue;
    const drops = Number(columns[DROPS]);
    return Number.isSafeInteger(drops) ? drops : undefined;
  }
  return undefined;
}

/** The kernel prints an address as numbers of four bytes in the byte order of the machine: 127.0.0.1 is 0100007F on most. */
function hexOf(address: string): string {
  const bytes = isIPv4(address) ? address.split(".").map(Number) : bytesOfIPv6(address);
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4).map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"));
    words.push((endianness() === "LE" ? word.toReversed() : word).join(""));
  }
  return words.join("");
}

/** The sixteen bytes of "fe80::1%eth0" or "::ffff:127.0.0.1". */
function bytesOfIPv6(address: string): number[] {
  const [bare = ""] = address.split("%");
  const [front = "", back] = bare.split("::");
  const head = bytesOfGroups(front);
  const tail = bytesOfGroups(back ?? "");
  const missing = Math.max(0, 16 - head.length - tail.length);
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function bytesOfGroups(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
