import { createHash, constants, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { RelayError } from "../base/errors.ts";
import type { TlsFiles } from "../component/tls.ts";
import { readPem, tryOut } from "./pem-files.ts";

/** What the files of a listening socket hold. */
export interface TlsIdentity {
  /** For `tls.createServer` and `setSecureContext`. */
  readonly context: SecureContextOptions;
  /** The first certificate: the one that clients see. */
  readonly leaf: X509Certificate;
  /** The same for the same contents. */
  readonly digest: string;
}

/**
 * Reads the certificates of a listening socket. `place` is where the configuration names them: "inputs.edge.tls". Rejects
 * with words for a person: which field, which file, what is wrong with it and what to do.
 *
 * Ciphers, curves and signatures are left to Node: its list (authenticated ciphers with forward secrecy first, none of
 * RC4, 3DES, NULL, EXPORT, MD5) is reviewed and changed with each of its releases, and one written here would grow old.
 */
export async function readTlsFiles(files: TlsFiles, place: string): Promise<TlsIdentity> {
  const [cert, key, ca] = await Promise.all([
    readPem(files.cert, `${place}.cert`),
    readPem(files.key, `${place}.key`),
    files.client_ca === undefined ? undefined : readPem(files.client_ca, `${place}.client_ca`),
  ]);
  checkPair({ cert, key }, files, place);
  if (ca !== undefined) checkAuthorities(ca, `${place}.client_ca: ${files.client_ca ?? ""}`);
  const hash = createHash("sha256");
  for (const part of [cert, key, ca ?? ""]) hash.update(`${part.length}\n`).update(part);
  // A client may ask to renegotiate TLS 1.2 as often as it likes, at our expense; nobody needs it.
  const secureOptions = constants.SSL_OP_NO_RENEGOTIATION;
  const context: SecureContextOptions = {
    cert,
    key,
    minVersion: "TLSv1.2",
    // A session resumed under TLS 1.3 counts as authorised even where the first one showed no certificate.
    secureOptions: ca === undefined ? secureOptions : secureOptions | constants.SSL_OP_NO_TICKET,
    ...(ca === undefined ? {} : { ca }),
  };
  return { context, leaf: new X509Certificate(cert), digest: hash.digest("base64") };
}

/** Throws unless a certificate and its key are readable and belong together. */
export function checkPair(
  { cert, key }: { readonly cert: Buffer; readonly key: Buffer },
  paths: { readonly cert?: string | undefined; readonly key?: string | undefined },
  place: string,
): void {
  const [certPath, keyPath] = [paths.cert ?? "", paths.key ?? ""];
  tryOut(() => createSecureContext({ cert }), `${place}.cert: ${certPath} is no PEM certificate`);
  tryOut(() => createSecureContext({ key }), `${place}.key: ${keyPath} is no PEM private key without a passphrase`);
  const pair = `${place}.key: ${keyPath} does not belong to the certificate in ${place}.cert: ${certPath}`;
  tryOut(() => createSecureContext({ cert, key }), pair);
}

/** Throws unless every part of a PEM file is a certificate; `what` names field and file. */
export function checkAuthorities(ca: Buffer, what: string): void {
  const text = `${what} holds no PEM certificate`;
  const parts = ca.toString("latin1").match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g);
  if (parts === null) throw new RelayError("RELAY_BAD_CONFIG", text);
  tryOut(() => createSecureContext({ ca }), text);
}
