import { formatAddress, type Address } from "../base/units.ts";
import { codeOf, messageOf, RelayError } from "../base/errors.ts";

/** A listening socket that could not be opened: says which input, which port, and what to look at. */
export function listenError(input: string, protocol: "tcp" | "udp", address: Address, thrown: unknown): RelayError {
  const where = `${protocol} ${formatAddress(address)}`;
  const flags = protocol === "tcp" ? "-ltnp" : "-lunp";
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: `is already in use; see by whom with: ss ${flags} 'sport = :${address.port}'`,
    EACCES: "needs a privilege that this process lacks; choose a port above 1023 or grant CAP_NET_BIND_SERVICE",
    EADDRNOTAVAIL: "is no address of this machine; see them with: ip -brief address",
    ENOTFOUND: "names a host that does not resolve; write an IP address",
  };
  const text = advice[codeOf(thrown)] ?? `could not be opened: ${messageOf(thrown)}`;
  return new RelayError("RELAY_LISTEN", `input "${input}": ${where} ${text}`, { cause: thrown });
}
