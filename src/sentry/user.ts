import type { LogRecord, User } from "../record/record.ts";
import { clip } from "./bounds.ts";

/**
 * `user` of an event. An address is sent only when it is one (Relay drops others), and never as "{{auto}}", which
 * would record the relay's own.
 */
export function userOf(record: LogRecord): User | undefined {
  const { user } = record;
  const address = addressOf(record);
  if (user === undefined && address === undefined) return undefined;
  const made: User = {};
  if (user?.id) made.id = clip(user.id, 128);
  if (user?.email) made.email = clip(user.email, 75);
  if (user?.username) made.username = clip(user.username, 128);
  if (user?.name) made.name = clip(user.name, 128);
  if (address !== undefined) made.ip_address = address;
  return Object.keys(made).length === 0 ? undefined : made;
}

/** The end user's address: what the record says, else the client of its request. */
function addressOf(record: LogRecord): string | undefined {
  const stated = record.user?.ip_address;
  if (stated !== undefined && isAddress(stated)) return stated;
  const client = record.request?.remoteAddress;
  return client !== undefined && isAddress(client) ? client : undefined;
}

/** True for an IPv4 or IPv6 address without port, zone or brackets. */
export function isAddress(text: string): boolean {
  if (text.length > 45) return false;
  if (!text.includes(":")) return IPV4.test(text);
  const tail = text.slice(text.lastIndexOf(":") + 1);
  const dotted = tail.includes(".");
  if (dotted && !IPV4.test(tail)) return false;
  // An embedded IPv4 address stands for two groups.
  const hex = dotted ? `${text.slice(0, text.length - tail.length)}0:0` : text;
  const halves = hex.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  return groups.every((group) => GROUP.test(group)) && (halves.length === 2 ? groups.length < 8 : groups.length === 8);
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
