import { canonicalAddress, type Networks } from "../../base/networks.ts";

/** Hops that are looked at, from the last one. */
const MAX_HOPS = 50;

/**
 * Who sent a request that a trusted proxy passed on: the last address in X-Forwarded-For that is no trusted proxy's, since
 * whatever stands before it may be made up. Where the header names nobody, or its end is no address, it is the proxy.
 */
export function forwardedFor(header: string | readonly string[] | undefined, proxy: string, trusted: Networks): string {
  const written = typeof header === "string" ? header : (header ?? []).join(",");
  let sender = proxy;
  for (const hop of written.split(",").slice(-MAX_HOPS).toReversed()) {
    const address = canonicalAddress(bareAddress(hop.trim()));
    if (address === undefined) break;
    sender = address;
    if (!trusted.has(address)) break;
  }
  return sender;
}

/** "203.0.113.7:4711", "[2001:db8::1]:4711" and the like without brackets and port. */
function bareAddress(text: string): string {
  if (text.startsWith("[")) return text.slice(1, Math.max(1, text.indexOf("]")));
  const colon = text.indexOf(":");
  return colon > 0 && colon === text.lastIndexOf(":") ? text.slice(0, colon) : text;
}
