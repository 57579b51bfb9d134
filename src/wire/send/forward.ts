import { randomBytes } from "node:crypto";
import { createConnection, type Socket } from "node:net";
import type { Address } from "../../base/units.ts";
import { readHelo } from "../forward-greeting.ts";
import { attempt, type SentRecord } from "./attempt.ts";
import { ForwardGreeter, type ForwardCredentials } from "./forward-greeter.ts";

const TAG = "crumbtrail.send";
/** More than an acknowledgement or a greeting can be. */
const MAX_ANSWER_BYTES = 64 * 1_024;
const SALT_BYTES = 16;
const KEY_WANTED = "this input asks for a shared key; set CRUMBTRAIL_SHARED_KEY, or give --shared-key-file";

/**
 * Sends a record with the forward protocol: one event in Message mode that asks for an acknowledgement. Resolves when
 * the acknowledgement is there, which means that the record is safe. With credentials both sides show first that they
 * know the shared key; without them, an input that asks for one is an error.
 */
export async function sendForward(
  target: Address,
  record: SentRecord,
  timeoutMs: number,
  credentials?: ForwardCredentials,
): Promise<void> {
  const { decode, encode, ExtData } = await import("@msgpack/msgpack");
  const chunk = randomBytes(16).toString("base64");
  const { message, severity, host } = record;
  const event = encode([TAG, new ExtData(0, eventTime(record.timeMs)), { message, level: severity, host }, { chunk }]);
  // A name of its own: a forward server refuses a sender that is called as itself.
  const greeter =
    credentials && new ForwardGreeter(credentials, `crumbtrail-send.${host}`, randomBytes(SALT_BYTES).toString("hex"));
  const socket = createConnection({ host: target.host, port: target.port });
  try {
    await attempt({ target, timeoutMs, silence: () => silenceOf(greeter) }, (resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the connection was closed before the record was acknowledged")));
      if (greeter === undefined) socket.write(event);
      onAnswer(socket, (bytes) => {
        if (greeter === undefined && typeof readHelo(bytes) === "object") throw new Error(KEY_WANTED);
        if (greeter === undefined || greeter.done) return acknowledged(decode(bytes), bytes.length, { chunk, resolve });
        const progress = greeter.next(bytes);
        if (progress?.reply !== undefined) socket.write(progress.reply);
        if (greeter.done) socket.write(event);
        return progress?.used ?? 0;
      });
    });
  } finally {
    socket.destroy();
  }
}

/** What to say of a server that says nothing; undefined: nothing in particular. */
function silenceOf(greeter: ForwardGreeter | undefined): string | undefined {
  return greeter === undefined || greeter.done ? undefined : greeter.silence;
}

/** Forward's EventTime: seconds and nanoseconds as two big-endian 32-bit numbers. */
function eventTime(timeMs: number): Uint8Array {
  const seconds = Math.floor(timeMs / 1_000);
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(seconds, 0);
  bytes.writeUInt32BE(Math.floor((timeMs - seconds * 1_000) * 1e6), 4);
  return bytes;
}

/** Calls `use` with the bytes that it has not taken, until it takes none or throws a RangeError for lack of the rest. */
function onAnswer(socket: Socket, use: (bytes: Buffer) => number): void {
  let bytes = Buffer.alloc(0);
  socket.on("data", (part: Buffer) => {
    bytes = Buffer.concat([bytes, part]);
    try {
      for (let used = -1; used !== 0 && bytes.length > 0; bytes = bytes.subarray(used)) used = use(bytes);
      if (bytes.length > MAX_ANSWER_BYTES) throw new Error("the answer is longer than any can be");
    } catch (error) {
      // The rest of the answer is still under way: a RangeError of the decoder.
      if (!(error instanceof RangeError) || bytes.length > MAX_ANSWER_BYTES) socket.destroy(error as Error);
    }
  });
}

/** Looks whether an answer of `length` bytes acknowledges `chunk`. Throws an error for a person when it does not. */
function acknowledged(answer: unknown, length: number, wait: { readonly chunk: string; resolve(): void }): number {
  const ack = typeof answer === "object" && answer !== null && "ack" in answer ? answer.ack : undefined;
  if (ack !== wait.chunk) throw new Error("the relay answered with something that is no acknowledgement");
  wait.resolve();
  return length;
}
