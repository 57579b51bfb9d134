// What PHP prints on standard error, as FastCGI servers pass it on: "PHP message: PHP Warning:  Undefined variable $x in ...",
// several of them in one text, a stack trace below an uncaught exception.

/** One message of PHP. */
export interface PhpMessage {
  /** Without "PHP message: ", its trace included. */
  readonly text: string;
  /** As PHP calls it; undefined for what a program wrote itself. */
  readonly level: "error" | "warning" | "notice" | undefined;
}

const MAX_MESSAGES = 64;
const BEGIN = /(?:^|\n|; )PHP message: /g;
const LEVEL =
  /^PHP (?:(Recoverable fatal|Catchable fatal|Fatal|Parse|Core|Compile) error|((?:Core |Compile |User )?Warning)|((?:User )?Notice|Deprecated|Strict Standards)):/i;

/** The messages of a text, in order; none when PHP did not write it. */
export function phpMessagesOf(text: string): readonly PhpMessage[] {
  const starts = Array.from(text.matchAll(BEGIN), ({ 0: { length }, index }) => ({ index, from: index + length }));
  if (starts.length === 0) {
    const said = text.trim();
    return LEVEL.test(said) ? [messageOf(said)] : [];
  }
  return starts.slice(0, MAX_MESSAGES).map(({ from }, i) => messageOf(text.slice(from, starts[i + 1]?.index).trim()));
}

/** The first of the worst messages; what a program wrote itself counts as an error. Undefined when there is none. */
export function worstOf(messages: readonly PhpMessage[]): PhpMessage | undefined {
  const rank = ({ level }: PhpMessage): number => (level === "notice" ? 2 : level === "warning" ? 1 : 0);
  return messages.toSorted((a, b) => rank(a) - rank(b))[0];
}

function messageOf(text: string): PhpMessage {
  const [, error, warning, notice] = LEVEL.exec(text) ?? [];
  const level = error !== undefined ? "error" : warning !== undefined ? "warning" : notice !== undefined ? "notice" : undefined;
  return { text, level };
}

/** What a FastCGI server wrote to standard error, in a message of nginx; undefined in any other. */
export function fastCgiStderr(message: string): string | undefined {
  const mark = 'FastCGI sent in stderr: "';
  if (!message.startsWith(mark)) return undefined;
  const end = message.lastIndexOf('" while ');
  return message.slice(mark.length, end < mark.length ? undefined : end);
}
