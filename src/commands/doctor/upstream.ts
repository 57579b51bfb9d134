import * as z from "zod";
import { messageOf } from "../../base/errors.ts";
import { createLogger } from "../../base/log.ts";
import { upstreamTlsFields } from "../../component/tls.ts";
import { originOf, type Dsn } from "../../sentry/dsn.ts";
import { UpstreamClient } from "../../wire/upstream-client.ts";
import type { Check } from "./check.ts";
import { examineTracker, type Asking } from "./tracker.ts";

/** One upstream of the configuration. */
export interface AskedUpstream {
  readonly name: string;
  readonly dsn: Dsn;
  /** Its other fields, as they were checked. */
  readonly config: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 10_000;

/** Asks a tracker as the relay would: with the upstream's authorities, certificate, pins and proxy. */
export async function examineUpstream(
  { name, dsn, config }: AskedUpstream,
  asking: Omit<Asking, "dispatcher">,
): Promise<Check[]> {
  const group = `upstream ${name} (${originOf(dsn).replace("://", "://***@")}${dsn.pathPrefix}/${dsn.projectId})`;
  const { tls, proxy } = z.object(upstreamTlsFields).parse({ tls: config["tls"], proxy: config["proxy"] });
  const client = new UpstreamClient({
    origin: originOf(dsn),
    place: `upstreams.${name}`,
    tls,
    proxy,
    connections: 8,
    timeoutMs: TIMEOUT_MS,
    log: createLogger("silent"),
  });
  try {
    await client.start();
    const checks = await examineTracker(group, dsn, { ...asking, dispatcher: await client.dispatcher() });
    return client.proxy === undefined ? checks : [{ group, verdict: "note", what: viaProxy(client.proxy) }, ...checks];
  } catch (thrown) {
    const todo = "a relay of this configuration does not start; mend it first";
    return [{ group, verdict: "fail", what: messageOf(thrown), todo }];
  } finally {
    await client.close(AbortSignal.abort());
  }
}

function viaProxy(proxy: string): string {
  return `is asked through the proxy ${proxy}: what follows about connections, names and ports may be about it`;
}
