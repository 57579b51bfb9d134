import type { IncomingHttpHeaders } from "node:http";

export interface Auth {
  readonly key: string;
  readonly secret: string | undefined;
  readonly client: string | undefined;
}

/** Who sends, when exactly one carrier says so; undefined when none does, or more than one, or in a wrong form. */
export function authOf(headers: IncomingHttpHeaders, query: URLSearchParams): Auth | undefined {
  const own = headers["x-sentry-auth"];
  const standard = headers.authorization?.toLowerCase().startsWith("sentry ") === true ? headers.authorization : undefined;
  const carriers = [typeof own === "string" ? own : undefined, standard].filter((carrier) => carrier !== undefined);
  const asked = query.get("sentry_key");
  if (carriers.length + (asked === null ? 0 : 1) !== 1) return undefined;
  if (asked !== null)
    return { key: asked, secret: query.get("sentry_secret") ?? undefined, client: query.get("sentry_client") ?? undefined };
  const written = /^sentry (.*)$/i.exec(carriers[0] ?? "")?.[1] ?? "";
  const parts = new Map(
    written.split(",").map((part) => [part.slice(0, part.indexOf("=")).trim(), part.slice(part.indexOf("=") + 1).trim()]),
  );
  const key = parts.get("sentry_key");
  if (key === undefined || key === "" || parts.get("sentry_version") !== "7") return undefined;
  return { key, secret: parts.get("sentry_secret"), client: parts.get("sentry_client") };
}
