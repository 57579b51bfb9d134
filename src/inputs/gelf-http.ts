import { setImmediate as turn } from "node:timers/promises";
import * as z from "zod";
import { excerpt } from "../base/complaints.ts";
import { formatAddress, formatBytes } from "../base/units.ts";
import { gelf } from "../codec/gelf.ts";
import { httpAccess } from "../component/access.ts";
import { authFields } from "../component/auth.ts";
import { isMalformed } from "../component/codec.ts";
import { byteSize, duration, listen } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import { defineInput } from "../component/spec.ts";
import { tlsFields } from "../component/tls.ts";
import { frameCount } from "../record/batch.ts";
import type { Provenance } from "../record/provenance.ts";
import type { Outcome } from "../record/outcome.ts";
import { Access } from "../wire/access/access.ts";
import { Credentials } from "../wire/access/credentials.ts";
import { GelfBody } from "../wire/gelf-body.ts";
import { COME_BACK, NOT_SAFE, type HttpAnswer, type HttpPost } from "../wire/http-post.ts";
import { HttpServer } from "../wire/http-server.ts";
import { inflate } from "../wire/inflate.ts";

const fields = z.object({
  listen: listen("127.0.0.1:12202").describe("Address to bind; messages go to POST /gelf."),
  ...tlsFields,
  ...authFields,
  ...httpAccess,
  max_body_bytes: byteSize("8MiB").describe("Largest body as sent; a larger one gets 413 and is counted `too_large`."),
  max_decompressed_bytes: byteSize("32MiB").describe("Largest body after decompression; a larger one gets 413 as well."),
  max_message_bytes: byteSize("2MiB").describe(
    "Longest message in a body; a longer one is counted `too_large`, its neighbours are kept.",
  ),
  max_pending_bytes: byteSize("128MiB").describe("Bytes of all bodies that wait; beyond it senders get 503 and may come back."),
  ack_timeout: duration("30s").describe(
    "How long a body may take to become safe in the queue; one that takes longer gets 503, so that its sender sends it again.",
  ),
  max_connections: z.int().min(1).default(4_096).describe("Connections held at once; more are closed on arrival."),
  idle_timeout: duration("60s").describe("A connection without a byte for so long is closed, unless it waits for its answer."),
  max_header_bytes: byteSize("16KiB").describe("Largest header of a request, its first line included; a larger one gets 431."),
  max_headers: z.int().min(1).max(1_000).default(100).describe("Header fields of a request; one with more gets 431."),
  header_timeout: duration("30s").describe(
    "How long the header of a request may take to come in; then its connection is closed.",
  ),
  request_timeout: duration("5m").describe("How long a whole request may take to come in; then its connection is closed."),
  cors_origins: z.array(z.string().min(1)).default([]).describe('Origins whose web pages may send; "*" for all. Empty: none.'),
});

type Config = z.output<typeof fields>;

/** Messages handed over at once. Between two such batches the event loop serves others. */
const BATCH = 1_024;

export const gelfHttp = defineInput({
  type: "gelf_http",
  summary: "Receives GELF over HTTP: POST /gelf with one message, an array of them, or one to a line; gzip or zlib too.",
  stability: "stable",
  config: fields,
  examples: [{ listen: "127.0.0.1:0" }, { listen: "0.0.0.0:12202", cors_origins: ["https://shop.example"] }],
  claims: (config) => [`tcp:${formatAddress(config.listen)}`],
  create: (config, host) => {
    const access = new Access(config, host);
    return new HttpServer({
      address: config.listen,
      maxConnections: config.max_connections,
      idleTimeoutMs: config.idle_timeout,
      ackTimeoutMs: config.ack_timeout,
      maxBodyBytes: config.max_body_bytes,
      maxPendingBytes: config.max_pending_bytes,
      corsOrigins: config.cors_origins,
      headers: {
        maxBytes: config.max_header_bytes,
        maxCount: config.max_headers,
        timeoutMs: config.header_timeout,
        requestTimeoutMs: config.request_timeout,
      },
      tls: config.tls,
      access,
      credentials: config.auth === undefined ? undefined : new Credentials(config.auth),
      host,
      posts: new Map([["/gelf", (post) => takeBody(post, config, { host, access })]]),
    });
  },
});

