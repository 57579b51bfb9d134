import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { autoLine } from "../../src/codec/auto-line.ts";
import { grpc } from "../../src/codec/grpc.ts";
import { BatchKeys } from "../../src/lanes/batch-keys.ts";
import type { Provenance } from "../../src/record/provenance.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";

function says(metadata?: Readonly<Record<string, string>>, labels?: Readonly<Record<string, string>>): Provenance {
  const map = (object?: Readonly<Record<string, string>>) => (object === undefined ? undefined : new Map(Object.entries(object)));
  return { input: "rpc", peer: "10.0.0.1", receivedMs: 0, tag: "", labels: map(labels), metadata: map(metadata) };
}

function textOf(keys: BatchKeys, index: number): string | undefined {
  const key = keys.get(index);
  return key === undefined ? undefined : Buffer.from(key.view.buffer, key.view.byteOffset, key.length).toString("utf8");
}

describe("BatchKeys", () => {
  it("gives the keys that the metadata of a call names, and those of no call before", () => {
    const keys = new BatchKeys(["trace_id", "request_id"], ["host", "trace_id", "request_id"]);

    assert.ok(keys.read(says({ trace_id: TRACE, request_id: "req-1", user_id: "7" }), grpc));
    assert.deepEqual([textOf(keys, 0), textOf(keys, 1)], [`trace_id ${TRACE}`, "request_id req-1"]);
    assert.ok(keys.read(says({ request_id: "req-2" }), grpc));
    assert.deepEqual([textOf(keys, 0), textOf(keys, 1)], [undefined, "request_id req-2"]);
    assert.ok(keys.read(says(), grpc));
    assert.deepEqual([textOf(keys, 0), textOf(keys, 1)], [undefined, undefined]);
  });

  it("gives up where a batch may decide more than keys, or names one that a codec would mend", () => {
    const keys = new BatchKeys(["trace_id", "request_id"], ["host", "trace_id", "request_id"]);

    for (const name of ["host", "level", "message", "pod"]) assert.ok(!keys.read(says({ [name]: "x" }), grpc), name);
    for (const value of ["-", " a", "a ", "", "ü", "x".repeat(201)])
      assert.ok(!keys.read(says({ request_id: value }), grpc), value);
    for (const value of [TRACE.toUpperCase(), "0".repeat(32), "abc"])
      assert.ok(!keys.read(says({ trace_id: value }), grpc), value);
    assert.ok(!keys.read(says(undefined, { host: "web" }), grpc));
    assert.ok(keys.read(says(undefined, { team: "web" }), grpc));
  });

  it("takes what the path of a file says from codecs of lines only", () => {
    const keys = new BatchKeys(["trace_id"], ["host", "trace_id"]);
    const said = says({
      log_file: "/var/log/pods/ü.log",
      namespace: "shop",
      pod: "web-1",
      container_id: "4f1c",
      restart_count: "0",
    });

    assert.ok(keys.read(said, autoLine));
    assert.ok(!keys.read(said, grpc));
    for (const value of ["-", "/web", "", "ü"]) assert.ok(!keys.read(says({ container_name: value }), autoLine), value);
  });
});
