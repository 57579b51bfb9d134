import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { jsonLine } from "../../../src/codec/json-line.ts";
import { isMalformed, NOTHING } from "../../../src/component/codec.ts";
import { Severity } from "../../../src/record/severity.ts";
import type { LogRecord } from "../../../src/record/record.ts";
import { podOf, type Pod } from "../../../src/wire/kubernetes/pod.ts";
import { terminationRecord } from "../../../src/wire/kubernetes/termination-record.ts";
import { Terminations, type Termination } from "../../../src/wire/kubernetes/terminations.ts";
import { podObject, type PodParts } from "../../support/kube-api.ts";
import { provenance } from "../../support/provenance.ts";
import { anyValue } from "../../support/processing.ts";

const kept = { labels: new Map<string, string>(), annotations: new Map<string, string>() };
const NOON = Date.UTC(2026, 10, 20, 12);

function pod(statuses: PodParts["statuses"], parts: Partial<PodParts> = {}): Pod {
  const found = podOf(podObject({ name: "web-7d9-x", ...parts, statuses: statuses ?? [] }), kept);
  assert.ok(found !== undefined);
  return found;
}

function terminations(): Terminations {
  return new Terminations({ waiting: new Set(["CrashLoopBackOff", "ImagePullBackOff"]), sinceMs: NOON - 600_000 });
}

function terminated(id: string, exitCode: number, reason = "Error", finishedAt = "2026-11-20T12:00:00Z") {
  return { terminated: { exitCode, reason, startedAt: "2026-11-20T11:00:00Z", finishedAt, containerID: `containerd://${id}` } };
}

const status = (parts: object) => ({ name: "web", image: "web:1", restartCount: 0, ...parts });
const said = (found: readonly Termination[]): string[] => found.map(({ reason, run, id }) => `${reason} ${run} ${id}`);

