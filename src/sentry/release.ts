import { fitsBytes } from "./bounds.ts";

// Relay removes a release, environment or dist that breaks its rules (sentry-release-parser); these mend what can be
// mended: forbidden characters become "-", and what is too long is cut.

/** At most 200 bytes, none of `/ \` and control characters, not ".", ".." or "latest"; undefined when nothing is left. */
export function validRelease(text: string): string | undefined {
  const mended = mend(text, 200);
  return NO_RELEASE.has(mended.toLowerCase()) ? undefined : mended;
}

/** At most 64 bytes, none of `/ \` and control characters, not ".", ".." or "none"; undefined when nothing is left. */
export function validEnvironment(text: string): string | undefined {
  const mended = mend(text, 64);
  return NO_ENVIRONMENT.has(mended.toLowerCase()) ? undefined : mended;
}

/** At most 64 of A-Z a-z 0-9 _ . - ; undefined when nothing is left. */
export function validDist(text: string): string | undefined {
  const mended = text.trim().slice(0, 64).replace(NOT_DIST, "-");
  return mended === "" ? undefined : mended;
}

/** The first text that is valid once mended. */
export function firstValid(
  mend: (text: string) => string | undefined,
  ...texts: readonly (string | undefined)[]
): string | undefined {
  for (const text of texts) {
    const valid = text === undefined ? undefined : mend(text);
    if (valid !== undefined) return valid;
  }
  return undefined;
}

const NO_RELEASE = new Set(["", ".", "..", "latest"]);
const NO_ENVIRONMENT = new Set(["", ".", "..", "none"]);
// oxlint-disable-next-line no-control-regex -- control characters are what has to go
const FORBIDDEN = /[/\\\u0000-\u001f\u007f]/g;
const NOT_DIST = /[^A-Za-z0-9_.-]/g;

function mend(text: string, maxBytes: number): string {
  let mended = text
    .slice(0, 4 * maxBytes)
    .trim()
    .slice(0, maxBytes)
    .replace(FORBIDDEN, "-");
  while (!fitsBytes(mended, maxBytes)) mended = mended.slice(0, -1);
  return mended.trim();
}