const ACCEPTED: HttpAnswer = { status: 202 };

interface Behind {
  readonly host: InputHost;
  readonly access: Access;
}

async function takeBody(post: HttpPost, config: Config, behind: Behind): Promise<HttpAnswer> {
  const { host } = behind;
  const { body, peer } = post;
  const refused = (status: number, outcome: Outcome | undefined, error: string): HttpAnswer => {
    if (outcome !== undefined) host.refuse(outcome);
    host.complain({ cause: status === 413 ? "too_large" : "no_message", peer, message: `request refused: ${error}` });
    return { status, error };
  };
  const opened = inflate(body, config.max_decompressed_bytes);
  if (opened === "too_large") {
    const limit = `${formatBytes(config.max_decompressed_bytes)} (max_decompressed_bytes)`;
    return refused(413, "too_large", `the body unpacks to more than ${limit} or to a thousand times its size`);
  }
  if (!(opened instanceof Uint8Array)) return refused(400, "malformed", `the body is ${opened.malformed}`);
  if (opened !== body && !post.hold(opened.length)) return COME_BACK;
  const from = { input: host.name, peer, receivedMs: host.clock.nowMs(), tag: "", labels: host.labels, metadata: undefined };
  const taken = await takeMessages(new GelfBody(opened, config.max_message_bytes), { post, from }, behind);
  if (taken === undefined) return NOT_SAFE;
  const tooLong = `a message is over ${formatBytes(config.max_message_bytes)} (max_message_bytes)`;
  if (taken.tooLarge > 0) {
    host.refuse("too_large", taken.tooLarge);
    host.complain({ cause: "too_large", peer, message: `${tooLong}; it was dropped, its neighbours were kept` });
  }
  if (taken.accepted > 0 || taken.passed > 0) return ACCEPTED;
  if (taken.first !== undefined) return refused(400, undefined, whatIsWrong(taken.first, from));
  return taken.tooLarge > 0 ? { status: 413, error: tooLong } : refused(400, undefined, "the body holds no message");
}

interface Taken {
  /** Records decoded. */
  accepted: number;
  /** Frames that were neither a record nor a mistake. */
  passed: number;
  tooLarge: number;
  /** The first frame of the body; undefined when it has none. */
  first: Buffer | undefined;
}

/** Resolves when every message of a body is safe, or accounted for; with undefined when one is not in time. */
async function takeMessages(
  body: GelfBody,
  { post, from }: { readonly post: HttpPost; readonly from: Provenance },
  { host, access }: Behind,
): Promise<Taken | undefined> {
  const { untilMs } = post;
  let batch = 0;
  const held: Promise<boolean>[] = [];
  const taken: Taken = { accepted: 0, passed: 0, tooLarge: 0, first: undefined };
  for (let frames = body.next(BATCH); frames !== undefined; frames = body.next(BATCH)) {
    if (taken.first === undefined) taken.first = frames.bytes.subarray(frames.bounds[0], frames.bounds[1]);
    else await turn();
    access.rates?.records(from.peer, frameCount(frames));
    const receipt = await host.intake({ codec: "gelf", from, frames, position: `${post.position}\0${batch}`, untilMs });
    batch += 1;
    if (!receipt.safe) return undefined;
    taken.accepted += receipt.accepted;
    taken.passed += frameCount(frames) - receipt.accepted - receipt.malformed;
    if (receipt.held !== undefined) held.push(receipt.held);
  }
  taken.tooLarge = body.tooLarge;
  const safe = await Promise.all(held);
  return safe.every(Boolean) ? taken : undefined;
}

/** For a sender whose body held nothing that is a record. */
function whatIsWrong(frame: Buffer, from: Provenance): string {
  const decoded = gelf.decode(frame, 0, frame.length, from);
  const why = isMalformed(decoded) ? decoded.malformed : "no record";
  return `${why}; the body begins with ${excerpt(frame)}`;
}
