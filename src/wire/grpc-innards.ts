import { constants, type Http2Session, type ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";

// Things that grpc-js has no option for: two that cost a third of the speed of unary calls, and two that bound what messages
// hold that have not come in whole. Its calls hold what is needed in fields of their own, of which nothing is promised: each
// may be missing, and then things stay as they were.

/** What is there in the calls of grpc-js 1. */
interface Innards {
  readonly decoder?: Decoder;
  readonly stream?: ServerHttp2Stream;
}

interface Decoder {
  readonly readState?: unknown;
  readPartialMessage?: unknown;
  readCompressFlag?: unknown;
}

/** A decoder between two messages. */
const NO_DATA = 0;
/** Bytes that a connection may have under way. Each call has its own window beside it, which bounds what is not read. */
const WINDOW_BYTES = 1 << 20;
const NOTHING = Buffer.alloc(0);
/** How long a sender may take to read the answer to a call that it has not ended. */
const READ_ANSWER_MS = 1_000;

const widened = new WeakSet<Http2Session>();

/**
 * Lets a call's decoder forget the frames of the message that it has delivered. It holds them until the next one, and a
 * unary call outlives its message by far: the garbage collector finds the frames of all calls only once it marks the whole
 * heap, which their size then makes it do all the time.
 */
export function forgetFrames(call: ServerInterceptingCallInterface): void {
  const { decoder } = call as Innards;
  // The beginning of the next message may be there already.
  if (decoder?.readState !== NO_DATA || !Array.isArray(decoder.readPartialMessage)) return;
  decoder.readPartialMessage = [];
  decoder.readCompressFlag = NOTHING;
}

/** Tells of the bytes of a call as they come, before grpc-js sees them. */
export function watchData(call: ServerInterceptingCallInterface, arrived: (bytes: number) => void): void {
  // Not `on`, which would have the stream read before it is asked to.
  (call as Innards).stream?.prependListener("data", (bytes: Buffer) => arrived(bytes.length));
}

/** Lets go of a message that has not come in whole, and reads no more: the call can only be ended after it. */
export function forgetPartial(call: ServerInterceptingCallInterface): void {
  const { decoder, stream } = call as Innards;
  stream?.pause();
  if (Array.isArray(decoder?.readPartialMessage)) decoder.readPartialMessage = [];
}

/**
 * Closes the stream of a call that was answered before its sender had ended it, as RFC 9113, 8.1 has it. grpc-js leaves it open
 * until the sender ends it too, so that one who never does could have any number of them forgotten, and held. Most senders
 * do so once they have read the answer, which a reset that comes at once would take from them.
 */
export function closeStream(call: ServerInterceptingCallInterface): void {
  const { stream } = call as Innards;
  if (stream === undefined || stream.closed || stream.destroyed) return;
  const closing = setTimeout(() => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    // What it has sent and was not read would keep it from being over.
    stream.resume();
  }, READ_ANSWER_MS).unref();
  stream.once("close", () => clearTimeout(closing));
}

/**
 * Opens the window of a call's connection, which HTTP/2 begins with 64 KiB for all calls together, so that senders of
 * several batches at once wait for each other.
 */
export function widenWindow(call: ServerInterceptingCallInterface): void {
  const session = (call as Innards).stream?.session;
  if (session === undefined || session.destroyed || widened.has(session)) return;
  widened.add(session);
  session.setLocalWindowSize(WINDOW_BYTES);
}