describe("terminations", () => {
  it("tells of each end once, as the state it is in and as the last one before the present", () => {
    const seen = terminations();
    assert.deepEqual(said(seen.see(pod([status({ containerID: "containerd://a", state: terminated("a", 1) })]))), ["Error 0 a"]);
    const again = status({
      restartCount: 1,
      containerID: "containerd://b",
      state: { running: {} },
      lastState: terminated("a", 1),
    });
    assert.deepEqual(seen.see(pod([again])), []);
    const next = status({
      restartCount: 2,
      containerID: "containerd://c",
      state: { running: {} },
      lastState: terminated("b", 137, "OOMKilled"),
    });
    assert.deepEqual(said(seen.see(pod([next]))), ["OOMKilled 1 b"]);
  });

  it("tells of a crash loop once for a container, beside each of its ends", () => {
    const seen = terminations();
    const waiting = (id: string, restartCount: number) =>
      status({
        restartCount,
        containerID: `containerd://${id}`,
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting failed container" } },
        lastState: terminated(id, 2),
      });
    assert.deepEqual(said(seen.see(pod([waiting("d", 3)]))), [
      "Error 3 d",
      "CrashLoopBackOff 3 uid-web-7d9-x/web/CrashLoopBackOff",
    ]);
    assert.deepEqual(said(seen.see(pod([waiting("e", 4)]))), ["Error 4 e"]);
  });

  it("tells of a crash loop whose runs end well, and of an image that cannot be had", () => {
    const loop = status({
      restartCount: 5,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: terminated("a", 0, "Completed"),
    });
    assert.deepEqual(
      terminations()
        .see(pod([loop]))
        .map(({ reason }) => reason),
      ["CrashLoopBackOff"],
    );
    const pull = status({ state: { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling image" } } });
    const [found] = terminations().see(pod([pull]));
    assert.equal(found?.ended, undefined);
    assert.equal(found?.reason, "ImagePullBackOff");
    assert.deepEqual(terminations().see(pod([status({ state: { waiting: { reason: "ContainerCreating" } } })])), []);
  });

  it("says nothing of what ends well, what was deleted, and what is old", () => {
    const ends = (exitCode: number, reason: string, finishedAt?: string) => [
      status({ state: terminated("a", exitCode, reason, finishedAt) }),
    ];
    assert.deepEqual(terminations().see(pod(ends(0, "Completed"))), []);
    assert.deepEqual(terminations().see(pod(ends(143, "Error"), { deleting: true })), []);
    assert.deepEqual(said(terminations().see(pod(ends(137, "OOMKilled"), { deleting: true }))), ["OOMKilled 0 a"]);
    assert.deepEqual(terminations().see(pod(ends(1, "Error", "2026-11-20T11:49:00Z"))), []);
    assert.equal(terminations().see(pod(ends(1, "Error", "no time"))).length, 1);
  });

  it("looks at the containers that prepare and debug a pod too", () => {
    const object = podObject({ name: "a" });
    const init = { ...object, status: { initContainerStatuses: [status({ name: "migrate", state: terminated("m", 1) })] } };
    const found = podOf(init, kept);
    assert.ok(found !== undefined);
    assert.deepEqual(
      terminations()
        .see(found)
        .map(({ container }) => container.name),
      ["migrate"],
    );
  });

  it("never throws, whatever the API says of a pod", () => {
    fc.assert(
      fc.property(anyValue, anyValue, anyValue, (metadata, one, two) => {
        const object = podObject({ name: "a" });
        podOf({ ...object, metadata }, kept);
        podOf(one, kept);
        for (const statuses of [
          one,
          [one, two],
          [{ state: one, lastState: two }],
          [{ state: { terminated: one, waiting: two } }],
        ]) {
          const found = podOf({ ...object, status: { containerStatuses: statuses } }, kept);
          for (const termination of found === undefined ? [] : terminations().see(found)) {
            terminationRecord(termination, { node: "n", facts: new Map(), lastLines: undefined });
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the record of a termination", () => {
  function record(statuses: PodParts["statuses"], parts: Partial<PodParts> = {}): LogRecord {
    const found = terminations().see(pod(statuses, parts)).at(-1);
    assert.ok(found !== undefined);
    const json = terminationRecord(found, {
      node: "node-1",
      facts: new Map([
        ["service", "shop-web"],
        ["environment", "staging"],
        ["k8s.deployment.name", "web"],
      ]),
      lastLines: ["one", "two"],
    });
    const bytes = Buffer.from(json);
    const decoded = jsonLine.decode(bytes, 0, bytes.length, provenance({ receivedMs: NOON + 5_000, peer: "" }));
    assert.ok(decoded !== NOTHING && !isMalformed(decoded));
    return decoded;
  }
  const owner = { kind: "ReplicaSet", name: "web-7d9" };
  const labels = { "pod-template-hash": "7d9" };

  it("says who ended, how, where, and what it wrote last", () => {
    const oom = record([status({ restartCount: 3, state: terminated("a", 137, "OOMKilled") })], { owner, labels });
    assert.equal(oom.message, "container web of shop/web ran out of memory: OOMKilled in run 3");
    assert.equal(oom.severity, Severity.fatal);
    assert.equal(oom.timeMs, NOON);
    assert.equal(oom.logger, "kubernetes");
    assert.equal(oom.service, "shop-web");
    assert.equal(oom.environment, "staging");
    assert.deepEqual(oom.fingerprint, ["container end", "shop", "Deployment web", "web", "OOMKilled"]);
    const fields = Object.fromEntries(oom.fields);
    assert.equal(fields["namespace"], "shop");
    assert.equal(fields["pod"], "web-7d9-x");
    assert.equal(fields["container_name"], "web");
    assert.equal(fields["container_id"], "a");
    assert.equal(fields["node"], "node-1");
    assert.equal(fields["exit_status"], 137);
    assert.deepEqual(fields["last_output"], ["one", "two"]);
  });

  it("is one issue for all pods of a workload, and another for each status", () => {
    const one = record([status({ state: terminated("a", 1) })], { owner, labels });
    const other = record([status({ state: terminated("b", 1) })], { owner, labels, name: "web-7d9-y", uid: "y" });
    const third = record([status({ state: terminated("c", 2) })], { owner, labels });
    assert.deepEqual(one.fingerprint, other.fingerprint);
    assert.notDeepEqual(one.fingerprint, third.fingerprint);
    assert.equal(one.severity, Severity.error);
    assert.equal(one.message, "container web of shop/web exited with status 1");
  });

  it("names signals, crash loops and what cannot start", () => {
    const message = (statuses: PodParts["statuses"]): string => record(statuses).message;
    assert.equal(message([status({ state: terminated("a", 139) })]), "container web of shop/web-7d9-x was killed by SIGSEGV");
    assert.equal(
      message([status({ restartCount: 4, state: { waiting: { reason: "CrashLoopBackOff" } } })]),
      "container web of shop/web-7d9-x does not stay up: CrashLoopBackOff after 4 restarts",
    );
    assert.equal(
      message([status({ state: { waiting: { reason: "ImagePullBackOff" } } })]),
      "container web of shop/web-7d9-x cannot start: ImagePullBackOff",
    );
    assert.equal(
      message([status({ state: terminated("a", 128, "StartError") })]),
      "container web of shop/web-7d9-x ended: StartError, status 128",
    );
  });
});
