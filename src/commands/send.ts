import { hostname } from "node:os";
import { RelayError } from "../base/errors.ts";
import { parseAddress, type Address } from "../base/units.ts";
import { SEVERITY_NAMES } from "../record/severity.ts";
import { readCredentials, type CredentialOptions } from "./send-credentials.ts";
import type { ForwardCredentials } from "../wire/send/forward-greeter.ts";

const TIMEOUT_MS = 5_000;

/** What stands on its command line. */
export interface SendOptions extends CredentialOptions {
  readonly level: string;
  readonly to: string;
}

interface Record {
  readonly message: string;
  readonly severity: string;
  readonly host: string;
  readonly timeMs: number;
}

type Client = (target: Address, record: Record, timeoutMs: number, credentials?: ForwardCredentials) => Promise<void>;

const CLIENTS: ReadonlyMap<string, () => Promise<Client>> = new Map<string, () => Promise<Client>>([
  ["gelf_udp", async () => (await import("../wire/send/gelf.ts")).sendGelfUdp],
  ["gelf_tcp", async () => (await import("../wire/send/gelf.ts")).sendGelfTcp],
  ["gelf_http", async () => (await import("../wire/send/gelf.ts")).sendGelfHttp],
  ["forward", async () => (await import("../wire/send/forward.ts")).sendForward],
  ["grpc", async () => (await import("../wire/send/grpc.ts")).sendGrpc],
  ["syslog_udp", async () => (await import("../wire/send/syslog.ts")).sendSyslogUdp],
  ["syslog_tcp", async () => (await import("../wire/send/syslog.ts")).sendSyslogTcp],
]);

/** Sends one record into an input of a running relay. */
export async function send(message: string, options: SendOptions): Promise<number> {
  const levels: readonly string[] = SEVERITY_NAMES;
  if (!levels.includes(options.level)) {
    throw new RelayError("RELAY_USAGE", `--level ${options.level}: expected one of ${levels.join(", ")}`);
  }
  const [, scheme = "", where = ""] = /^([a-z_]+):\/\/(.+?)\/?$/.exec(options.to) ?? [];
  const target = parseAddress(where);
  const client = CLIENTS.get(scheme);
  if (client === undefined || target === undefined) {
    const expected = [...CLIENTS.keys()].map((name) => `${name}://`).join(", ");
    throw new RelayError(
      "RELAY_USAGE",
      `--to ${options.to}: expected ${expected} and an address, such as gelf_udp://127.0.0.1:12201`,
    );
  }
  const credentials = readCredentials(options, scheme, process.env);
  const sendOne = await client();
  const record = { message, severity: options.level, host: hostname(), timeMs: Date.now() };
  await sendOne(target, record, TIMEOUT_MS, credentials);
  process.stdout.write(`sent to ${options.to}${scheme.endsWith("_udp") ? " (UDP: nobody confirms that it arrived)" : ""}\n`);
  return 0;
}
