import { connect, type ClientHttp2Session } from "node:http2";
import { messageOf, RelayError } from "../../base/errors.ts";
import { formatAddress, type Address } from "../../base/units.ts";
import { attempt, type SentRecord } from "./attempt.ts";

/**
 * Sends a record to a gRPC input with LogRelay/Send. Resolves when the acknowledgement is there, which means that the
 * record is safe. One call needs little of gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), and
 * the client of grpc-js cannot let go of a connection on which nobody answers.
 */
export async function sendGrpc(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  const { loadLogRelay } = await import("../grpc-proto.ts");
  const method = (await loadLogRelay()).service["Send"];
  if (method === undefined) throw new RelayError("RELAY_BUG", "the proto file defines no method Send");
  const seconds = Math.floor(record.timeMs / 1_000);
  const time = { seconds, nanos: Math.round((record.timeMs - seconds * 1_000) * 1e6) };
  const { message, severity, host } = record;
  const batch = method.requestSerialize({ records: [{ time, severity, message, host }] });
  const session = connect(`http://${formatAddress(target)}`);
  try {
    await attempt({ target, timeoutMs }, (resolve, reject) => {
      session.on("error", reject);
      session.on("close", () => reject(new Error("the connection was closed before the record was acknowledged")));
      const answered = ({ status, text, message: answer }: Answer): void => {
        if (Number.isNaN(status)) return reject(new Error(`this is no gRPC service (${text})`));
        if (status !== 0) return reject(new Error(`gRPC status ${status}: ${text}`));
        const trouble = troubleWith(() => method.responseDeserialize(answer));
        return trouble === undefined ? resolve() : reject(new Error(trouble));
      };
      session.on("connect", () => call(session, { path: method.path, message: batch, timeoutMs }, answered));
    });
  } finally {
    session.destroy();
  }
}

/** What keeps an answer from being the acknowledgement of one record; undefined when it is that. */
function troubleWith(read: () => object): string | undefined {
  try {
    const ack = read();
    if ("accepted" in ack && ack.accepted === 1) return undefined;
    return `the relay answered ${JSON.stringify(ack)}, which is not that it accepted one record`;
  } catch (error) {
    return `the answer is no crumbtrail.v1.Ack: ${messageOf(error)}`;
  }
}

interface Request {
  readonly path: string;
  readonly message: Buffer;
  readonly timeoutMs: number;
}

interface Answer {
  /** The gRPC status; NaN when the peer does not speak gRPC. */
  readonly status: number;
  readonly text: string;
  /** The bytes of the message. */
  readonly message: Buffer;
}

/** Bytes before a message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/** One unary call. What goes wrong with the connection is told by the session. */
function call(session: ClientHttp2Session, { path, message, timeoutMs }: Request, done: (answer: Answer) => void): void {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": `${Math.min(99_999_999, Math.ceil(timeoutMs))}m`,
  });
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
  const chunks: Buffer[] = [];
  // An error without a message comes in the headers, any other status after it.
  let last: Readonly<Record<string, unknown>> = {};
  const remember = (headers: object): void => {
    last = { ...last, ...headers };
  };
  stream.on("response", remember);
  stream.on("trailers", remember);
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A reset is told by the status, or by its absence.
  stream.on("error", () => {});
  stream.on("close", () => {
    const text = typeof last["grpc-message"] === "string" ? last["grpc-message"] : `HTTP status ${String(last[":status"])}`;
    done({ status: Number(last["grpc-status"] ?? Number.NaN), text, message: Buffer.concat(chunks).subarray(PREFIX_BYTES) });
  });
}
