import { randomBytes } from "node:crypto";
import { createConnection, type Socket } from "node:net";
import { messageOf } from "../../base/errors.ts";
import type { Address } from "../../base/units.ts";
import { attempt, type SentRecord } from "./attempt.ts";

const TAG = "crumbtrail.send";
/** More than an acknowledgement or a greeting can be. */
const MAX_ANSWER_BYTES = 64 * 1_024;

/**
 * Sends a record with the forward protocol: one event in Message mode that asks for an acknowledgement. Resolves when
 * the acknowledgement is there, which means that the record is safe. Does not know a shared key.
 */
export async function sendForward(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  const { decode, encode, ExtData } = await import("@msgpack/msgpack");
  const chunk = randomBytes(16).toString("base64");
  const { message, severity, host } = record;
  const event = encode([TAG, new ExtData(0, eventTime(record.timeMs)), { message, level: severity, host }, { chunk }]);
  const socket = createConnection({ host: target.host, port: target.port });
  try {
    await attempt({ target, timeoutMs }, (resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the connection was closed before the record was acknowledged")));
      socket.write(event);
      onAnswer(socket, (answer) => {
        const trouble = complaintAbout(decode(answer), chunk);
        if (trouble === undefined) resolve();
        else reject(new Error(trouble));
      });
    });
  } finally {
    socket.destroy();
  }
}

/** Forward's EventTime: seconds and nanoseconds as two big-endian 32-bit numbers. */
function eventTime(timeMs: number): Uint8Array {
  const seconds = Math.floor(timeMs / 1_000);
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(seconds, 0);
  bytes.writeUInt32BE(Math.floor((timeMs - seconds * 1_000) * 1e6), 4);
  return bytes;
}

/** Calls back with the bytes so far, again with each piece, until `use` no longer throws for lack of the rest. */
function onAnswer(socket: Socket, use: (bytes: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on("data", (part: Buffer) => {
    bytes = Buffer.concat([bytes, part]);
    try {
      use(bytes);
    } catch (error) {
      // The rest of the answer is still under way: a RangeError of the decoder.
      if (!(error instanceof RangeError) || bytes.length > MAX_ANSWER_BYTES) socket.destroy(new Error(messageOf(error)));
    }
  });
}

/** What an answer says that is no acknowledgement of `chunk`; undefined when it is one. */
function complaintAbout(answer: unknown, chunk: string): string | undefined {
  if (Array.isArray(answer) && answer[0] === "HELO") {
    return "the relay asks for a shared key, which this command does not know; send to another input";
  }
  const ack = typeof answer === "object" && answer !== null && "ack" in answer ? answer.ack : undefined;
  return ack === chunk ? undefined : "the relay answered with something that is no acknowledgement";
}
