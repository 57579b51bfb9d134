import { RelayError } from "../base/errors.ts";
import { veil } from "../base/veil.ts";
import { parseDsn } from "../sentry/dsn.ts";
import { configurationOf } from "./configuration.ts";
import { exitCodeOf } from "./doctor/check.ts";
import { examine } from "./doctor/examination.ts";
import { adminAddress, live } from "./doctor/live.ts";
import { reportJson, reportText } from "./doctor/report.ts";
import { version } from "./version.ts";

export interface DoctorOptions {
  readonly config?: string | undefined;
  /** Only ask a running relay whether it is alive. */
  readonly live: boolean;
  /** Where the relay's admin endpoint listens. */
  readonly admin: string;
  /** True where `admin` was written on the command line, and goes before the configuration's. */
  readonly adminWritten: boolean;
  readonly json: boolean;
}

/**
 * Finds what is wrong around a relay: trackers that refuse its DSN, clocks apart, small receive buffers, directories
 * that lose or refuse what is written. Or asks a running relay whether it is alive.
 */
export async function doctor(dsn: string | undefined, options: DoctorOptions): Promise<number> {
  if (options.live) return live(options.admin);
  const mistake = dsn === undefined ? undefined : parseDsn(dsn);
  if (typeof mistake === "string") throw new RelayError("RELAY_USAGE", `the DSN is wrong: ${mistake}`);
  const { config } = configurationOf({ config: options.config, dsn });
  const admin = options.adminWritten ? adminAddress(options.admin) : config.admin.address;
  const checks = await examine(config, {
    admin,
    adminSecure: config.admin.tls !== undefined,
    ports: options.config !== undefined,
  });
  const colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  process.stdout.write(veil.over(options.json ? reportJson(checks, version) : reportText(checks, colour)));
  return exitCodeOf(checks);
}
