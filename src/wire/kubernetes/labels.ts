import * as z from "zod";

/** Which labels or annotations say what about a record: name to field; the first that is there fills a field. */
export type Mapping = ReadonlyMap<string, string>;

/** Kubernetes' recommended labels, then what people used before those. */
const LABELS: Readonly<Record<string, string>> = {
  "app.kubernetes.io/name": "service",
  "k8s-app": "service",
  app: "service",
  "app.kubernetes.io/version": "release",
  version: "release",
  "app.kubernetes.io/component": "component",
  environment: "environment",
  env: "environment",
};

const names = z.record(
  z.string().min(1).max(317),
  z.string().regex(/^[A-Za-z_][\w.-]{0,63}$/, "a field is named with letters, digits, _ . and -"),
);

/** Fields of a component that reads labels and annotations. */
export const mappingFields = {
  labels: names
    .default(LABELS)
    .describe(
      "Labels of the pod to the fields they fill where a record lacks them, the first that is there. `service`, `release` and " +
        "`environment` change the event itself; any other name is a field, and a tag where `policy.tags` has it.",
    ),
  annotations: names.default({}).describe("The same for annotations."),
};

/** The fields that texts by name fill. */
export function mapped(texts: ReadonlyMap<string, string>, mapping: Mapping, into: Map<string, string>): void {
  for (const [name, field] of mapping) {
    const text = texts.get(name);
    if (text !== undefined && text !== "" && !into.has(field)) into.set(field, text);
  }
}
