import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  logVerbosity,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  setLogVerbosity,
  type ServerInterceptingCallInterface,
  type ServerListener,
} from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import { aborted } from "../base/abort.ts";
import type { Component } from "../base/lifecycle.ts";
import { formatAddress, type Address } from "../base/units.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import type { TlsFiles } from "../component/tls.ts";
import type { Access } from "./access/access.ts";
import { PeerCalls } from "./access/peer-calls.ts";
import type { Credentials } from "./access/credentials.ts";
import { Acknowledged } from "./acknowledged.ts";
import { AnswerDeadline } from "./answer-deadline.ts";
import { RelayCall, type CallContext } from "./grpc-call.ts";
import { GrpcAdmission } from "./grpc-admission.ts";
import { DRAINING } from "./grpc-endings.ts";
import { GrpcConnections } from "./grpc-connections.ts";
import { loadLogRelay, LOG_RELAY, rawService, SEND_PATH, STREAM_PATH } from "./grpc-proto.ts";
import { CALL_BYTES, NO_ROOM_FOR_CALL, noRoom } from "./grpc-room.ts";
import { ReadBudget } from "./read-budget.ts";

export interface GrpcServerOptions {
  readonly address: Address;
  readonly host: InputHost;
  readonly access: Access;
  /** Undefined: calls need no `authorization`. */
  readonly credentials: Credentials | undefined;
  readonly maxConnections: number;
  readonly maxConcurrentStreams: number;
  /** Calls of one sender at once, over all its connections. */
  readonly maxCallsPerPeer: number;
  readonly maxMessageBytes: number;
  readonly maxMetadataBytes: number;
  readonly maxPendingBytes: number;
  /** Close a connection without calls after so long. */
  readonly idleTimeoutMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  /** How long a batch may take to become safe. */
  readonly ackTimeoutMs: number;
  /** How long a batch may take to come in; 0: for ever. */
  readonly messageTimeoutMs: number;
  /** Speak TLS; undefined: plain HTTP/2. */
  readonly tls?: TlsFiles | undefined;
}

/** On stop, how long a sender may take to read its last answers and close its side. */
const LINGER_MS = 1_000;
/** On stop, how often to look whether all calls are answered. */
const FLUSH_MS = 25;
/** How often slow senders are looked for at most. */
const LOOK_EVERY_MS = 30_000;
/** The services whose health is told: the server as a whole, and ours. */
const HEALTH = ["", LOG_RELAY] as const;
const HEALTH_PATH = "/grpc.health.v1.Health/";

