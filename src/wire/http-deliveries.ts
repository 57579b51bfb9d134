import { createHash, randomUUID } from "node:crypto";
import type { InputHost } from "../component/host.ts";
import { AnswerDeadline } from "./answer-deadline.ts";
import { NOT_SAFE, type HttpAnswer, type HttpPost } from "./http-post.ts";

/** Bodies remembered at once that were not safe in time. */
const CAPACITY = 10_000;

/** A delivery under way. */
export interface Delivery {
  /** What to tell the sender; comes in time. */
  readonly answer: Promise<HttpAnswer>;
  /** Settles when the intake holds nothing of it any more. */
  readonly done: Promise<unknown>;
}

/**
 * Sees to it that requests are answered in time. HTTP gives a body no name, so one that fails is remembered by its bytes
 * and its sender, and their next delivery is taken for its repetition: what was taken the first time is a duplicate then,
 * which the tracker drops.
 */
export class HttpDeliveries {
  readonly #host: InputHost;
  readonly #deadline: AnswerDeadline;
  /** Positions of what failed, by sender and hash. */
  readonly #failed = new Map<string, string>();

  constructor(host: InputHost, ackTimeoutMs: number) {
    this.#host = host;
    this.#deadline = new AnswerDeadline(host.clock, ackTimeoutMs);
  }

  /** Requests that were given up and that the intake still works on. */
  get overdue(): number {
    return this.#deadline.overdue;
  }

  begin(post: (post: HttpPost) => Promise<HttpAnswer>, request: Omit<HttpPost, "position" | "untilMs">): Delivery {
    const untilMs = this.#deadline.untilMs();
    const position = this.#positionOf(request);
    const done = post({ ...request, position, untilMs });
    const inTime = new Promise<HttpAnswer>((resolve, reject) => {
      const answered = this.#deadline.watch({ untilMs, late: () => resolve(NOT_SAFE) });
      done.then(resolve, reject).finally(answered);
    });
    return { done, answer: inTime.then((answer) => this.#noted(answer, request, position)) };
  }

  #positionOf(request: Pick<HttpPost, "body" | "peer">): string {
    if (this.#failed.size === 0) return randomUUID();
    const key = keyOf(request);
    const position = this.#failed.get(key);
    this.#failed.delete(key);
    return position ?? randomUUID();
  }

  #noted(answer: HttpAnswer, request: Pick<HttpPost, "body" | "peer">, position: string): HttpAnswer {
    if (answer !== NOT_SAFE) return answer;
    const { peer } = request;
    const text = `a request was not safe in the queue within ${this.#deadline.name}; it was answered 503, so that its sender sends it again`;
    this.#host.complain({ cause: "not_safe_in_time", peer, message: text });
    this.#failed.set(keyOf(request), position);
    const [oldest] = this.#failed.size > CAPACITY ? this.#failed.keys() : [];
    if (oldest !== undefined) this.#failed.delete(oldest);
    return answer;
  }
}

function keyOf({ body, peer }: Pick<HttpPost, "body" | "peer">): string {
  return `${peer} ${createHash("sha256").update(body).digest("base64")}`;
}
