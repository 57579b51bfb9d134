// A Kubernetes API server in miniature: lists in pages, watches, bookmarks, 410 Gone, tokens, logs; and as awkward as told.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

type Json = Readonly<Record<string, unknown>>;

interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Json;
}

/** One request as it came. */
export interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

/** What to answer instead; undefined: as usual. */
export type Instead = (asked: Asked, response: ServerResponse) => boolean;

export interface PodParts {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly node?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly deleting?: boolean;
  readonly statuses?: readonly Json[];
}

/** A pod as the API shows it, as far as anybody here looks. */
export function podObject(parts: PodParts): Json {
  const {
    name,
    namespace = "shop",
    uid = `uid-${name}`,
    node = "node-1",
    labels,
    annotations,
    owner,
    deleting,
    statuses,
  } = parts;
  return {
    metadata: {
      name,
      namespace,
      uid,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(deleting === true ? { deletionTimestamp: "2026-11-20T10:00:00Z" } : {}),
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [{ apiVersion: "apps/v1", ...owner, uid: "uid-owner", controller: true, blockOwnerDeletion: true }],
          }),
      managedFields: [{ manager: "kubelet", operation: "Update", fieldsV1: { "f:status": {} } }],
    },
    spec: { nodeName: node, containers: [{ name: "web", image: "registry:5000/shop/web:1.4.2" }] },
    status: { phase: "Running", containerStatuses: statuses ?? [] },
  };
}

export class KubeApi {
  readonly asked: Asked[] = [];
  /** Tokens that are taken; undefined: any, or none. */
  tokens: Set<string> | undefined;
  /** Bytes of one write to a watch; lines are cut wherever that falls. */
  chunkBytes = Infinity;
  /** Most objects on a page, whatever a client asks for. */
  pageSize = Infinity;
  instead: Instead = () => false;
  /** By "namespace/pod/container/previous". */
  readonly logs = new Map<string, string>();
  readonly namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly #pods = new Map<string, Json>();
  #changes: Change[] = [];
  #version = 100;
  #oldest = 100;
  readonly #lists = new Map<string, { readonly version: number; readonly all: readonly Json[] }>();
  readonly #watches = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(tls?: { readonly key: string; readonly cert: string }) {
    const answer: RequestListener = (request, response) => this.#answer(request, response);
    this.#server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get watching(): number {
    return this.#watches.size;
  }

  /** The objects there are. */
  get pods(): readonly Json[] {
    return [...this.#pods.values()];
  }

  put(object: Json): void {
    const key = String((object["metadata"] as Json)["uid"]);
    this.#change(this.#pods.has(key) ? "MODIFIED" : "ADDED", key, object);
  }

  delete(uid: string): void {
    const object = this.#pods.get(uid);
    if (object !== undefined) this.#change("DELETED", uid, object);
  }

  /** Forgets how it came to the present state: whoever knows an older one gets 410. */
  compact(): void {
    this.#changes = [];
    this.#oldest = this.#version;
  }

  bookmark(): void {
    this.#version += 1;
    const object = { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: String(this.#version) } };
    this.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  /** Tells those who watch that what they know is too old, as etcd does. */
  expire(): void {
    this.compact();
    const object = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      message: "too old resource version",
      reason: "Expired",
      code: 410,
    };
    this.write(`${JSON.stringify({ type: "ERROR", object })}\n`);
  }

  /** Anything at all, to those who watch. */
  write(text: string): void {
    for (const watch of this.#watches) this.#send(watch, text);
  }

  /** Ends watches as a server does whose time is up. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** Tears connections. */
  cut(): void {
    for (const watch of this.#watches) watch.destroy();
  }

  #change(type: Change["type"], key: string, given: Json): void {
    this.#version += 1;
    const metadata = { ...(given["metadata"] as Json), resourceVersion: String(this.#version) };
    const object = { ...given, metadata };
    if (type === "DELETED") this.#pods.delete(key);
    else this.#pods.set(key, object);
    this.#changes.push({ version: this.#version, type, object });
    for (const watch of this.#watches) this.#send(watch, lineOf({ version: this.#version, type, object }));
  }

  #send(watch: ServerResponse, text: string): void {
    if (watch.writableEnded || watch.destroyed) return;
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += this.chunkBytes) watch.write(bytes.subarray(at, at + this.chunkBytes));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://api");
    const asked: Asked = { path: url.pathname, query: url.searchParams, authorization: request.headers.authorization };
    this.asked.push(asked);
    if (this.instead(asked, response)) return;
    if (this.tokens !== undefined && !this.tokens.has((asked.authorization ?? "").replace("Bearer ", ""))) {
      status(response, 401, "Unauthorized");
    } else if (asked.path === "/api/v1/pods") {
      if (asked.query.get("fieldSelector") !== "spec.nodeName=node-1")
        status(response, 403, "pods is forbidden: cannot list the whole cluster");
      else if (asked.query.get("watch") === "1") this.#watch(asked, response);
      else this.#list(asked, response);
    } else this.#other(asked, response);
  }

  #other({ path, query }: Asked, response: ServerResponse): void {
    const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1];
    if (namespace !== undefined) {
      const annotations = this.namespaces.get(namespace);
      if (annotations === undefined) status(response, 404, `namespaces "${namespace}" not found`);
      else json(response, { kind: "Namespace", metadata: { name: namespace, annotations } });
      return;
    }
    const log = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/log$/.exec(path);
    const text = this.logs.get([log?.[1], log?.[2], query.get("container"), query.get("previous")].join("/"));
    if (text === undefined) status(response, 400, "previous terminated container not found");
    else response.end(text);
  }

  #list({ query }: Asked, response: ServerResponse): void {
    const token = query.get("continue");
    // All pages show the moment of the first one.
    const { version, all } = (token === null ? undefined : this.#lists.get(token.split(":")[1] ?? "")) ?? {
      version: this.#version,
      all: this.pods,
    };
    this.#lists.set(String(version), { version, all });
    const from = Number(token?.split(":")[0] ?? 0);
    const size = Math.min(this.pageSize, Number(query.get("limit") ?? Infinity));
    const next = from + size < all.length ? { continue: `${from + size}:${version}` } : {};
    json(response, {
      kind: "PodList",
      apiVersion: "v1",
      metadata: { resourceVersion: String(version), ...next },
      items: all.slice(from, from + size),
    });
  }

  #watch({ query }: Asked, response: ServerResponse): void {
    const since = Number(query.get("resourceVersion"));
    if (since !== 0 && since < this.#oldest) {
      status(response, 410, `too old resource version: ${since} (${this.#oldest})`);
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    this.#watches.add(response);
    response.on("close", () => this.#watches.delete(response));
    for (const change of this.#changes) if (change.version > since) this.#send(response, lineOf(change));
  }
}

/** A server's words for why not. */
export function status(
  response: ServerResponse,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(code, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message, code }));
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function lineOf({ type, object }: Change): string {
  return `${JSON.stringify({ type, object })}\n`;
}
