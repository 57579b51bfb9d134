import type { ForwardFault, ForwardMessage } from "./forward-message.ts";

const MAX_IN_A_ROW = 100;

/** Gives a stream up that carries nothing but messages which cannot be read: each costs us more than its sender. */
export class ForwardPatience {
  #inARow = 0;

  /** The fault that a message brings about; undefined as long as it may be an exception. */
  after(message: ForwardMessage): ForwardFault | undefined {
    this.#inARow = message.body.kind === "malformed" ? this.#inARow + 1 : 0;
    if (this.#inARow < MAX_IN_A_ROW) return undefined;
    const text = `${MAX_IN_A_ROW} messages in a row that could not be read; the connection was closed`;
    return { outcome: "malformed", cause: "not_forward", message: text };
  }
}
