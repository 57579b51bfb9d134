import { RelayError } from "../../base/errors.ts";
import type { CredentialFiles } from "./credentials.ts";

/** Where the kubelet puts what a pod needs to talk to the API server. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/;

/** How the API server is reached. */
export interface ApiServer {
  /** Without a path. */
  readonly url: string;
  readonly files: CredentialFiles;
}

export interface ApiServerSettings {
  /** "" inside a pod. */
  readonly server: string;
  readonly tokenFile: string;
  readonly caFile: string;
}

/** A mistake in an address, for a person; undefined: there is none. */
export function addressMistake(written: string): string | undefined {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol))
    return 'expected an address such as "https://10.96.0.1:443"';
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "")
    return "the address of the API server has nothing after its port, and no user in it";
  // A token that crosses a network in the open is everybody's.
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname))
    return "http:// is for this machine only (kubectl proxy); use https://";
  return undefined;
}

/** The API server as the settings say, else as the kubelet tells every container. Throws where neither does. */
export function apiServerOf({ server, tokenFile, caFile }: ApiServerSettings, env: Readonly<NodeJS.ProcessEnv>): ApiServer {
  const host = env["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = env["KUBERNETES_SERVICE_PORT_HTTPS"] ?? env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (server === "" && host === "") {
    const hint = "set api_server, or run in a pod, where KUBERNETES_SERVICE_HOST says it";
    throw new RelayError("RELAY_BAD_CONFIG", `the Kubernetes API server is not known: ${hint}`);
  }
  const inCluster = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  // What another server is asked with has to be said; `kubectl proxy` wants nothing.
  const fallback = (name: string): string | undefined => (server === "" ? `${SERVICE_ACCOUNT}/${name}` : undefined);
  return {
    url: new URL(server === "" ? inCluster : server).origin,
    files: { token: tokenFile || fallback("token"), ca: caFile || fallback("ca.crt") },
  };
}
