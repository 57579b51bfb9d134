import { readFile } from "node:fs/promises";
import { createSecureContext, type TlsOptions } from "node:tls";
import { codeOf, messageOf, RelayError } from "../base/errors.ts";
import type { TlsFiles } from "../component/tls.ts";

/** How long a sender may take to agree on a key. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Reads the certificates of an input. Rejects with words for a person: which input, which file, what is wrong with it and
 * what to do.
 */
export async function readTlsFiles(files: TlsFiles, input: string): Promise<TlsOptions> {
  const [cert, key, ca] = await Promise.all([
    read(files.cert, "cert", input),
    read(files.key, "key", input),
    files.client_ca === undefined ? undefined : read(files.client_ca, "client_ca", input),
  ]);
  tryOut(() => createSecureContext({ cert }), `input "${input}": tls.cert ${files.cert} is no PEM certificate`);
  tryOut(() => createSecureContext({ key }), `input "${input}": tls.key ${files.key} is no PEM private key without a passphrase`);
  if (ca !== undefined) {
    const text = `input "${input}": tls.client_ca ${files.client_ca ?? ""} holds no PEM certificate`;
    if (!ca.includes("-----BEGIN")) throw new RelayError("RELAY_LISTEN", text);
    tryOut(() => createSecureContext({ ca }), text);
  }
  const pair = `input "${input}": tls.key ${files.key} does not belong to the certificate in tls.cert ${files.cert}`;
  tryOut(() => createSecureContext({ cert, key }), pair);
  return {
    cert,
    key,
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    // Whoever has no certificate of it is turned away after the handshake: Node would do so without a word to anybody.
    ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false }),
  };
}

/** What OpenSSL says is wrong, without its place in OpenSSL's source. */
export function reasonOf(thrown: unknown): string {
  const reason = typeof thrown === "object" && thrown !== null && "reason" in thrown ? thrown.reason : undefined;
  return typeof reason === "string" ? reason : messageOf(thrown);
}

async function read(path: string, field: string, input: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const advice: Readonly<Record<string, string>> = {
      ENOENT: "there is no such file; write the path of a PEM file",
      EACCES: "this process may not read it; give its user permission",
      EISDIR: "it is a directory; write the path of a PEM file",
    };
    const text = advice[codeOf(error)] ?? messageOf(error);
    throw new RelayError("RELAY_LISTEN", `input "${input}": tls.${field} ${path}: ${text}`, { cause: error });
  }
}

function tryOut(use: () => unknown, text: string): void {
  try {
    use();
  } catch (error) {
    throw new RelayError("RELAY_LISTEN", `${text} (${reasonOf(error)})`, { cause: error });
  }
}
