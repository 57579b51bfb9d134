import type { Dsn } from "./dsn.ts";

const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const DEFAULT_PORT = { http: 80, https: 443 } as const;

/** A place that a DSN may name. */
interface Place {
  /** As in {@link Dsn.host}. */
  readonly host: string;
  /** Whether any host below it is meant, and not it itself. */
  readonly isSuffix: boolean;
  /** Undefined: that of the DSN's scheme. */
  readonly port: number | undefined;
}

/** What is wrong with an entry of a list of hosts; undefined: nothing. */
export function hostMistake(written: string): string | undefined {
  const place = placeOf(written);
  return typeof place === "string" ? place : undefined;
}

/**
 * Whether a DSN names a host on a list. An entry is `sentry.example`, `*.example.com` for all hosts below a domain, or an
 * address, each with a port where it is not the scheme's own.
 */
export function isHostAmong({ host, port, scheme }: Dsn, list: readonly string[]): boolean {
  return list.some((written) => {
    const place = placeOf(written);
    if (typeof place === "string" || port !== (place.port ?? DEFAULT_PORT[scheme])) return false;
    return place.isSuffix ? host.endsWith(`.${place.host}`) && LABELS.test(host) : host === place.host;
  });
}

function placeOf(written: string): Place | string {
  const entry = written.trim().toLowerCase();
  if (entry.includes("/") || entry.includes("@")) return "expected a host alone, such as sentry.example or *.example.com";
  const isSuffix = entry.startsWith("*.");
  const [, name = "", portText] = /^(\[[0-9a-f:.]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/.exec(isSuffix ? entry.slice(2) : entry) ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port === 0 || port > 65_535)) return "expected a port between 1 and 65535 after the host";
  if (name === "" || name.includes("*") || !URL.canParse(`http://${name}`)) {
    return "expected a host such as sentry.example, sentry.example:9000 or *.example.com";
  }
  const host = new URL(`http://${name}`).hostname;
  // "*.com" and the like, or the end of an address.
  if (isSuffix && (!LABELS.test(host) || !host.includes(".") || /\.\d+$/.test(host))) {
    return "expected a domain of at least two parts after *., such as *.example.com";
  }
  return { host, isSuffix, port };
}
