import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BatchKeys } from "../../src/lanes/batch-keys.ts";
import type { Provenance } from "../../src/record/provenance.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";

function says(metadata?: Readonly<Record<string, string>>, labels?: Readonly<Record<string, string>>): Provenance {
  const map = (object?: Readonly<Record<string, string>>) => (object === undefined ? undefined : new Map(Object.entries(object)));
  return { input: "rpc", peer: "10.0.0.1", receivedMs: 0, tag: "", labels: map(labels), metadata: map(metadata) };
}

function textOf(keys: BatchKeys, index: number): string | undefined {
  const key = keys.get(index);
  return key?.bytes.toString("utf8", 0, key.length);
}

describe("BatchKeys", () => {
  it("gives the keys that the metadata of a call names, and those of no call before", () => {
    const keys = new BatchKeys(["trace_id", "request_id"], ["host", "trace_id", "request_id"]);

    assert.ok(keys.read(says({ trace_id: TRACE, request_id: "req-1", user_id: "7" })));
    assert.deepEqual([textOf(keys, 0), textOf(keys, 1)], [`trace_id ${TRACE}`, "request_id req-1"]);
    assert.ok(keys.read(says({ request_id: "req-2" })));
    assert.deepEqual([textOf(keys, 0), textOf(keys, 1)], [undefined, "request_id req-2"]);
    assert.ok(keys.read(says()));
    assert.deepEqual([textOf(keys, 0), textOf(keys, 1)], [undefined, undefined]);
  });

  it("gives up where a batch may decide more than keys, or names one that a codec would mend", () => {
    const keys = new BatchKeys(["trace_id", "request_id"], ["host", "trace_id", "request_id"]);

    for (const name of ["host", "level", "message", "pod"]) assert.ok(!keys.read(says({ [name]: "x" })), name);
    for (const value of ["-", " a", "a ", "", "ü", "x".repeat(201)]) assert.ok(!keys.read(says({ request_id: value })), value);
    for (const value of [TRACE.toUpperCase(), "0".repeat(32), "abc"]) assert.ok(!keys.read(says({ trace_id: value })), value);
    assert.ok(!keys.read(says(undefined, { host: "web" })));
    assert.ok(keys.read(says(undefined, { team: "web" })));
  });
});
