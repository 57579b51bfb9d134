interface Port {
  readonly protocol: string;
  readonly host: string;
  readonly port: string;
}

/** Whether two claims of `Spec.claims` are on one thing: the same text, or one port on hosts that overlap. */
export function claimsClash(a: string, b: string): boolean {
  const left = portOf(a);
  const right = portOf(b);
  if (left === undefined || right === undefined) return a === b;
  if (left.protocol !== right.protocol || left.port !== right.port || left.port === "0") return false;
  return hostsOverlap(left.host, right.host);
}

/** "port 12201/udp", or the claim as it is. */
export function spoken(claim: string): string {
  const port = portOf(claim);
  return port === undefined ? claim : `port ${port.port}/${port.protocol}`;
}

function portOf(claim: string): Port | undefined {
  const match = /^(tcp|udp):\[?(.*?)\]?:(\d+)$/.exec(claim);
  return match === null ? undefined : { protocol: match[1] ?? "", host: (match[2] ?? "").toLowerCase(), port: match[3] ?? "" };
}

function hostsOverlap(a: string, b: string): boolean {
  if (a === b || a === "::" || b === "::") return true;
  // `0.0.0.0` is every IPv4 address; a name may stand for any.
  if (a === "0.0.0.0" || b === "0.0.0.0") return !(a.includes(":") || b.includes(":"));
  return isLoopback(a) && isLoopback(b) && (a === "localhost" || b === "localhost");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
