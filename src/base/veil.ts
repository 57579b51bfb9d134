/** Shorter texts are not looked for: the password "a" must not eat the letters of everything that is said. */
const MIN_CHARS = 6;
const COVERED = "***";

/**
 * The last line of defence for secrets: whatever this process logs, prints or answers about itself passes through here, and
 * texts that are known to be secret leave it as `***`. That messages hold none in the first place is their writers' business.
 */
export class Veil {
  /** Spellings, the longest first, so that none is found as a part of another. */
  #sought: readonly string[] = [];

  /** Keys of DSNs, tokens, passwords: from now on none of them is shown. */
  cover(secrets: Iterable<string>): void {
    const sought = new Set(this.#sought);
    for (const secret of secrets) if (secret.length >= MIN_CHARS) for (const spelling of spellings(secret)) sought.add(spelling);
    this.#sought = [...sought].toSorted((a, b) => b.length - a.length);
  }

  over(text: string): string {
    let covered = text;
    for (const secret of this.#sought) if (covered.includes(secret)) covered = covered.replaceAll(secret, COVERED);
    return covered;
  }
}

/** As it is, inside a JSON text, inside a URL. */
function spellings(secret: string): readonly string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  try {
    return [secret, quoted, encodeURIComponent(secret)];
  } catch {
    // Half a surrogate pair is in no URL.
    return [secret, quoted];
  }
}

/** Of this thread. */
export const veil = new Veil();
