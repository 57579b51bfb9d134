import type { X509Certificate } from "node:crypto";

/** A name in a certificate. Case matters in URIs only. */
export interface CertificateName {
  readonly kind: "dns" | "uri" | "email" | "cn";
  readonly name: string;
}

const KINDS: ReadonlyMap<string, CertificateName["kind"]> = new Map([
  ["DNS", "dns"],
  ["URI", "uri"],
  ["email", "email"],
]);
/** For messages: names shown at most. */
const MAX_SHOWN = 5;

/**
 * Who a certificate is for: DNS names, URIs and e-mail addresses of its subjectAltName; where it has none of these its
 * common name, if it has exactly one.
 */
export function namesOf(certificate: X509Certificate): CertificateName[] {
  const names = alternativeNames(certificate.subjectAltName ?? "");
  if (names.length > 0) return names;
  const subject: Readonly<Record<string, unknown>> = Object(certificate.toLegacyObject().subject) as Record<string, unknown>;
  const commonName = subject["CN"];
  return typeof commonName === "string" && commonName !== "" ? [{ kind: "cn", name: commonName }] : [];
}

/**
 * Takes Node's text of a subjectAltName apart: `DNS:a.example, URI:spiffe://b`, where a name with a comma, a quotation
 * mark or a control character stands as a JSON string. What cannot be read is no name.
 */
export function alternativeNames(text: string): CertificateName[] {
  const names: CertificateName[] = [];
  const entry = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/gy;
  let end = 0;
  for (let found = entry.exec(text); found !== null; found = entry.exec(text)) {
    end = entry.lastIndex;
    const kind = KINDS.get(found[1] ?? "");
    const name = unquoted(found[2] ?? "");
    if (kind !== undefined && name !== "") names.push({ kind, name });
  }
  // Where reading stops, a name may have been taken for the separator of names.
  return end === text.length ? names : [];
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return "";
  }
}

/** Whether one of the names is allowed: exactly, or as the one label that `*.` stands for. */
export function isAllowed(names: readonly CertificateName[], allowed: readonly string[]): boolean {
  return names.some(({ kind, name }) => {
    if (kind === "uri") return allowed.includes(name);
    const lower = name.toLowerCase();
    const dot = lower.indexOf(".");
    const wild = kind === "email" || dot < 1 ? undefined : `*${lower.slice(dot)}`;
    return allowed.some((one) => one.toLowerCase() === lower || one.toLowerCase() === wild);
  });
}

/** Names for a person: "a.example, b.example and 3 more". */
export function spokenNames(names: readonly CertificateName[]): string {
  if (names.length === 0) return "no name";
  const shown = names
    .slice(0, MAX_SHOWN)
    .map(({ name }) => name.slice(0, 100))
    .join(", ");
  return names.length > MAX_SHOWN ? `${shown} and ${names.length - MAX_SHOWN} more` : shown;
}
