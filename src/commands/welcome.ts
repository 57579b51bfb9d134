import { formatAddress, type Address } from "../base/units.ts";
import type { Relay } from "../pipeline/relay.ts";
import { printable } from "../sentry/terminal.ts";
import { version } from "./version.ts";

/** For a person who has just started a relay without a tracker: where it listens, and one line that makes an issue. */
export function welcome(relay: Relay, admin: Address | undefined, print: (text: string) => void): void {
  const toConsole = relay.config.upstreams.some(
    ({ spec, config }) => spec.type === "console" || (spec.type === "sentry" && config["dsn"] === undefined),
  );
  if (!toConsole) return;
  const rows = relay.addresses.map(({ input, type, address }) => `  ${input.padEnd(12)} ${type.padEnd(10)} ${address}`);
  const scheme = relay.config.admin.tls === undefined ? "http" : "https";
  if (admin !== undefined) rows.push(`  ${"admin".padEnd(12)} ${scheme.padEnd(10)} ${scheme}://${formatAddress(admin)}/status`);
  const lines = [
    `Crumbtrail ${version}: events are printed here (set SENTRY_DSN, or upstreams.*.dsn, to send them to a tracker).`,
    ...rows,
  ];
  const example = exampleLine(relay);
  if (example !== undefined) lines.push("To see a first issue, paste this into another terminal:", `  ${example}`);
  print(`${lines.map(printable).join("\n")}\n\n`);
}

const SENDABLE = ["gelf_udp", "gelf_tcp", "gelf_http", "forward", "grpc"];

function exampleLine(relay: Relay): string | undefined {
  const target = relay.addresses.find(({ type }) => SENDABLE.includes(type));
  if (target === undefined) return undefined;
  const where = target.address.slice(target.address.indexOf(":") + 1);
  return `${process.execPath.endsWith("node") ? "node" : quoted(process.execPath)} ${quoted(process.argv[1] ?? "")} send "could not charge order 1042: card declined" --to ${target.type}://${where}`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./:@+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
