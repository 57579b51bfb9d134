import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { versionOfImage } from "../../src/codec/kubernetes.ts";
import { recordFromObject } from "../../src/codec/normalise.ts";
import type { Dialect } from "../../src/codec/spellings.ts";
import { provenance } from "../support/provenance.ts";

const ID = "5f6e".repeat(16);
const FLUENT_BIT = {
  pod_name: "web-6f5c-abcde",
  namespace_name: "shop",
  pod_id: "0a1b",
  labels: { "app.kubernetes.io/name": "web", "app.kubernetes.io/version": "1.4.2", app: "other" },
  host: "node-1",
  container_name: "web",
  docker_id: ID,
  container_image: "registry:5000/shop/web:1.4.1",
};
const PLACE = { namespace: "shop", pod: "web-6f5c-abcde", container_name: "web", container_id: ID, node: "node-1" };

function read(members: Record<string, unknown>, dialect: Dialect = "forward") {
  const record = recordFromObject(members, provenance(), dialect);
  return { ...record, fields: Object.fromEntries(record.fields) };
}

describe("the place a record comes from", () => {
  it("is lifted from what Fluent Bit attaches, which stays a field", () => {
    const { fields, host, service, release } = read({ log: "x\n", kubernetes: FLUENT_BIT });

    assert.deepEqual(fields, { kubernetes: FLUENT_BIT, ...PLACE });
    assert.equal(host, "node-1");
    assert.equal(service, "web");
    assert.equal(release, "1.4.2");
  });

  it("is lifted from Fluentd's docker and kubernetes", () => {
    const { docker_id: _, ...kubernetes } = FLUENT_BIT;
    const { fields } = read({ log: "x", docker: { container_id: ID }, kubernetes });

    assert.equal(fields["container_id"], ID);
    assert.equal(fields["pod"], PLACE.pod);
  });

  it("is lifted from Filebeat's nesting", () => {
    const kubernetes = {
      namespace: "shop",
      pod: { name: PLACE.pod, uid: "x" },
      container: { name: "web" },
      node: { name: "node-1" },
    };
    const { fields } = read({ message: "x", kubernetes, container: { id: ID, image: { name: "shop/web:2" } } }, "json");

    for (const [name, value] of Object.entries(PLACE)) assert.equal(fields[name], value, name);
  });

  it("is lifted from flat names, dotted or with underscores", () => {
    const flat = {
      "k8s.namespace.name": "shop",
      "k8s.pod.name": PLACE.pod,
      "k8s.container.name": "web",
      "container.id": ID,
      "k8s.node.name": "node-1",
    };
    const { fields } = read({ message: "x", ...flat }, "grpc");
    for (const [name, value] of Object.entries(PLACE)) assert.equal(fields[name], value, name);

    const flattened = Object.fromEntries(Object.entries(FLUENT_BIT).map(([name, value]) => [`_kubernetes_${name}`, value]));
    const gelf = read({ short_message: "x", ...flattened }, "gelf");
    for (const [name, value] of Object.entries(PLACE)) assert.equal(gelf.fields[name], value, name);
  });

  it("is Docker's container, without the slash of its name", () => {
    const { fields, rawLine } = read({ log: "x", container_name: "/web", container_id: ID, source: "stderr" });

    assert.deepEqual(fields, { container_name: "web", container_id: ID, source: "stderr" });
    assert.equal(rawLine, true);
  });

  it("is for the collector to say: what the program logged under the same name moves", () => {
    const { fields } = read({ log: '{"msg":"x","namespace":"/chat","pod":"mine"}', kubernetes: FLUENT_BIT });

    assert.equal(fields["namespace"], "shop");
    assert.equal(fields["log_namespace"], "/chat");
    assert.equal(fields["log_pod"], "mine");
  });

  it("is read as Vector writes it", () => {
    const kubernetes = {
      pod_name: "web-1",
      pod_namespace: "shop",
      pod_node_name: "node-1",
      container_name: "app",
      container_image: "shop/web:1.4.2",
      pod_labels: { app: "web", env: "staging" },
    };
    const { fields, host, service, environment, release } = read({ message: "x", kubernetes });
    assert.deepEqual([fields["pod"], fields["namespace"], fields["container_name"]], ["web-1", "shop", "app"]);
    assert.deepEqual([host, service, environment, release], ["node-1", "web", "staging", "1.4.2"]);
  });

  it("leaves a host and a release that the record names itself", () => {
    const { host, release } = read({ message: "x", hostname: "web-6f5c", release: "9", kubernetes: FLUENT_BIT });

    assert.equal(host, "web-6f5c");
    assert.equal(release, "9");
  });

  it("survives odd values", () => {
    for (const odd of [null, "x", 3, [], {}, { pod_name: 3, labels: [], host: {} }, { labels: { app: {} }, pod: [] }]) {
      assert.equal(read({ log: "x", kubernetes: odd }).message, "x");
    }
  });
});

describe("versionOfImage", () => {
  it("is the image's tag", () => {
    assert.equal(read({ message: "x", container_image: "registry:5000/shop/web:1.4.1" }, "gelf").release, "1.4.1");
    assert.equal(versionOfImage("nginx:1.25"), "1.25");
    assert.equal(versionOfImage("registry:5000/shop/web:1.4.2"), "1.4.2");
    assert.equal(versionOfImage("shop/web:1.4.2@sha256:abc"), "1.4.2");
    for (const image of ["nginx", "registry:5000/web", "nginx:latest", "nginx:", "@sha256:abc", ""])
      assert.equal(versionOfImage(image), undefined, image);
  });
});
