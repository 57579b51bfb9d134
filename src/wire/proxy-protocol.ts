import { isIPv4, isIPv6 } from "node:net";
import { canonicalAddress, plainAddress } from "../base/networks.ts";

// The PROXY protocol, versions 1 and 2: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt

/** What stands before the bytes of a sender. */
export interface ProxyHeader {
  readonly kind: "header";
  /**
   * Address of the sender; undefined where the proxy names none (UNKNOWN, LOCAL, a Unix socket): then the connection is its
   * own, a health check as a rule.
   */
  readonly source: string | undefined;
  /** Bytes of the header: the sender's own begin behind them. */
  readonly length: number;
}

/** A header, a reason why there is none, or undefined while more bytes are needed to tell. */
export type ProxyHeaderRead = ProxyHeader | { readonly kind: "malformed"; readonly reason: string } | undefined;

/** Longest header of version 1, its line end included. */
const MAX_V1_BYTES = 107;
/** Of version 2, what may follow its first 16 bytes: addresses, and what proxies add to them (names, certificates). */
const MAX_V2_BYTES = 4_096;
/** The longest header that is read. */
export const MAX_PROXY_HEADER_BYTES = 16 + MAX_V2_BYTES;

const V1 = Buffer.from("PROXY ", "latin1");
const V2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const LF = 0x0a;

/** Reads the header at the beginning of a connection from the bytes that have come so far. */
export function readProxyHeader(bytes: Buffer): ProxyHeaderRead {
  if (begins(bytes, V2)) return bytes.length < 16 ? undefined : readV2(bytes);
  if (begins(bytes, V1)) return readV1(bytes);
  return malformed("it begins with something else");
}

/** Whether bytes begin with a signature, as far as both go. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}

function readV1(bytes: Buffer): ProxyHeaderRead {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf(LF);
  if (end < 0) return bytes.length < MAX_V1_BYTES ? undefined : malformed(`no line end within ${MAX_V1_BYTES} bytes`);
  const line = bytes.toString("latin1", 0, end);
  if (!line.endsWith("\r")) return malformed("the line ends without a CR");
  const length = end + 1;
  const [, family, source = "", destination = "", ...ports] = line.slice(0, -1).split(" ");
  // What follows UNKNOWN means nothing.
  if (family === "UNKNOWN") return { kind: "header", source: undefined, length };
  const isAddress = family === "TCP4" ? isIPv4 : family === "TCP6" ? isIPv6 : undefined;
  if (isAddress === undefined) return malformed("neither TCP4, TCP6 nor UNKNOWN");
  if (!isAddress(source) || !isAddress(destination)) return malformed(`an address that is none of ${family}`);
  if (ports.length !== 2 || !ports.every(isPort)) return malformed("no two ports behind the addresses");
  const address = canonicalAddress(source);
  return address === undefined ? malformed("an address with a zone") : { kind: "header", source: address, length };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Bytes of the addresses and ports of a family, by the upper half of byte 13. */
const FAMILY_BYTES: readonly number[] = [0, 12, 36, 216];

function readV2(bytes: Buffer): ProxyHeaderRead {
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13) >> 4;
  const transport = bytes.readUInt8(13) & 0x0f;
  const size = bytes.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) return malformed("neither LOCAL nor PROXY of version 2");
  if (size > MAX_V2_BYTES) return malformed(`${size} bytes of addresses and additions; at most ${MAX_V2_BYTES} are read`);
  const needed = FAMILY_BYTES[family];
  if (command === 0x21 && (needed === undefined || transport > 2)) return malformed("an unknown family of addresses");
  if (command === 0x21 && needed !== undefined && size < needed) return malformed("addresses that are cut short");
  const length = 16 + size;
  if (bytes.length < length) return undefined;
  return { kind: "header", source: command === 0x20 ? undefined : sourceOf(bytes, family), length };
}

function sourceOf(bytes: Buffer, family: number): string | undefined {
  if (family === 1) return bytes.subarray(16, 20).join(".");
  if (family !== 2) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(16 + 2 * index).toString(16));
  return plainAddress(canonicalAddress(groups.join(":")));
}

function malformed(reason: string): { readonly kind: "malformed"; readonly reason: string } {
  return { kind: "malformed", reason };
}
