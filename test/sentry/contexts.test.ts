import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contextsOf } from "../../src/sentry/contexts.ts";
import { EVENT_ID, record, type RecordOptions } from "../support/sentry-records.ts";

const TRACE_ID = "5b8efff798038103d269b633813fc60c";

function contexts(options: RecordOptions, taken = new Set<string>()) {
  return contextsOf(record(options), EVENT_ID, taken);
}

describe("contexts", () => {
  it("hold the trace and its span", () => {
    assert.deepEqual(contexts({ traceId: TRACE_ID, spanId: "eee19b7ec3c1b174" }), {
      trace: { type: "trace", trace_id: TRACE_ID, span_id: "eee19b7ec3c1b174" },
    });
  });

  it("make up a span from the event's id, the same on every attempt", () => {
    assert.equal(contexts({ traceId: TRACE_ID })["trace"]?.["span_id"], EVENT_ID.slice(0, 16));
    assert.equal(contexts({ traceId: TRACE_ID, spanId: "0000000000000000" })["trace"]?.["span_id"], EVENT_ID.slice(0, 16));
    const zero = contextsOf(record({ traceId: TRACE_ID }), "0".repeat(32), new Set());
    assert.equal(zero["trace"]?.["span_id"], "0000000000000001");
  });

  it("name the span above where a field does", () => {
    const parent = "05e3ac9a4f6e3b90";
    for (const name of ["parent_span_id", "parentId", "X-B3-ParentSpanId"]) {
      const taken = new Set<string>();
      const { trace } = contexts({ traceId: TRACE_ID, fields: { [name]: parent.toUpperCase() } }, taken);
      assert.deepEqual([trace?.["parent_span_id"], [...taken]], [parent, [name]]);
    }
    for (const odd of ["7", 7, "0".repeat(16), {}]) {
      const taken = new Set<string>();
      const { trace } = contexts({ traceId: TRACE_ID, fields: { parent_id: odd } }, taken);
      assert.deepEqual([Object.hasOwn(trace ?? {}, "parent_span_id"), taken.size], [false, 0]);
    }
    assert.deepEqual(contexts({ fields: { parent_id: parent } }), {});
  });

  it("have no trace when its id is none", () => {
    for (const traceId of ["0".repeat(32), "abc", TRACE_ID.toUpperCase()]) assert.deepEqual(contexts({ traceId }), {});
  });

  it("gather Kubernetes names however they are written", () => {
    const taken = new Set<string>();
    const flat = { "k8s.pod.name": "cart-1", "k8s.namespace.name": "shop", "k8s.node.name": "node-3", other: 1 };
    assert.deepEqual(contexts({ fields: flat }, taken), {
      kubernetes: { type: "kubernetes", pod: "cart-1", namespace: "shop", node: "node-3" },
    });
    assert.deepEqual([...taken], ["k8s.pod.name", "k8s.namespace.name", "k8s.node.name"]);
    const labels = new Map([
      ["pod", "cart-1"],
      ["namespace", "shop"],
    ]);
    assert.deepEqual(contexts({ from: { labels } })["kubernetes"], { type: "kubernetes", pod: "cart-1", namespace: "shop" });
  });

  it("take over what the Kubernetes filters of Fluent Bit and Fluentd add", () => {
    const taken = new Set<string>();
    const kubernetes = {
      pod_name: "cart-1",
      namespace_name: "shop",
      host: "node-3",
      container_name: "app",
      labels: { app: "cart" },
    };
    assert.deepEqual(contexts({ fields: { kubernetes } }, taken), {
      kubernetes: {
        type: "kubernetes",
        pod: "cart-1",
        namespace: "shop",
        node: "node-3",
        container: "app",
        labels: { app: "cart" },
      },
    });
    assert.deepEqual([...taken], ["kubernetes"]);
  });

  it("keep a too big Kubernetes object out, but not the names in it", () => {
    const taken = new Set<string>();
    const kubernetes = { pod_name: "cart-1", annotations: { big: "x".repeat(10_000) } };
    assert.deepEqual(contexts({ fields: { kubernetes } }, taken), { kubernetes: { type: "kubernetes", pod: "cart-1" } });
    assert.deepEqual([...taken], []);
  });

  it("do not take any namespace for one of Kubernetes", () => {
    const taken = new Set<string>();
    assert.deepEqual(contexts({ fields: { namespace: "App\\Models", node: "x" } }, taken), {});
    assert.deepEqual([...taken], []);
  });

  it("hold the operating system, the runtime and the response", () => {
    const fields = {
      "os.name": "Linux",
      "host.os.version": "6.1",
      "process.runtime.name": "CPython",
      runtime: { version: "3.13" },
    };
    assert.deepEqual(contexts({ fields, request: { status: 502 } }), {
      os: { type: "os", name: "Linux", version: "6.1" },
      runtime: { type: "runtime", name: "CPython", version: "3.13" },
      response: { type: "response", status_code: 502 },
    });
  });

  it("are found in objects that stay in extra", () => {
    const taken = new Set<string>();
    const fields = {
      host: { os: { name: "Linux", kernel: "6.1.0" } },
      process: { runtime: { name: "node", version: "22" } },
      Resource: { "k8s.pod.name": "shop-1", "k8s.deployment.name": "shop" },
      resource: { labels: { cluster_name: "c1" }, attributes: { "k8s.node.name": "n1" } },
      trace: { parent_id: "00F067AA0BA902B7" },
    };
    assert.deepEqual(contexts({ fields, traceId: TRACE_ID, spanId: "eee19b7ec3c1b174" }, taken), {
      trace: { type: "trace", trace_id: TRACE_ID, span_id: "eee19b7ec3c1b174", parent_span_id: "00f067aa0ba902b7" },
      os: { type: "os", name: "Linux", kernel_version: "6.1.0" },
      runtime: { type: "runtime", name: "node", version: "22" },
      kubernetes: { type: "kubernetes", pod: "shop-1", deployment: "shop", cluster: "c1", node: "n1" },
    });
    assert.deepEqual([...taken], []);
  });

  it("take an object called os for one only where it names a system", () => {
    assert.deepEqual(contexts({ fields: { os: { loadavg: [0.1], uptime: 7 } } }), {});
    assert.deepEqual(contexts({ fields: { os: { name: "Linux", uptime: 7 } } }), {
      os: { type: "os", name: "Linux", uptime: 7 },
    });
  });

  it("are looked for within bounds", () => {
    let deep: object = { "k8s.pod.name": "p" };
    for (let depth = 0; depth < 50; depth += 1) deep = { deep };
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index]));
    assert.deepEqual(contexts({ fields: { resource: deep as never, host: wide } }), {});
  });

  it("leave values of another shape to extra", () => {
    const taken = new Set<string>();
    const fields = { os: "Linux", "os.name": { a: 1 }, pod: "", runtime: ["x"], "os.version": "v".repeat(600) };
    assert.deepEqual(contexts({ fields }, taken), {});
    assert.deepEqual([...taken], []);
  });

  it("are not fooled by names of the language itself", () => {
    const fields = { kubernetes: JSON.parse('{"pod_name":"p","__proto__":{"x":1},"type":"other"}') };
    const { kubernetes } = contexts({ fields });
    assert.equal(JSON.stringify(kubernetes), '{"type":"kubernetes","pod":"p","__proto__":{"x":1}}');
    assert.equal(Object.getPrototypeOf(kubernetes), Object.prototype);
  });
});
