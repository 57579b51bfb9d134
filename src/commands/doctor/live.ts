import { systemClock } from "../../base/clock.ts";
import { RelayError } from "../../base/errors.ts";
import { formatAddress, parseAddress, type Address } from "../../base/units.ts";
import { printable } from "../../sentry/terminal.ts";
import { ask, type Answer, type Silence } from "../../wire/http-ask.ts";

const TIMEOUT_MS = 10_000;
const HTTPS = "https://";

/** Asks a running relay whether it is alive: the image's health check. Returns the exit code. */
export async function live(admin: string): Promise<number> {
  const secure = admin.startsWith(HTTPS);
  const address = adminAddress(secure ? admin.slice(HTTPS.length) : admin);
  const url = livez(address, secure);
  const answer = await askLive(url, TIMEOUT_MS);
  if (answer.kind === "silence") {
    process.stderr.write(`crumbtrail: no relay answers on ${url}: ${printable(answer.message)}\n`);
    return 1;
  }
  process.stdout.write(`${url} answers ${answer.status}\n`);
  return answer.status === 200 ? 0 : 1;
}

/** Whether a relay runs whose admin endpoint listens there. An address that means all of them is asked on this machine. */
export async function isLive({ host, port }: Address, secure: boolean): Promise<boolean> {
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const answer = await askLive(livez({ host: here, port }, secure), 2_000);
  return answer.kind === "answer" && answer.status === 200;
}

/** What `--admin` names. */
export function adminAddress(written: string): Address {
  const address = parseAddress(written);
  if (address === undefined)
    throw new RelayError("RELAY_USAGE", `--admin ${written}: expected an address such as 127.0.0.1:8686`);
  return address;
}

function livez(address: Address, secure: boolean): string {
  return `${secure ? "https" : "http"}://${formatAddress(address)}/livez`;
}

/** Certificates are not made for the addresses that health checks use; and nothing is sent, and one bit believed. */
function askLive(url: string, timeoutMs: number): Promise<Answer | Silence> {
  return ask({ method: "GET", url, headers: {}, timeoutMs, clock: systemClock, anyCertificate: true });
}
