import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { formatAddress, type Address } from "../../base/units.ts";
import { kernelDrops } from "../../wire/kernel-drops.ts";
import { bufferLimits, receiveBufferGiven } from "../../wire/receive-buffer.ts";
import type { UdpFacts } from "./udp-checks.ts";

/** What the kernel gives, and has dropped, where a UDP input listens. `wanted` is its `receive_buffer` in bytes. */
export async function udpFacts(group: string, listen: Address, wanted: number): Promise<UdpFacts> {
  const { max, usual } = bufferLimits();
  const given = await receiveBufferGiven(wanted);
  const bound = isIP(listen.host) === 0 ? await addressOf(listen.host) : listen.host;
  const drops = bound === undefined || listen.port === 0 ? undefined : kernelDrops(bound, listen.port);
  return { group, address: formatAddress(listen), wanted, given, max, usual, drops };
}

async function addressOf(name: string): Promise<string | undefined> {
  try {
    return (await lookup(name)).address;
  } catch {
    return undefined;
  }
}
