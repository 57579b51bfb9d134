import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Wishes } from "../../../src/wire/kubernetes/annotations.ts";
import { PlaceFacts } from "../../../src/wire/kubernetes/place-facts.ts";
import { PodBook } from "../../../src/wire/kubernetes/pod-book.ts";
import { podOf, type Pod } from "../../../src/wire/kubernetes/pod.ts";
import { ManualClock } from "../../support/clock.ts";
import { podObject, type PodParts } from "../../support/kube-api.ts";

const mappings = {
  labels: new Map([
    ["app.kubernetes.io/name", "service"],
    ["app", "service"],
    ["version", "release"],
    ["team", "team"],
  ]),
  annotations: new Map([["example.com/oncall", "oncall"]]),
};

function pod(parts: PodParts): Pod {
  const found = podOf(podObject(parts), mappings);
  assert.ok(found !== undefined);
  return found;
}

function book(namespaces: Record<string, Record<string, string>> = {}, clock = new ManualClock()): PodBook {
  return new PodBook({
    mappings,
    clock,
    ready: Promise.resolve(),
    namespaceAnnotations: (name) => new Map(Object.entries(namespaces[name] ?? {})),
    upstreamFor: ({ upstream }: Wishes) => upstream,
  });
}

const running = (name: string, image: string) => ({
  name,
  image,
  restartCount: 0,
  containerID: `containerd://${name}`,
  state: { running: {} },
});

