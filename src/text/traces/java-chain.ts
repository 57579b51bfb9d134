import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { exceptionOf, MAX_VALUES, messageOf, oldestFirst, splitName } from "./dialect.ts";

// Exceptions as Java's loggers print them: "Suppressed:" stands deeper than what it was suppressed in, and "Caused by:" as
// deep as what it caused, so that the white space before a line says whose it is.

/** One exception as printed. */
export interface Thrown {
  readonly type: string | undefined;
  readonly value: string[];
  /** Newest call first. */
  readonly frames: Frame[];
  /** How many frames more it shares with the exception around it. */
  omitted: number;
}

interface Node {
  readonly thrown: Thrown;
  cause?: Node;
  readonly suppressed: Node[];
}

interface Level {
  readonly indent: number;
  /** The exception whose cause, or whose wrapper, would come next at this indent. */
  node: Node;
}

/** The exceptions of one trace, while it is read from its first line on. */
export class Chain {
  #outermost: Node;
  /** From the margin inwards; never empty. */
  readonly #open: Level[];
  #size = 1;

  constructor(thrown: Thrown, indent: number) {
    this.#outermost = { thrown, suppressed: [] };
    this.#open = [{ indent, node: this.#outermost }];
  }

  suppresses(thrown: Thrown, indent: number): void {
    if (this.#isFull()) return;
    const node: Node = { thrown, suppressed: [] };
    const { indent: outer, node: around } = this.#close(indent - 1);
    around.suppressed.push(node);
    // Where white space was lost on the way, a cause that follows is rather that of the exception around.
    if (indent > outer) this.#open.push({ indent, node });
  }

  isCausedBy(thrown: Thrown, indent: number): void {
    if (this.#isFull()) return;
    const level = this.#close(indent);
    level.node.cause = { thrown, suppressed: [] };
    level.node = level.node.cause;
  }

  /** For what prints the root cause first. */
  isWrappedBy(thrown: Thrown, indent: number): void {
    if (this.#isFull()) return;
    const level = this.#close(indent);
    const cause = level.node;
    level.node = { thrown, suppressed: [], cause };
    const around = this.#open.at(-2)?.node.suppressed;
    if (around === undefined) this.#outermost = level.node;
    else around[around.length - 1] = level.node;
  }

  /** In the order in which the SDK sends them: what wraps, or suppressed, another one stands behind it. */
  values(): ExceptionValue[] {
    const values: ExceptionValue[] = [];
    collect(this.#outermost, [], values);
    return values.toReversed();
  }

  /** The innermost exception that a line of this indent may speak of; deeper ones have ended. */
  #close(indent: number): Level {
    let last = this.#open.at(-1);
    while (last !== undefined && last.indent > indent && this.#open.length > 1) {
      this.#open.pop();
      last = this.#open.at(-1);
    }
    return last ?? { indent, node: this.#outermost };
  }

  #isFull(): boolean {
    this.#size += 1;
    return this.#size > MAX_VALUES;
  }
}

/** "... 3 more" are the last three frames of the exception around. */
function collect({ thrown, suppressed, cause }: Node, around: readonly Frame[], values: ExceptionValue[]): void {
  const { frames, omitted } = thrown;
  if (omitted > 0 && omitted <= around.length) frames.push(...around.slice(-omitted).map((frame) => ({ ...frame })));
  const { module, name } = splitName(thrown.type ?? "");
  const value = messageOf(thrown.value);
  // Where there is no message, logback prints this one.
  values.push(exceptionOf(name, value === "null" ? undefined : value, oldestFirst(frames), module));
  for (const node of suppressed) collect(node, frames, values);
  if (cause !== undefined) collect(cause, frames, values);
}
