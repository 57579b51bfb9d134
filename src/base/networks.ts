import { BlockList, isIP, SocketAddress } from "node:net";

/** A network of addresses: "10.0.0.0/8". A single address is a network of itself. */
export interface Network {
  readonly address: string;
  /** Leading bits that count. */
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** "10.0.0.0/8", "::1", "fd00::/8"; undefined when it is no network. */
export function parseNetwork(written: string): Network | undefined {
  const match = /^\s*([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?\s*$/.exec(written);
  const address = match?.[1] ?? "";
  const version = isIP(address);
  if (version === 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = Number(match?.[2] ?? bits);
  return prefix > bits ? undefined : { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

/** A set of networks. Addresses of IPv4 are the same in both notations: "10.0.0.1" and "::ffff:10.0.0.1". */
export class Networks {
  readonly isEmpty: boolean;
  readonly #list = new BlockList();

  constructor(networks: readonly Network[]) {
    this.isEmpty = networks.length === 0;
    for (const { address, prefix, family } of networks) this.#list.addSubnet(address, prefix, family);
  }

  /** Whether an address lies in one of them; what is no address lies in none. */
  has(address: string): boolean {
    const bare = withoutZone(address);
    const version = isIP(bare);
    return version !== 0 && this.#list.check(bare, version === 4 ? "ipv4" : "ipv6");
  }
}

/** An address as the relay writes it: what the kernel calls "::ffff:10.0.0.1" is 10.0.0.1. "" for none. */
export function plainAddress(address: string | undefined): string {
  return address?.startsWith("::ffff:") ? address.slice(7) : (address ?? "");
}

/** The one spelling of an address that others wrote down: "2001:DB8:0::1" is 2001:db8::1. Undefined when it is none. */
export function canonicalAddress(written: string): string | undefined {
  const version = isIP(written);
  if (version === 0 || written.includes("%")) return undefined;
  return plainAddress(new SocketAddress({ address: written, family: version === 4 ? "ipv4" : "ipv6" }).address);
}

/**
 * Whom limits hold to be one sender: an address of IPv4, and of IPv6 its network of 64 bits, because that is what one
 * subscriber has at least and any of its addresses may be used.
 */
export function limitedAs(address: string): string {
  if (!address.includes(":")) return address;
  const [before = "", after] = withoutZone(address).split("::");
  const head = before === "" ? [] : before.split(":");
  // Only what stands before the gap can reach into the first half, unless the gap is short.
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const gap = Math.max(0, 8 - head.length - tail.length - (after?.includes(".") ? 1 : 0));
  const groups = after === undefined ? head : [...head, ...Array.from({ length: gap }, () => "0"), ...tail];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

function withoutZone(address: string): string {
  const percent = address.indexOf("%");
  return percent < 0 ? address : address.slice(0, percent);
}
