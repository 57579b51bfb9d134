import assert from "node:assert/strict";
import { ListWatch } from "../../src/wire/kubernetes/list-watch.ts";
import { PodBook } from "../../src/wire/kubernetes/pod-book.ts";
import { podOf, type Pod } from "../../src/wire/kubernetes/pod.ts";
import { terminationRecord } from "../../src/wire/kubernetes/termination-record.ts";
import { Terminations } from "../../src/wire/kubernetes/terminations.ts";
import { wishesOf } from "../../src/wire/kubernetes/annotations.ts";
import { LineReader } from "../../src/wire/line-reader.ts";
import type { ApiClient } from "../../src/wire/kubernetes/api-client.ts";
import { jsonLine } from "../../src/codec/json-line.ts";
import { isMalformed, NOTHING } from "../../src/component/codec.ts";
import { ManualClock } from "../support/clock.ts";
import { podObject } from "../support/kube-api.ts";
import { provenance } from "../support/provenance.ts";
import { JSON_MUTATIONS } from "./json-mutations.ts";
import { cooked, words } from "./mutation.ts";
import { textsOf, type Target } from "./target.ts";
import { JOINED } from "./wire-mutations.ts";

const ENDED = {
  exitCode: 137,
  reason: "OOMKilled",
  startedAt: "2026-11-20T09:00:00Z",
  finishedAt: "2026-11-20T10:00:00Z",
  message: "boom",
  containerID: "containerd://5f3b",
};
const statuses = [
  {
    name: "app",
    ready: false,
    restartCount: 3,
    image: "shop:1.2",
    containerID: "containerd://5f3b",
    state: { terminated: ENDED },
  },
  {
    name: "side",
    restartCount: 7,
    image: "r.example/a@sha256:00",
    state: { waiting: { reason: "CrashLoopBackOff" } },
    lastState: { terminated: ENDED },
  },
  { name: "late", image: "x:y", state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
];
const pods = [
  podObject({
    name: "shop-6d4cf56db6-x2x1z",
    owner: { kind: "ReplicaSet", name: "shop-6d4cf56db6" },
    statuses,
    labels: { app: "shop", "pod-template-hash": "6d4cf56db6" },
  }),
  podObject({
    name: "db-0",
    annotations: {
      "crumbtrail.io/exclude": "side",
      "crumbtrail.io/upstream": "default",
      "crumbtrail.io/dsn": "https://k@sentry.example/1",
    },
    statuses,
  }),
  podObject({ name: "job-28", owner: { kind: "Job", name: "job-28812345" }, deleting: true }),
];
const lines = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"].flatMap((type) =>
  pods.map((object, i) => {
    const metadata = { ...(object["metadata"] as object), resourceVersion: String(100 + i) };
    return Buffer.from(`${JSON.stringify({ type, object: { ...object, metadata, code: 410, message: "too old" } })}\n`);
  }),
);
const WORDS = [
  '"OOMKilled"',
  '"Error"',
  '"restartCount":',
  '"exitCode":-1',
  '"ERROR"',
  '"BOOKMARK"',
  "null",
  "[]",
  '"__proto__":{"x":1}',
  "\n",
  '{"type":"ADDED"}\n',
];

const NONE: ReadonlyMap<string, string> = new Map();
const NAMES = new Map([["app", "service"]]);
const mappings = { labels: NAMES, annotations: NAMES };

/** What the API server says of the pods of a node, line by line: books, issues about containers, and annotations. */
const watch: Target = {
  name: "kubernetes_watch",
  share: 8,
  fresh() {
    const clock = new ManualClock();
    const upstreamFor = (): undefined => undefined;
    const book = new PodBook({ mappings, clock, namespaceAnnotations: () => NONE, upstreamFor, ready: Promise.resolve() });
    const terminations = new Terminations({ waiting: new Set(["CrashLoopBackOff", "ImagePullBackOff"]), sinceMs: 0 });
    const see = (pod: Pod): void => {
      wishesOf(pod.annotations, NONE);
      for (const container of pod.containers) book.factsOf(pod, container.name);
      for (const termination of terminations.see(pod)) {
        const bytes = Buffer.from(
          terminationRecord(termination, {
            node: "n",
            facts: book.factsOf(pod, termination.container.name).metadata,
            lastLines: ["x"],
          }),
        );
        const decoded = jsonLine.decode(bytes, 0, bytes.length, provenance());
        assert.ok(decoded !== NOTHING && !isMalformed(decoded), bytes.toString("utf8"));
      }
    };
    return {
      make: (random) =>
        cooked({ corpus: lines, structure: [...JSON_MUTATIONS, ...JSON_MUTATIONS, JOINED, words(WORDS, '",:[]{}')] }, random),
      async check(input, random) {
        clock.advance(random.below(100_000));
        const events = eventsOf(input);
        // A server in place of the API's: it lists nothing, then tells of these events, then has no more.
        const stop = new AbortController();
        let watched = 0;
        const client = {
          get: async () => ({ kind: "object", value: events.length > 0 && random.oneIn(3) ? events[0] : EMPTY_LIST }),
          async watch(_path: string, _query: object, _idleMs: number, listener: { event(event: unknown): "stop" | undefined }) {
            watched += 1;
            for (const event of events) if (listener.event(event) === "stop") break;
            stop.abort();
            return "ended";
          },
        } as unknown as ApiClient;
        const collection = {
          replaced: (all: readonly Pod[]): void => {
            book.replaced(all);
            all.forEach(see);
          },
          changed: (pod: Pod): void => {
            book.changed(pod);
            see(pod);
          },
          removed: (pod: Pod): void => book.removed(pod),
        };
        const troubled = (doing: string): void => {
          if (doing === "list") stop.abort();
        };
        const backoff = { firstMs: 1, maxMs: 2 };
        const read = (object: unknown): Pod | undefined => podOf(object, mappings);
        await new ListWatch({ client, path: "/", query: {}, read, collection, backoff, clock, random: () => 0.5, troubled }).run(
          stop.signal,
        );
        assert.ok(watched <= 1 && book.pods.length <= 2_500, `${book.pods.length} pods`);
      },
    };
  },
};

const EMPTY_LIST = { items: null, metadata: { resourceVersion: "1" } };

function eventsOf(input: Buffer): unknown[] {
  const reader = new LineReader(1 << 20, () => {});
  return [...textsOf(reader.push(Buffer.from(input))), ...textsOf(reader.end())].flatMap((line) => {
    try {
      return [JSON.parse(Buffer.from(line, "latin1").toString("utf8")) as unknown];
    } catch {
      return [];
    }
  });
}

export const kubernetesTargets: readonly Target[] = [watch];
