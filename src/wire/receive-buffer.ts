import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { formatBytes } from "../base/units.ts";

/** What the kernel says about receive buffers (socket(7)), in bytes. Undefined where it does not: not Linux, or a container that hides it. */
export interface BufferLimits {
  /** `net.core.rmem_max`: what a process may ask for at most. */
  readonly max: number | undefined;
  /** `net.core.rmem_default`: what a socket has that asks for nothing, the kernel's own bookkeeping included. */
  readonly usual: number | undefined;
}

export function bufferLimits(): BufferLimits {
  return { max: sysctl("rmem_max"), usual: sysctl("rmem_default") };
}

function sysctl(name: string): number | undefined {
  try {
    const value = Number(readFileSync(`/proc/sys/net/core/${name}`, "latin1"));
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Asks the kernel for a receive buffer, and says how many bytes it gave. */
export function widenReceiveBuffer(socket: Socket, wanted: number): number {
  try {
    socket.setRecvBufferSize(wanted);
  } catch {
    // The kernel keeps what it had.
  }
  // Linux counts its own bookkeeping in and reports twice what was asked for.
  return process.platform === "linux" ? socket.getRecvBufferSize() / 2 : socket.getRecvBufferSize();
}

/** How many bytes of receive buffer the kernel would give, tried on a socket of its own that is closed again. */
export async function receiveBufferGiven(wanted: number): Promise<number | undefined> {
  const socket = createSocket("udp4");
  try {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return widenReceiveBuffer(socket, wanted);
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** The command that makes the kernel give a receive buffer of so many bytes. */
export function raiseRmemMax(bytes: number): string {
  return `sysctl -w net.core.rmem_max=${bytes}`;
}

/** A receive buffer that was too small, in bytes. */
export interface FullBuffer {
  readonly given: number;
  /** What the configuration asks for. */
  readonly wanted: number;
  /** `net.core.rmem_max`; undefined where it cannot be read. */
  readonly max: number | undefined;
}

/**
 * What to do about a buffer that was full: twice what is in force, by the configuration, the command, or both. What has
 * to be typed stands last, so that it can be copied.
 */
export function remedyFor({ given, wanted, max }: FullBuffer): string {
  const next = Math.max(rounded(2 * given), wanted);
  const configure = wanted < next ? `set receive_buffer: ${formatBytes(next)} and ` : "";
  if (max === undefined || max < next) return `to double it, ${configure}restart the relay after: ${raiseRmemMax(next)}`;
  return configure === ""
    ? "restart the relay: the kernel would give it more by now"
    : `to double it, ${configure}restart the relay`;
}

/** Up to a size that {@link formatBytes} writes exactly. */
function rounded(bytes: number): number {
  const unit = bytes >= 1 << 20 ? 1 << 20 : 1 << 10;
  return Math.ceil(bytes / unit) * unit;
}
