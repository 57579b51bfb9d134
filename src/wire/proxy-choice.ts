import { BlockList, isIP } from "node:net";
import { RelayError } from "../base/errors.ts";
import { isProxyUrl } from "../component/tls.ts";

/** An HTTP proxy on the way to somewhere. */
export interface Proxy {
  /** Without user and password: for connecting, and for messages. */
  readonly origin: string;
  /** The value of Proxy-Authorization; undefined: none. */
  readonly authorization: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProxyQuestion {
  /** Where requests go: "https://sentry.example", without a path. */
  readonly origin: string;
  /** What the configuration says; "": none; undefined: the environment decides. */
  readonly written: string | undefined;
  readonly env: Environment;
}

/**
 * The proxy on the way to an origin. `HTTPS_PROXY` is for https, `HTTP_PROXY` for http, `NO_PROXY` names what is reached
 * without one, and lower-case names go first, as in curl; loopback needs none, as in Go. What the configuration says goes before all of them. Throws a
 * RelayError for a variable that names no HTTP proxy; its text never repeats the value, which may hold a password.
 */
export function proxyFor({ origin, written, env }: ProxyQuestion): Proxy | undefined {
  if (written !== undefined) return written === "" ? undefined : proxyOf(written);
  const { protocol, hostname, port } = new URL(origin);
  const scheme = protocol === "https:" ? "https" : "http";
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`];
  const name = names.find((candidate) => env[candidate] !== undefined);
  const value = name === undefined ? "" : (env[name] ?? "").trim();
  if (value === "") return undefined;
  const host = hostname.replace(/^\[|\]$/g, "");
  const number = port === "" ? (scheme === "https" ? 443 : 80) : Number(port);
  if (isLoopback(host) || isExempt({ host, port: number }, env["no_proxy"] ?? env["NO_PROXY"] ?? "")) return undefined;
  const url = value.includes("://") ? value : `http://${value}`;
  if (isProxyUrl(url)) return proxyOf(url);
  const message = `the environment variable ${name} names no HTTP proxy: expected http://HOST:PORT; or set the upstream's proxy to "" to go without`;
  throw new RelayError("RELAY_BAD_CONFIG", message);
}

/**
 * Whether `NO_PROXY` names a host: by its name, which stands for all names below it too, by address, by network
 * (`10.0.0.0/8`), each with `:port` if it is only for one, or by `*`, which is everything. Separated by commas or spaces.
 */
export function isExempt(target: { readonly host: string; readonly port: number }, noProxy: string): boolean {
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && names(entry, target));
}

function isLoopback(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(host) || isInNetwork("127.0.0.0/8", host) || host === "::1";
}

function names(entry: string, { host, port }: { readonly host: string; readonly port: number }): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isInNetwork(entry, host);
  const [, bracketed, plain, only] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  if (only !== undefined && Number(only) !== port) return false;
  // An IPv6 address without brackets is all of the entry.
  const name = (bracketed ?? plain ?? entry).replace(/^\*?\./, "").replace(/\.$/, "");
  const sought = host.toLowerCase().replace(/\.$/, "");
  if (isIP(name) !== 0 || isIP(sought) !== 0)
    return isIP(name) === isIP(sought) && isInNetwork(`${name}/${isIP(name) === 4 ? 32 : 128}`, sought);
  return name !== "" && (sought === name || sought.endsWith(`.${name}`));
}

function isInNetwork(network: string, host: string): boolean {
  const [address = "", bits = ""] = network.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Number(bits), kind);
  return list.check(host, kind);
}

function proxyOf(written: string): Proxy {
  const { protocol, host, username, password } = new URL(written);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = credentials === ":" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  return { origin: `${protocol}//${host}`, authorization };
}