describe("the book of pods", () => {
  it("knows service, release, owner, image and uid of a container", () => {
    const pods = book();
    pods.changed(
      pod({
        name: "web-7d9c6b5f4-abcde",
        labels: { app: "old", "app.kubernetes.io/name": "web", version: "1.4.2", team: "shop", "pod-template-hash": "7d9c6b5f4" },
        annotations: { "example.com/oncall": "anna", "example.com/other": "no" },
        owner: { kind: "ReplicaSet", name: "web-7d9c6b5f4" },
        statuses: [running("web", "registry/web:1.4.2"), running("proxy", "envoy:2")],
      }),
    );
    const facts = pods.facts({ namespace: "shop", pod: "web-7d9c6b5f4-abcde", container: "web" });
    assert.deepEqual(Object.fromEntries(facts?.metadata ?? []), {
      service: "web",
      release: "1.4.2",
      team: "shop",
      oncall: "anna",
      "k8s.deployment.name": "web",
      pod_uid: "uid-web-7d9c6b5f4-abcde",
      container_image: "registry/web:1.4.2",
    });
    assert.equal(facts?.upstream, undefined);
    assert.equal(facts?.excluded, false);
    assert.equal(
      pods.facts({ namespace: "shop", pod: "web-7d9c6b5f4-abcde", container: "proxy" })?.metadata.get("container_image"),
      "envoy:2",
    );
  });

  it("knows a workload by each kind of owner, and calls what has no label by it", () => {
    const owned = (name: string, kind: string, owner: string, labels = {}): object => {
      const pods = book();
      pods.changed(pod({ name, labels, owner: { kind, name: owner } }));
      const { pod_uid: _, ...rest } = Object.fromEntries(pods.facts({ namespace: "shop", pod: name })?.metadata ?? []);
      return rest;
    };
    assert.deepEqual(owned("db-0", "StatefulSet", "db"), { service: "db", "k8s.statefulset.name": "db" });
    assert.deepEqual(owned("log-x", "DaemonSet", "log"), { service: "log", "k8s.daemonset.name": "log" });
    assert.deepEqual(owned("r-x", "Job", "report"), { service: "report", "k8s.job.name": "report" });
    assert.deepEqual(owned("r-x", "Job", "report-29384756"), {
      service: "report",
      "k8s.cronjob.name": "report",
      "k8s.job.name": "report-29384756",
    });
    // Not a deployment's: its hash is not the pod's.
    assert.deepEqual(owned("w-x", "ReplicaSet", "w-abc"), { service: "w-abc", "k8s.replicaset.name": "w-abc" });
    assert.deepEqual(owned("k-node-1", "Node", "node-1"), {});
    assert.deepEqual(owned("x", "Rollout", "x"), { service: "x", "k8s.rollout.name": "x" });
  });

  it("takes annotations of the pod before those of its namespace", () => {
    const pods = book({
      shop: { "crumbtrail.dev/upstream": "shops", "crumbtrail.dev/environment": "staging", "crumbtrail.dev/exclude": "proxy" },
    });
    pods.changed(pod({ name: "a" }));
    pods.changed(pod({ name: "b", annotations: { "crumbtrail.dev/upstream": "special", "crumbtrail.dev/exclude": "true" } }));
    const of = (name: string, container: string) => pods.facts({ namespace: "shop", pod: name, container });
    assert.equal(of("a", "web")?.upstream, "shops");
    assert.equal(of("a", "web")?.metadata.get("environment"), "staging");
    assert.equal(of("a", "web")?.excluded, false);
    assert.equal(of("a", "proxy")?.excluded, true);
    assert.equal(of("b", "web")?.excluded, true);
  });

  it("grows its version when something changes that matters, and gives the same facts until then", () => {
    const pods = book();
    pods.changed(pod({ name: "a", labels: { app: "one" }, statuses: [running("web", "web:1")] }));
    const before = pods.facts({ namespace: "shop", pod: "a", container: "web" });
    const { version } = pods;
    pods.changed(pod({ name: "a", labels: { app: "one" }, statuses: [{ ...running("web", "web:1"), restartCount: 3 }] }));
    assert.equal(pods.version, version);
    assert.equal(pods.facts({ namespace: "shop", pod: "a", container: "web" }), before);

    pods.changed(pod({ name: "a", labels: { app: "two" }, statuses: [running("web", "web:1")] }));
    assert.ok(pods.version > version);
    assert.equal(pods.facts({ namespace: "shop", pod: "a", container: "web" })?.metadata.get("service"), "two");
  });

  it("asks namespaces again when they have changed", () => {
    const namespaces: Record<string, Record<string, string>> = {};
    const pods = book(namespaces);
    pods.changed(pod({ name: "a" }));
    assert.equal(pods.facts({ namespace: "shop", pod: "a" })?.upstream, undefined);
    namespaces["shop"] = { "crumbtrail.dev/upstream": "shops" };
    const { version } = pods;
    pods.namespaceChanged("shop");
    assert.ok(pods.version > version);
    assert.equal(pods.facts({ namespace: "shop", pod: "a" })?.upstream, "shops");
  });

  it("keeps a pod that is gone for a while, because its log is still being read, and prefers its successor", () => {
    const clock = new ManualClock();
    const pods = book({}, clock);
    pods.changed(pod({ name: "db-0", uid: "one", labels: { version: "1" } }));
    pods.removed(pod({ name: "db-0", uid: "one" }));
    assert.deepEqual(pods.pods, []);
    assert.equal(pods.facts({ namespace: "shop", pod: "db-0" })?.metadata.get("release"), "1");

    pods.changed(pod({ name: "db-0", uid: "two", labels: { version: "2" } }));
    const release = (uid?: string): string | undefined =>
      pods.facts({ namespace: "shop", pod: "db-0", uid })?.metadata.get("release");
    assert.deepEqual([release(), release("one"), release("two"), release("three")], ["2", "1", "2", undefined]);

    clock.advance(600_001);
    pods.changed(pod({ name: "c", uid: "c" }));
    pods.removed(pod({ name: "c", uid: "c" }));
    assert.deepEqual([release(), release("one"), release("two")], ["2", undefined, "2"]);
  });

  it("finds a static pod by the uid that its log has", () => {
    const pods = book();
    pods.changed(pod({ name: "etcd-node-1", uid: "mirror", annotations: { "kubernetes.io/config.hash": "abc123" } }));
    const place = { namespace: "shop", pod: "etcd-node-1" };
    assert.equal(pods.facts({ ...place, uid: "abc123" })?.metadata.get("pod_uid"), "mirror");
    assert.equal(pods.facts({ ...place, uid: "mirror" }), undefined);
  });

  it("forgets the oldest of many pods that have come and gone", () => {
    const pods = book();
    for (let i = 0; i < 4_000; i += 1) {
      pods.changed(pod({ name: `p${i}` }));
      pods.removed(pod({ name: `p${i}` }));
    }
    let known = 0;
    for (let i = 0; i < 4_000; i += 1) if (pods.facts({ namespace: "shop", pod: `p${i}` }) !== undefined) known += 1;
    assert.equal(known, 500);
  });

  it("is the same after any changes as after a fresh list", () => {
    const name = fc.constantFrom("a", "b", "c");
    const state = fc.record({ name, uid: fc.constantFrom("1", "2"), version: fc.constantFrom("x", "y") });
    const toPod = (one: { name: string; uid: string; version: string }): Pod =>
      pod({ name: one.name, uid: `${one.name}${one.uid}`, labels: { version: one.version } });
    const step = fc.oneof(
      fc.record({ put: state }),
      fc.record({ drop: state }),
      fc.record({ list: fc.array(state, { maxLength: 4 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const pods = book();
        const model = new Map<string, Pod>();
        for (const one of steps) {
          if ("put" in one) {
            pods.changed(toPod(one.put));
            model.set(toPod(one.put).uid, toPod(one.put));
          } else if ("drop" in one) {
            pods.removed(toPod(one.drop));
            model.delete(toPod(one.drop).uid);
          } else {
            const list = new Map(one.list.map((parts) => [toPod(parts).uid, toPod(parts)]));
            pods.replaced([...list.values()]);
            model.clear();
            for (const [uid, fresh] of list) model.set(uid, fresh);
          }
        }
        const fresh = book();
        fresh.replaced([...model.values()]);
        const shown = (of: PodBook): unknown =>
          of.pods
            .map((one) => [one, of.facts({ namespace: one.namespace, pod: one.name, uid: one.logUid })])
            .sort((x, y) => JSON.stringify(x).localeCompare(JSON.stringify(y)));
        assert.deepEqual(shown(pods), shown(fresh));
      }),
      { numRuns: 300 },
    );
  });
});

describe("what is known about a log file's place", () => {
  const path = new Map([
    ["log_file", "/var/log/pods/shop_a_uid-a/web/0.log"],
    ["namespace", "shop"],
    ["pod", "a"],
    ["container_name", "web"],
  ]);

  it("is what the pods add to what the path says, in one map that stays the same until something changes", () => {
    const pods = book();
    const place = new PlaceFacts(path);
    assert.equal(place.now(undefined).metadata.size, 0);
    assert.equal(place.now(pods).metadata.size, 0);

    pods.changed(pod({ name: "a", labels: { app: "web", version: "1" }, annotations: { "crumbtrail.dev/upstream": "shops" } }));
    const first = place.now(pods);
    assert.deepEqual(Object.fromEntries(first.metadata), {
      service: "web",
      release: "1",
      pod_uid: "uid-a",
    });
    assert.equal(first.upstream, "shops");

    pods.changed(pod({ name: "b" }));
    assert.equal(place.now(pods).metadata, first.metadata);
  });

  it("stays when the pods forget it, and has no part in pods where the path is of none", () => {
    const clock = new ManualClock();
    const pods = book({}, clock);
    pods.changed(pod({ name: "a", labels: { app: "web" } }));
    const place = new PlaceFacts(path);
    const known = place.now(pods);
    pods.removed(pod({ name: "a" }));
    clock.advance(700_000);
    pods.changed(pod({ name: "b" }));
    pods.removed(pod({ name: "b" }));
    assert.equal(pods.facts({ namespace: "shop", pod: "a" }), undefined);
    assert.equal(place.now(pods).metadata, known.metadata);

    const plain = new Map([["log_file", "/var/log/nginx/error.log"]]);
    assert.equal(new PlaceFacts(plain).isOfPod, false);
    assert.equal(new PlaceFacts(plain).now(pods).metadata.size, 0);
  });
});