/** A gRPC server with the LogRelay, health (grpc.health.v1) and reflection (grpc.reflection.v1 and v1alpha) services. */
export class GrpcServer implements Component, Listening {
  readonly addresses: string[] = [];
  readonly #options: GrpcServerOptions;
  readonly #context: CallContext;
  readonly #connections: GrpcConnections;
  readonly #health = new HealthImplementation();
  /** Calls of health and reflection, some of which last until somebody ends them. */
  readonly #otherCalls = new Set<ServerInterceptingCallInterface>();
  #serve: (socket: Socket) => void = () => {};
  #server: Server | undefined;
  #looking: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: GrpcServerOptions) {
    const { address, host, access, maxConnections, tls } = options;
    this.#options = options;
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#connections = new GrpcConnections({ address, host, access, maxConnections, tls, serve });
    this.#context = {
      host,
      maxMetadataBytes: options.maxMetadataBytes,
      budget: new ReadBudget(Math.min(options.maxPendingBytes, host.memory.maxFirmBytes)),
      admission: new GrpcAdmission(access, options.credentials),
      calls: new PeerCalls(options.maxCallsPerPeer),
      rates: access.rates,
      acknowledged: Acknowledged.of(host),
      deadline: new AnswerDeadline(host.clock, options.ackTimeoutMs),
      open: new Set(),
      isDraining: () => this.#stopped !== undefined,
    };
  }

  async start(): Promise<void> {
    // grpc-js writes what senders do wrong to standard error, without bounds; the relay has its own log for that.
    if (process.env["GRPC_VERBOSITY"] === undefined) setLogVerbosity(logVerbosity.NONE);
    const { all, service } = await loadLogRelay();
    const server = new Server({
      "grpc.max_receive_message_length": this.#options.maxMessageBytes,
      "grpc.max_concurrent_streams": this.#options.maxConcurrentStreams,
      "grpc.max_connection_idle_ms": this.#options.idleTimeoutMs,
      "grpc.keepalive_time_ms": this.#options.keepaliveTimeMs,
      "grpc.keepalive_timeout_ms": this.#options.keepaliveTimeoutMs,
      "grpc.enable_channelz": 0,
      interceptors: [({ path }, call) => this.#intercept(path, call)],
    });
    // The two methods have no function here: the interceptor answers them (see RelayCall).
    server.addService(rawService(service), {});
    this.#health.addToServer(server);
    new ReflectionService(all, { services: [LOG_RELAY] }).addToServer(server);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#serve = (socket) => injector.injectConnection(socket);
    this.#server = server;
    const { address } = this.#options;
    const port = await this.#connections.listen();
    this.addresses.push(`tcp:${formatAddress({ host: address.host, port })}`);
    for (const name of HEALTH) this.#health.setStatus(name, "SERVING");
    const { messageTimeoutMs } = this.#options;
    if (messageTimeoutMs === 0) return;
    const look = (): void => this.#context.open.forEach((call) => call.endIfSlow(messageTimeoutMs));
    this.#looking = setInterval(look, Math.min(LOOK_EVERY_MS, messageTimeoutMs / 4)).unref();
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    const server = this.#server;
    if (server === undefined) return this.#context.acknowledged.close();
    this.#connections.close();
    for (const name of HEALTH) this.#health.setStatus(name, "NOT_SERVING");
    for (const call of this.#context.open) call.drain();
    for (const call of this.#otherCalls) call.sendStatus(DRAINING);
    // From Node 24 on, shutting down drops connections with calls under way: so these come first.
    await Promise.race([this.#answered(), aborted(deadline)]);
    const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    await Promise.race([closed, sleep(LINGER_MS, undefined, { ref: false }), aborted(deadline)]);
    server.forceShutdown();
    clearInterval(this.#looking);
    await this.#connections.destroy();
    this.#context.acknowledged.close();
  }

  /** Resolves when every call has its answer, and some time to have it sent. */
  async #answered(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet += 1) {
      await sleep(FLUSH_MS);
      if ([...this.#context.open].some((call) => !call.isOver)) quiet = -1;
    }
  }

  #intercept(path: string, call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const connection = this.#connections.of(call.getPeer());
    connection?.began();
    if ((path === SEND_PATH || path === STREAM_PATH) && connection !== undefined) {
      return new RelayCall(call, path === STREAM_PATH, connection, this.#context);
    }
    if (this.#context.isDraining()) return new ServerInterceptingCall(call, { start: () => call.sendStatus(DRAINING) });
    const { memory } = this.#context.host;
    const listener: ServerListener = {
      onReceiveMetadata: (metadata, next) => {
        // Whoever asks after our health may do so; what we speak is for those who may send.
        const isProbe = path.startsWith(HEALTH_PATH);
        const refusal = isProbe ? undefined : this.#context.admission.refusal(metadata, connection?.peer ?? "", false);
        if (refusal !== undefined) return call.sendStatus(refusal);
        if (!memory.enter(CALL_BYTES)) return call.sendStatus(noRoom(NO_ROOM_FOR_CALL));
        this.#otherCalls.add(call);
        next(metadata);
      },
      onCancel: () => {
        if (this.#otherCalls.delete(call)) memory.leave(CALL_BYTES);
      },
    };
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  }
}
