import { posix } from "node:path";

/** What rotation puts behind a name or before its extension: a number, a date, a time. */
const MARK = /^[-._~]?[\dTZ:_.+-]{1,40}$/;

/**
 * Whether a file of this name may be what became of another one when it was rotated: `app.log.1`, `app.log-20260102.gz`,
 * `app-20260102.log`, `0.log.20260102-030405`, `app.log.old`.
 */
export function isRotatedName(original: string, name: string): boolean {
  if (name === original) return false;
  if (name.startsWith(original) && /^[-._~]/.test(name.slice(original.length))) return true;
  const plain = name.endsWith(".gz") ? name.slice(0, -".gz".length) : name;
  const extension = posix.extname(original);
  const stem = original.slice(0, original.length - extension.length);
  if (stem === "" || extension === "" || !plain.startsWith(stem) || !plain.endsWith(extension)) return false;
  return MARK.test(plain.slice(stem.length, plain.length - extension.length));
}
