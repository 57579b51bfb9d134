import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Question {
  readonly id: number;
  readonly verb: string;
  readonly value: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A process of ours that does what it is asked: senders and trackers must not share a core's time with the test. */
export class Remote {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #ids = 0;

  /** @param file compiled, beside this one: "./senders-main.js" */
  constructor(file: string) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), { serialization: "advanced" });
    this.#child.on("message", (answer: Answer) => {
      const waiting = this.#open.get(answer.id);
      this.#open.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.value);
      else waiting?.reject(new Error(answer.error));
    });
    this.#child.on("exit", (code, signal) => {
      for (const { reject } of this.#open.values()) reject(new Error(`${file} ended with ${code ?? signal}`));
      this.#open.clear();
    });
  }

  /** Rejects with what the other process threw, or when it ends. */
  ask<Value>(verb: string, value?: unknown): Promise<Value> {
    this.#ids += 1;
    const id = this.#ids;
    return new Promise((resolve, reject) => {
      // Both ends are ours: a verb answers what its caller expects.
      this.#open.set(id, { resolve: (answer) => resolve(answer as Value), reject });
      this.#child.send({ id, verb, value } satisfies Question);
    });
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Answers the process that started this one, and ends with it. */
export function answering(verbs: Readonly<Record<string, (value: never) => unknown>>): void {
  process.on("disconnect", () => process.exit());
  process.on("message", (question: Question) => {
    void answerOf(verbs, question).then((answer) => process.send?.(answer));
  });
}

async function answerOf(
  verbs: Readonly<Record<string, (value: never) => unknown>>,
  { id, verb, value }: Question,
): Promise<Answer> {
  try {
    return { id, value: await verbs[verb]?.(value as never) };
  } catch (thrown) {
    return { id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}
