import { systemClock } from "../base/clock.ts";
import { Complaints, type Complaint } from "../base/complaints.ts";
import type { Logger } from "../base/log.ts";
import type { TlsFiles } from "../component/tls.ts";
import type { RelayEnvironment } from "../pipeline/relay-environment.ts";
import { TlsListener } from "../wire/tls-listener.ts";
import { version } from "./version.ts";

/** What this process gives a relay. */
export function relayEnvironment(log: Logger): RelayEnvironment {
  return {
    clock: systemClock,
    log,
    version,
    random: Math.random,
    print: (text) => void process.stdout.write(text),
    colour: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
    nodeMetrics: true,
    keepsTrails: true,
  };
}

/** The certificates of the admin endpoint; undefined: it speaks plain HTTP. */
export function adminTls(files: TlsFiles | undefined, { clock, log }: RelayEnvironment): TlsListener | undefined {
  if (files === undefined) return undefined;
  const complaints = new Complaints(log, clock);
  const host = { clock, log, complain: (complaint: Complaint) => complaints.warn("admin", complaint) };
  return new TlsListener({ files, place: "admin.tls", host });
}
