import * as z from "zod";
import { aborted } from "../base/abort.ts";
import { RelayError } from "../base/errors.ts";
import type { Component } from "../base/lifecycle.ts";
import { duration } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import type { KnowsPods } from "../component/pods.ts";
import { defineInput } from "../component/spec.ts";
import { addressMistake, apiServerOf } from "../wire/kubernetes/api-server.ts";
import { mappingFields } from "../wire/kubernetes/labels.ts";
import { NodeWatch } from "../wire/kubernetes/node-watch.ts";
import type { PodBook } from "../wire/kubernetes/pod-book.ts";
import { TerminationReports } from "../wire/kubernetes/termination-reports.ts";

const WAITING = [
  "CrashLoopBackOff",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
];

const config = z.object({
  node_name: z
    .string()
    .default("")
    .describe("The node whose pods are watched, `spec.nodeName` of this pod. Empty: the variable NODE_NAME."),
  api_server: z
    .string()
    .default("")
    .superRefine((written, context) => {
      const mistake = written === "" ? undefined : addressMistake(written);
      if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake });
    })
    .describe("Address of the API server. Empty: the one of the cluster that this pod runs in."),
  token_file: z
    .string()
    .default("")
    .describe("File with the token. Empty: that of the pod's service account; it is read again as it is renewed."),
  ca_file: z
    .string()
    .default("")
    .describe("File with the certificates (PEM) that the API server's is checked by. Empty: that of the service account."),
  terminations: z
    .boolean()
    .default(true)
    .describe("Whether a container that runs out of memory, exits with a status other than 0 or cannot start becomes an issue."),
  waiting: z
    .array(z.string().min(1))
    .default(WAITING)
    .describe("What waiting for counts as that, by the reason in the container's status."),
  max_age: duration("10m").describe("What ended longer ago than that when the relay starts is old news."),
  pod_logs: z
    .string()
    .min(1)
    .default("/var/log/pods")
    .describe("Directory of the logs of pods, for the last lines of a container."),
  last_lines: z.int().min(0).max(200).default(50).describe("Lines of a container's log that its end takes along."),
  log_from_api: z
    .boolean()
    .default(false)
    .describe("Asks the API server for those lines where the file cannot be read. Needs the right to `get` `pods/log`."),
  namespaces: z
    .boolean()
    .default(true)
    .describe("Whether annotations of namespaces count for their pods. Needs the right to `get` namespaces."),
  upstreams: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Upstreams that pods and namespaces may choose by the annotation `crumbtrail.dev/upstream`; others are not heeded.",
    ),
  ...mappingFields,
  backoff: z
    .strictObject({
      first: duration("500ms").describe("Longest wait before the API server is asked again; doubles with each failure."),
      max: duration("30s").describe("Longest wait."),
    })
    .prefault({})
    .describe("Waits after trouble with the API server."),
});

export type KubernetesConfig = z.output<typeof config>;

export const kubernetes = defineInput({
  type: "kubernetes",
  summary:
    "Knows the pods of this node from the API server: labels, annotations and owner for the logs that `file` reads, where their " +
    "events go, and an issue for each container that fails, with its last lines.",
  stability: "beta",
  config,
  examples: [
    { node_name: "node-1", api_server: "http://127.0.0.1:8001" },
    { upstreams: ["payments"], log_from_api: true },
  ],
  create: (parsed, host) => new KubernetesInput(parsed, host, process.env),
});

/** The pods of a node: a directory for other inputs, and terminations as records. */
export class KubernetesInput implements Component, KnowsPods {
  readonly pods: PodBook;
  readonly #watch: NodeWatch;
  readonly #reports: TerminationReports | undefined;
  readonly #config: KubernetesConfig;
  readonly #host: InputHost;
  readonly #env: Readonly<NodeJS.ProcessEnv>;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parsed: KubernetesConfig, host: InputHost, env: Readonly<NodeJS.ProcessEnv>) {
    this.#config = parsed;
    this.#host = host;
    this.#env = env;
    const kept = { labels: new Map(Object.entries(parsed.labels)), annotations: new Map(Object.entries(parsed.annotations)) };
    this.#watch = new NodeWatch({
      kept,
      clock: host.clock,
      namespaces: parsed.namespaces,
      upstreams: new Set(parsed.upstreams),
      upstreamFor: (wish) => host.upstreamFor?.(wish) ?? wish.upstream,
      backoff: { firstMs: parsed.backoff.first, maxMs: parsed.backoff.max },
      random: () => Math.random(),
      complain: (cause, message) => host.complain({ cause, peer: "", message }),
      seen: (pod) => this.#reports?.see(pod),
    });
    this.pods = this.#watch.book;
    if (!parsed.terminations) return;
    this.#reports = new TerminationReports({
      host,
      node: this.#node,
      book: this.pods,
      waiting: new Set(parsed.waiting),
      sinceMs: host.clock.nowMs() - parsed.max_age,
      logs: { directory: parsed.pod_logs, lines: parsed.last_lines },
      apiLog: parsed.log_from_api
        ? (termination) => this.#watch.log(termination, parsed.last_lines, this.#stop.signal)
        : undefined,
    });
  }

  /** Does not wait for the API server: records must come in without it. */
  async start(): Promise<void> {
    const node = this.#node;
    if (node === "") {
      const hint = "set node_name, or give the pod a variable NODE_NAME from the field spec.nodeName";
      throw new RelayError("RELAY_BAD_CONFIG", `the input ${this.#host.name} does not know its node: ${hint}`);
    }
    const { api_server: server, token_file: tokenFile, ca_file: caFile } = this.#config;
    const api = apiServerOf({ server, tokenFile, caFile }, this.#env);
    this.#running = this.#watch.run(api, node, this.#stop.signal);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stop.abort();
    await Promise.race([Promise.all([this.#running, this.#reports?.settled()]), aborted(deadline)]);
  }

  get #node(): string {
    return this.#config.node_name || (this.#env["NODE_NAME"] ?? "");
  }
}
