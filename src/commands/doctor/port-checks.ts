import type { Check } from "./check.ts";

/** One port that an input needs, and what came of trying it: undefined, or the code of the error. */
export interface PortFacts {
  readonly group: string;
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  readonly trouble: string | undefined;
}

/** Whether an input could listen, if it were started now. */
export function portCheck({ group, protocol, address, port, trouble }: PortFacts): Check {
  const where = `${protocol} ${address}`;
  const fail = (what: string, todo: string): Check => ({ group, verdict: "fail", what: `${where} ${what}`, todo });
  switch (trouble) {
    case undefined:
      return { group, verdict: "ok", what: `${where} is free` };
    case "EADDRINUSE":
      return fail("is already in use", `see by whom: ss ${protocol === "tcp" ? "-ltnp" : "-lunp"} 'sport = :${port}'`);
    case "EACCES":
      return fail("needs a privilege that this user lacks", "choose a port above 1023 or grant CAP_NET_BIND_SERVICE");
    case "EADDRNOTAVAIL":
      return fail("is no address of this machine", "see them: ip -brief address");
    default:
      return fail(`cannot be listened on (${trouble})`, "check listen");
  }
}
