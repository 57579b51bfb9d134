import * as z from "zod";
import type { ProcessorHost } from "../component/host.ts";
import type { Processor } from "../component/processor.ts";
import { defineProcessor } from "../component/spec.ts";
import { fieldText } from "../record/field.ts";
import { mappingFields } from "../wire/kubernetes/labels.ts";
import { propertyOf, type Property } from "./enrich/property.ts";
import { OwnPod } from "./kubernetes/own-pod.ts";

const ofVariable = (variable: string): z.ZodDefault<z.ZodString> =>
  z.string().default("").describe(`Empty: the variable ${variable}, from the field of the pod that the manifest names.`);

const config = z.object({
  namespace: ofVariable("POD_NAMESPACE"),
  pod: ofVariable("POD_NAME"),
  pod_uid: ofVariable("POD_UID"),
  node: ofVariable("NODE_NAME"),
  container: ofVariable("CONTAINER_NAME"),
  downward: z
    .string()
    .min(1)
    .default("/etc/podinfo")
    .describe("Directory of a downward API volume with the files `labels` and `annotations`; it need not exist."),
  upstreams: z
    .array(z.string().min(1))
    .default([])
    .describe("Upstreams that the pod's annotation `crumbtrail.dev/upstream` may choose for what no `route` claims."),
  ...mappingFields,
});

export type KubernetesConfig = z.output<typeof config>;

export const kubernetes = defineProcessor({
  type: "kubernetes",
  summary: "Fills in what a sidecar's records lack of the pod they come from, by variables and the downward API; asks no server.",
  stability: "beta",
  config,
  examples: [{}, { container: "web", labels: { team: "team", "app.kubernetes.io/name": "service" } }],
  create: (parsed, host) => kubernetesProcessor(parsed, host, process.env),
});

/** @param env where the fields that are empty are looked up. */
export function kubernetesProcessor(parsed: KubernetesConfig, host: ProcessorHost, env: Readonly<NodeJS.ProcessEnv>): Processor {
  const either = (written: string, variable: string): string => written || (env[variable] ?? "");
  const own = new OwnPod(
    {
      namespace: either(parsed.namespace, "POD_NAMESPACE"),
      pod: either(parsed.pod, "POD_NAME"),
      podUid: either(parsed.pod_uid, "POD_UID"),
      node: either(parsed.node, "NODE_NAME"),
      container: either(parsed.container, "CONTAINER_NAME"),
      directory: parsed.downward,
      labels: new Map(Object.entries(parsed.labels)),
      annotations: new Map(Object.entries(parsed.annotations)),
      upstreams: new Set(parsed.upstreams),
    },
    host.clock,
  );
  const properties = new Map<string, Property>();
  const propertyNamed = (name: string): Property => {
    let property = properties.get(name);
    if (property === undefined) properties.set(name, (property = propertyOf(name)));
    return property;
  };
  let isTold = false;
  const tell = (): void => {
    isTold = true;
    const message =
      "the annotations of this pod name a DSN or a rate, which are not heeded in a sidecar: it has a configuration of its own; " +
      "set the dsn of its upstream and policy.storm there";
    host.complain({ cause: "annotations", peer: "", message });
  };
  return {
    // Where a record goes is decided by what it says itself: all that comes in by a sidecar is of one pod.
    deferrable: true,
    process(record) {
      const { values, upstream, asksMore } = own.facts();
      if (asksMore && !isTold) tell();
      const pod = fieldText(record, "pod");
      const isForeign = pod !== undefined && pod !== values.get("pod");
      for (const [name, value] of values) {
        if (isForeign && name !== "node") continue;
        const property = propertyNamed(name);
        const present = property.read(record);
        if (present === undefined || present === null || present === "") property.write(record, value);
      }
      if (upstream !== undefined && !isForeign) record.upstreams ??= [upstream];
      return "keep";
    },
  };
}
