import { createLogger } from "../base/log.ts";
import { messageOf, RelayError } from "../base/errors.ts";
import { parseAddress } from "../base/units.ts";
import type { Delivery } from "../component/delivery.ts";
import { parseDsn, redactDsn } from "../sentry/dsn.ts";
import { sentry } from "../upstreams/sentry.ts";
import { relayEnvironment } from "./environment.ts";
import { version } from "./version.ts";

const TIMEOUT_MS = 10_000;

/** Asks a tracker whether it takes what a DSN sends, or a running relay whether it is alive. */
export async function doctor(dsn: string | undefined, options: { live: boolean; admin: string }): Promise<number> {
  return options.live ? live(options.admin) : tracker(dsn ?? process.env["SENTRY_DSN"] ?? "");
}

async function live(admin: string): Promise<number> {
  const address = parseAddress(admin);
  if (address === undefined) throw new RelayError("RELAY_USAGE", `--admin ${admin}: expected an address such as 127.0.0.1:8686`);
  const url = `http://${admin}/livez`;
  try {
    // Not `fetch`, which refuses a list of ports.
    const { request } = await import("undici");
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await body.dump();
    process.stdout.write(`${url} answers ${statusCode}\n`);
    return statusCode === 200 ? 0 : 1;
  } catch (thrown) {
    process.stderr.write(`crumbtrail: no relay answers on ${url}: ${reasonOf(thrown)}\n`);
    return 1;
  }
}

async function tracker(text: string): Promise<number> {
  if (text === "")
    throw new RelayError("RELAY_USAGE", "name a DSN, or set SENTRY_DSN: crumbtrail doctor https://key@sentry.example/1");
  const dsn = parseDsn(text);
  if (typeof dsn === "string") throw new RelayError("RELAY_USAGE", `the DSN is wrong: ${dsn}`);
  const { clock, print } = relayEnvironment(createLogger("silent"));
  const host = {
    name: "doctor",
    clock,
    print,
    log: createLogger("silent"),
    complain: () => {},
    agent: `crumbtrail/${version}`,
    colour: false,
  };
  const upstream = sentry.create(sentry.config.parse({ dsn: text }), host);
  await upstream.start(new AbortController().signal);
  // An empty client report: checked like any envelope, and leaves no trace in the project.
  const delivery = await upstream.deliver({ kind: "client_report", discarded: [] }, AbortSignal.timeout(TIMEOUT_MS));
  await upstream.stop(AbortSignal.timeout(1_000));
  const [code, verdict] = verdictOf(delivery);
  process.stdout.write(`${redactDsn(text)}: ${verdict}\n`);
  return code;
}

function verdictOf(delivery: Delivery): [code: number, verdict: string] {
  switch (delivery.kind) {
    case "delivered":
      return [0, "takes envelopes"];
    case "limited":
      return [0, "takes envelopes, but limits this project at the moment (429)"];
    case "retry":
      return [69, `does not answer: ${delivery.cause}`];
    case "refused_dsn":
      return [1, `refuses the DSN: ${delivery.cause}`];
    case "rejected":
      return [1, `refuses envelopes: ${delivery.cause}`];
  }
}

function reasonOf(thrown: unknown): string {
  return messageOf(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown);
}
