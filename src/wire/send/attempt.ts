import { codeOf, messageOf, RelayError } from "../../base/errors.ts";
import { formatAddress, formatDuration, type Address } from "../../base/units.ts";

/** The record that `crumbtrail send` makes. */
export interface SentRecord {
  readonly message: string;
  /** trace, debug, info, notice, warning, error or fatal. */
  readonly severity: string;
  readonly host: string;
  /** Unix milliseconds. */
  readonly timeMs: number;
}

/** Where a record goes, and how long that may take in milliseconds. */
export interface Attempt {
  readonly target: Address;
  readonly timeoutMs: number;
  /** What silence means, where more can be said of it than how long it was. */
  readonly silence?: () => string | undefined;
}

/** Runs one conversation; what goes wrong in it, and silence for too long, becomes a RelayError with words for a person. */
export async function attempt(
  { target, timeoutMs, silence }: Attempt,
  converse: (resolve: () => void, reject: (reason: Error) => void) => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const late = (): void => {
        const meaning = silence?.();
        reject(new Error(`no answer within ${formatDuration(timeoutMs)}${meaning === undefined ? "" : `: ${meaning}`}`));
      };
      timer = setTimeout(late, timeoutMs);
      converse(resolve, reject);
    });
  } catch (error) {
    throw unavailable(target, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The error for a relay that cannot be talked to. */
export function unavailable(target: Address, thrown: unknown): RelayError {
  const where = formatAddress(target);
  const text = codeOf(thrown) === "ECONNREFUSED" ? `nobody listens on ${where}` : `${where}: ${messageOf(thrown)}`;
  return new RelayError("RELAY_UPSTREAM_UNAVAILABLE", text, { cause: thrown });
}
