import { createHash } from "node:crypto";

/** A DSN taken apart. Keys and project ids are opaque texts: compatible trackers use other forms than Sentry. */
export interface Dsn {
  readonly scheme: "http" | "https";
  readonly publicKey: string;
  /** Deprecated; sent only when the DSN has one. */
  readonly secretKey: string | undefined;
  /** As in a URL: lower case, an IPv6 address in brackets. */
  readonly host: string;
  /** The written port, or the scheme's own. */
  readonly port: number;
  /** "" or "/sentry": what stands between the host and `/api`. */
  readonly pathPrefix: string;
  readonly projectId: string;
  /** Where envelopes are posted: with the trailing slash, without a default port. */
  readonly envelopeUrl: string;
}

const SHAPE = "https://PUBLIC_KEY@HOST/PROJECT_ID";
const MAX_CHARS = 2_048;

/**
 * Takes a DSN apart, or says in one sentence what is wrong with it; the sentence never repeats a key.
 * `SCHEME://PUBLIC_KEY[:SECRET_KEY]@HOST[:PORT][/PATH]/PROJECT_ID`, a slash after the project is tolerated.
 */
export function parseDsn(text: string): Dsn | string {
  const written = text.trim();
  if (written === "") return `the DSN is empty; it looks like ${SHAPE}`;
  if (written.length > MAX_CHARS) return `the DSN is longer than ${MAX_CHARS} characters`;
  if (/^["']/.test(written)) return "the DSN is in quotation marks; write it without them";
  const scheme = /^(https?):\/\//i.exec(written)?.[1]?.toLowerCase();
  if (scheme !== "http" && scheme !== "https") return `the DSN must begin with https:// or http://; it looks like ${SHAPE}`;
  if (/[?#]/.test(written)) return `the DSN must have nothing after its project: remove what follows "?" or "#"`;
  const rest = written.slice(scheme.length + "://".length);
  const at = rest.indexOf("@");
  if (at === -1) return `the DSN has no public key before an "@"; it looks like ${SHAPE}`;
  const keys = keysOf(rest.slice(0, at));
  if (typeof keys === "string") return keys;
  return locate(scheme, keys, rest.slice(at + 1));
}

/** The DSN without its keys, for logs and `check --print`; "***" when it is none. */
export function redactDsn(text: string): string {
  const dsn = parseDsn(text);
  if (typeof dsn === "string") return text.trim() === "" ? "" : "***";
  return `${originOf(dsn).replace("://", "://***@")}${dsn.pathPrefix}/${dsn.projectId}`;
}

/**
 * A text of the tracker's without the keys of the DSN: one that refuses them may repeat them. What has fewer than four
 * characters is no secret.
 */
export function withoutKeys(text: string, { publicKey, secretKey }: Dsn): string {
  // Most answers say nothing.
  if (text === "") return text;
  const dashed = publicKey.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  let clean = text.replaceAll(/:\/\/[^@\s/]{1,2000}@/g, "://***@");
  for (const key of [publicKey, dashed, secretKey ?? ""]) if (key.length >= 4) clean = clean.replaceAll(key, "***");
  return clean;
}

/** The value of `X-Sentry-Auth`, the one place where the key is sent: two carriers are refused with 401. */
export function authHeader(dsn: Dsn, agent: string): string {
  const secret = dsn.secretKey === undefined ? "" : `, sentry_secret=${dsn.secretKey}`;
  return `Sentry sentry_version=7, sentry_client=${agent}, sentry_key=${dsn.publicKey}${secret}`;
}

/** "https://host:9000", without a default port. */
export function originOf(dsn: Pick<Dsn, "scheme" | "host" | "port">): string {
  return dsn.port === DEFAULT_PORT[dsn.scheme] ? `${dsn.scheme}://${dsn.host}` : `${dsn.scheme}://${dsn.host}:${dsn.port}`;
}

/**
 * Names a project at a tracker, and the key it is sent to with: limits and refusals concern all who use the same key.
 * The key itself cannot be read from it.
 */
export function accountOf(dsn: Dsn): string {
  const key = createHash("sha256").update(dsn.publicKey).digest("hex").slice(0, 8);
  return `${originOf(dsn)}${dsn.pathPrefix}/${dsn.projectId}#${key}`;
}

const DEFAULT_PORT = { http: 80, https: 443 } as const;
/** What may stand in a header between commas. */
const KEY = /^[!-+\--~]+$/;

interface Keys {
  readonly publicKey: string;
  readonly secretKey: string | undefined;
}

function keysOf(userInfo: string): Keys | string {
  const colon = userInfo.indexOf(":");
  const publicKey = colon === -1 ? userInfo : userInfo.slice(0, colon);
  const secretKey = colon === -1 ? "" : userInfo.slice(colon + 1);
  if (publicKey === "") return `the DSN has no public key before the "@"; it looks like ${SHAPE}`;
  if (!KEY.test(publicKey) || (secretKey !== "" && !KEY.test(secretKey))) {
    return "the key in the DSN has a space, a comma or another character that no key has";
  }
  return { publicKey, secretKey: secretKey === "" ? undefined : secretKey };
}

function locate(scheme: "http" | "https", keys: Keys, place: string): Dsn | string {
  if (place.includes("@")) return `the DSN has more than one "@"`;
  const slash = place.indexOf("/");
  const path = (slash === -1 ? "" : place.slice(slash)).replace(/\/$/, "");
  const authority = slash === -1 ? place : place.slice(0, slash);
  const origin = `${scheme}://${authority}`;
  if (!AUTHORITY.test(authority) || !URL.canParse(origin))
    return "the DSN has no valid host, or its port is no number up to 65535";
  const { hostname, port: written } = new URL(origin);
  const lastSlash = path.lastIndexOf("/");
  const projectId = path.slice(lastSlash + 1);
  const pathPrefix = path.slice(0, Math.max(0, lastSlash));
  if (projectId === "") return `the DSN has no project after its host; it looks like ${SHAPE}`;
  if (!PATH.test(path) || path.includes("//")) return "the path of the DSN has an empty part or a character that no URL has";
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return "the path of the DSN has a part of dots, which means another place";
  const port = written === "" ? DEFAULT_PORT[scheme] : Number(written);
  const address = { scheme, host: hostname, port };
  return {
    ...address,
    ...keys,
    pathPrefix,
    projectId,
    envelopeUrl: `${originOf(address)}${pathPrefix}/api/${projectId}/envelope/`,
  };
}

const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[^\s\\:[\]]+)(?::\d{1,5})?$/;
const PATH = /^[A-Za-z0-9/._~!$&'()*+,;=:%-]+$/;
