import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tagKey, tagsOf } from "../../src/sentry/tags.ts";
import { record, type RecordOptions } from "../support/sentry-records.ts";

function tags(options: RecordOptions, names: readonly string[], taken = new Set<string>()) {
  return tagsOf(record(options), names, taken);
}

describe("tags", () => {
  it("are the fields of the policy, the labels of the input, and its name", () => {
    const options = { service: "cart", fields: { namespace: "shop", order: 7 }, from: { labels: new Map([["team", "core"]]) } };
    assert.deepEqual(tags(options, ["service", "namespace", "pod"]), {
      service: "cart",
      namespace: "shop",
      team: "core",
      input: "edge",
    });
  });

  it("are texts: numbers and booleans are written out, containers are none", () => {
    const fields = { count: 1.5, big: 12345678901, retry: false, nothing: null, list: [1] };
    assert.deepEqual(tags({ fields }, Object.keys(fields)), { count: "1.5", big: "12345678901", retry: "false", input: "edge" });
  });

  it("look inside objects under dotted names", () => {
    assert.deepEqual(tags({ fields: { kubernetes: { pod_name: "cart-1" } } }, ["kubernetes.pod_name"]), {
      "kubernetes.pod_name": "cart-1",
      input: "edge",
    });
  });

  it("have mended keys", () => {
    assert.equal(tagKey("app kubernetes/name"), "app-kubernetes_name");
    assert.equal(tagKey("k8s.pod:uid-1_x"), "k8s.pod:uid-1_x");
    assert.equal(tagKey("größe"), "gr__e");
    assert.equal(tagKey("x".repeat(40)), "x".repeat(32));
    assert.equal(tagKey(" "), "");
  });

  it("have values of 1-200 characters in one line", () => {
    const found = tags({ fields: { a: "one\ntwo\r\n", b: "x".repeat(300), c: "", d: " \n " } }, ["a", "b", "c", "d"]);
    assert.deepEqual(found, { a: "one two", b: `${"x".repeat(197)}...`, input: "edge" });
  });

  it("say which fields they hold whole", () => {
    const taken = new Set<string>();
    tags({ fields: { short: "x", long: "x".repeat(201), user: "bob" } }, ["short", "long", "user"], taken);
    assert.deepEqual([...taken], ["short"]);
  });

  it("leave alone what the tracker fills or removes itself", () => {
    const fields = { user: "u", filename: "f", function: "g", site: "s", server_name: "n", ["__proto__"]: "p" };
    assert.deepEqual(
      tags({ release: "1", dist: "2", environment: "prod", transaction: "t", fields }, [
        "release",
        "dist",
        "environment",
        "level",
        "transaction",
        "__proto__",
        ...Object.keys(fields),
      ]),
      {
        input: "edge",
      },
    );
  });

  it("keep the first of two that come to the same key", () => {
    assert.deepEqual(tags({ fields: { "a b": "1", "a-b": "2" }, from: { labels: new Map([["a-b", "3"]]) } }, ["a b", "a-b"]), {
      "a-b": "1",
      input: "edge",
    });
  });

  it("are at most a hundred, the input among them", () => {
    const fields = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, index]));
    const found = tags({ fields, from: { labels: new Map([["team", "core"]]) } }, Object.keys(fields));
    assert.equal(Object.keys(found).length, 100);
    assert.equal(found["input"], "edge");
  });

  it("take a megabyte of hostile text", () => {
    for (const unit of ["\n", " ", "/", "x", "\u2028"]) {
      const text = unit.repeat(1 << 20);
      tags({ fields: { a: text, [text]: "x" } }, ["a", text]);
    }
  });
});
