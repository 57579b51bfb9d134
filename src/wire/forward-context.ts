import type PQueue from "p-queue";
import type { InputHost } from "../component/host.ts";
import type { PeerRates } from "./access/peer-rates.ts";
import type { Acknowledged } from "./acknowledged.ts";
import type { AnswerDeadline } from "./answer-deadline.ts";
import type { CarryBudget } from "./carry.ts";

/** What all connections of one input share. */
export interface ForwardContext {
  readonly host: InputHost;
  /** How much each sender sends; undefined: no sender is limited. */
  readonly rates?: PeerRates | undefined;
  readonly acknowledged: Acknowledged;
  /** How long a chunk may take to become safe. */
  readonly deadline: AnswerDeadline;
  /** What the intake may hold of chunks that were given up; beyond it chunks are refused before they get there. */
  readonly maxOverdueBytes: number;
  /** What unfinished messages may hold, over all connections. */
  readonly budget: CarryBudget;
  /** What lines may hold that Docker split and whose last part has not come. */
  readonly lineBudget: CarryBudget;
  /** Lets only so many messages be unpacked at once. */
  readonly unpacking: PQueue;
  readonly maxMessageBytes: number;
  readonly maxDecompressedBytes: number;
  /** How long the next part of a line that Docker split may take. */
  readonly partTimeoutMs: number;
}
