import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wishesOf } from "../../../src/wire/kubernetes/annotations.ts";

type Texts = Readonly<Record<string, string>>;

function destination(pod: Texts, namespace: Texts): readonly (string | undefined)[] {
  const { upstream, dsn } = wishesOf(new Map(Object.entries(pod)), new Map(Object.entries(namespace)));
  return [upstream, dsn];
}

describe("what annotations ask for", () => {
  it("is of the pod where it says where its events go, and else of the namespace", () => {
    const namespace = { "crumbtrail.dev/upstream": "shops", "k8s.sentry.io/dsn": "ns" };
    assert.deepEqual(destination({}, namespace), ["shops", "ns"]);
    assert.deepEqual(destination({ "crumbtrail.dev/dsn": "pod" }, namespace), [undefined, "pod"]);
    assert.deepEqual(destination({ "crumbtrail.dev/upstream": "special" }, namespace), ["special", undefined]);
    assert.deepEqual(destination({ "crumbtrail.dev/dsn": "  " }, namespace), ["shops", "ns"]);
  });

  it("prefers our own name of the DSN to the older one", () => {
    assert.deepEqual(destination({ "k8s.sentry.io/dsn": "old", "crumbtrail.dev/dsn": " new " }, {}), [undefined, "new"]);
  });

  it("takes a rate of the pod before that of its namespace, whatever else they say", () => {
    const pod = new Map([["crumbtrail.dev/dsn", "pod"]]);
    assert.equal(wishesOf(pod, new Map([["crumbtrail.dev/rate", "5/min"]])).rate, "5/min");
    assert.equal(wishesOf(pod.set("crumbtrail.dev/rate", "7/min"), new Map([["crumbtrail.dev/rate", "5/min"]])).rate, "7/min");
  });
});
