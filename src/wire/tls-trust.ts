import { createHash, X509Certificate } from "node:crypto";
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from "node:tls";
import type { TrustFiles } from "../component/tls.ts";
import { readPem } from "./pem-files.ts";
import { checkAuthorities, checkPair } from "./tls-files.ts";

/** What the files of an upstream's `tls` hold. */
export interface Trust {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly pins: readonly string[];
}

/** Base64 of 32 bytes. */
const PIN_CHARS = 44;

export const NODES_OWN: Trust = { ca: undefined, cert: undefined, key: undefined, pins: [] };

/**
 * Reads the files that say whom to trust. `place` is where the configuration names them: "upstreams.default.tls". Rejects
 * with words for a person: which field, which file, what is wrong with it and what to do.
 */
export async function readTrust(files: TrustFiles, place: string): Promise<Trust> {
  const read = (path: string | undefined, field: string): Promise<Buffer> | undefined =>
    path === undefined ? undefined : readPem(path, `${place}.${field}`);
  const [ca, cert, key] = await Promise.all([read(files.ca, "ca"), read(files.cert, "cert"), read(files.key, "key")]);
  if (ca !== undefined) checkAuthorities(ca, `${place}.ca: ${files.ca ?? ""}`);
  if (cert !== undefined && key !== undefined) checkPair({ cert, key }, files, place);
  return { ca, cert, key, pins: (files.pin ?? []).map((pin) => `sha256/${pin.slice(-PIN_CHARS)}`) };
}

/** The same text for the same files. */
export function trustDigest({ ca, cert, key }: Trust): string {
  const hash = createHash("sha256");
  for (const part of [ca, cert, key]) hash.update(`${part?.length ?? -1}\n`).update(part ?? "");
  return hash.digest("base64");
}

/** For `tls.connect`, so that nothing is sent to who is not trusted. */
export function connectionOptions({
  ca,
  cert,
  key,
  pins,
}: Trust): Pick<ConnectionOptions, "ca" | "cert" | "key" | "checkServerIdentity"> {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(pins.length === 0 ? {} : { checkServerIdentity: pinned(pins) }),
  };
}

/** The peer's certificate is valid, and its key is none of the expected. */
export class OtherKey extends Error {
  readonly code = "ERR_TLS_PIN";

  constructor(seen: string) {
    super(`the tracker's key is ${seen}, which is not in tls.pin`);
  }
}

/**
 * Only the peer's own certificate counts. Node's chain behind it is put together by names, not by signatures, so a
 * stranger could put a certificate with a pinned key there.
 */
function pinned(pins: readonly string[]): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (host, certificate) => {
    const trouble = checkServerIdentity(host, certificate);
    if (trouble !== undefined) return trouble;
    const seen = pinOf(new X509Certificate(certificate.raw));
    return pins.includes(seen) ? undefined : new OtherKey(seen);
  };
}

/** "sha256/BASE64" of the public key (its SubjectPublicKeyInfo), as curl's --pinnedpubkey has it after two slashes. */
export function pinOf(certificate: X509Certificate): string {
  const key = certificate.publicKey.export({ type: "spki", format: "der" });
  return `sha256/${createHash("sha256").update(key).digest("base64")}`;
}
