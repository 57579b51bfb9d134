import type { Silence } from "../../wire/http-ask.ts";

/** Why no answer came, in plain words. */
export interface Trouble {
  readonly what: string;
  readonly todo: string;
}

/** Where the question went: "sentry.example" and 443. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly scheme: "http" | "https";
}

/** What Node's and OpenSSL's codes mean for a person who has a DSN. */
export function troubleOf({ code, message }: Silence, place: Place): Trouble {
  const known = nameTrouble(code, place) ?? connectionTrouble(code, place) ?? certificateTrouble(code, message, place);
  if (known !== undefined) return known;
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    const what = `TLS with ${place.host}:${place.port} fails (${code})`;
    return { what, todo: "is it a port for plain HTTP? Then the DSN begins with http://" };
  }
  if (code.startsWith("HPE_")) {
    const what = `${place.host}:${place.port} answers with something that is not HTTP`;
    return { what, todo: "check the port of the DSN, and whether it should begin with https://" };
  }
  const said = code === "" || message.includes(code) ? message : `${code}: ${message}`;
  return { what: `${place.host}:${place.port} cannot be asked: ${said}`, todo: "check the network between" };
}

function nameTrouble(code: string, { host }: Place): Trouble | undefined {
  if (code === "ENOTFOUND") {
    return { what: `the name ${host} does not resolve: DNS knows no such host`, todo: "check the host of the DSN" };
  }
  if (code !== "EAI_AGAIN") return undefined;
  const todo = "check /etc/resolv.conf and the way to the name server";
  return { what: `the name ${host} cannot be resolved: no name server answers`, todo };
}

function connectionTrouble(code: string, { host, port, scheme }: Place): Trouble | undefined {
  const where = `${host}:${port}`;
  switch (code) {
    case "ECONNREFUSED":
      return { what: `nothing listens on ${where}`, todo: "check the port of the DSN, and whether the tracker runs" };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return { what: `there is no route to ${where} (${code})`, todo: "check the network and its firewalls" };
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return { what: `no connection to ${where} in time`, todo: "a firewall may drop packets on the way" };
    case "NO_ANSWER":
      return { what: `${where} gives no answer in time`, todo: "check the tracker's load and log" };
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET": {
      const todo = scheme === "http" ? "does that port expect https://?" : "a proxy or firewall on the way may do that";
      return { what: `${where} closes the connection without an answer (${code})`, todo };
    }
    default:
      return undefined;
  }
}

function certificateTrouble(code: string, message: string, { host }: Place): Trouble | undefined {
  const ours = "name its authority in the upstream's tls.ca, or let Node trust it: NODE_EXTRA_CA_CERTS=/path/to/ca.pem";
  switch (code) {
    case "ERR_TLS_PIN":
      return {
        what: `the TLS certificate of ${host} is valid, but ${message} of the upstream`,
        todo: "if the tracker has a new key, add it to tls.pin; if not, somebody is in between",
      };
    case "CERT_HAS_EXPIRED":
      return { what: `the TLS certificate of ${host} has expired`, todo: "renew it, or mend this machine's clock" };
    case "CERT_NOT_YET_VALID":
      return { what: `the TLS certificate of ${host} is not valid yet`, todo: "is this machine's clock behind?" };
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return {
        what: `the TLS certificate is for another name than ${host}`,
        todo: "use the name it was made for in the DSN",
      };
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return { what: `the TLS certificate of ${host} is signed by itself`, todo: ours };
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return { what: `the TLS certificate of ${host} is signed by nobody this machine knows (${code})`, todo: ours };
    default:
      return undefined;
  }
}
