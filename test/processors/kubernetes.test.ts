import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as fc from "fast-check";
import { kubernetes, kubernetesProcessor } from "../../src/processors/kubernetes.ts";
import { downwardTexts } from "../../src/processors/kubernetes/downward.ts";
import { fieldText } from "../../src/record/field.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { ManualClock } from "../support/clock.ts";
import { anyRecord, processorHost, recordOf } from "../support/processing.ts";

const ENV = {
  POD_NAMESPACE: "shop",
  POD_NAME: "web-7d9c6b5f4-abcde",
  POD_UID: "u-1",
  NODE_NAME: "node-1",
  CONTAINER_NAME: "web",
};

describe("the kubernetes processor", () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "crumbtrail-podinfo-"));
  });

  after(() => rmSync(directory, { recursive: true }));

  function labels(text: string, annotations = ""): void {
    writeFileSync(join(directory, "labels"), text);
    writeFileSync(join(directory, "annotations"), annotations);
  }

  function processor(config: object = {}, env: Readonly<NodeJS.ProcessEnv> = ENV, clock = new ManualClock()) {
    const parsed = kubernetes.config.parse({ downward: directory, ...config });
    return kubernetesProcessor(parsed, { ...processorHost(), clock }, env);
  }

  function processed(record: LogRecord, config: object = {}, env: Readonly<NodeJS.ProcessEnv> = ENV): LogRecord {
    assert.equal(processor(config, env).process(record), "keep");
    return record;
  }

  it("fills in the pod by variables and the files of the downward API", () => {
    labels(
      'app.kubernetes.io/name="web"\napp.kubernetes.io/version="1.4.2"\napp.kubernetes.io/component="checkout"\npod-template-hash="7d9c6b5f4"\n',
      'crumbtrail.dev/environment="staging"\nkubernetes.io/config.seen="2026-11-20T10:00:00Z"\n',
    );
    const record = processed(recordOf());
    assert.equal(record.service, "web");
    assert.equal(record.release, "1.4.2");
    assert.equal(record.environment, "staging");
    assert.deepEqual(Object.fromEntries(record.fields), {
      namespace: "shop",
      pod: "web-7d9c6b5f4-abcde",
      pod_uid: "u-1",
      node: "node-1",
      container_name: "web",
      component: "checkout",
      "k8s.deployment.name": "web",
    });
  });

  it("leaves what the record says", () => {
    labels('app="web"\nversion="2"\n');
    const record = processed(recordOf({ service: "own", release: "1" }, { namespace: "mine", node: "n" }));
    assert.equal(record.service, "own");
    assert.equal(record.release, "1");
    assert.equal(record.fields.get("namespace"), "mine");
    assert.equal(record.fields.get("node"), "n");
    assert.equal(record.fields.get("pod"), ENV.POD_NAME);
  });

  it("knows only the node of another pod's record", () => {
    labels('app="web"\n');
    const record = processed(recordOf({}, { pod: "other" }));
    assert.equal(record.service, undefined);
    assert.deepEqual(Object.fromEntries(record.fields), { pod: "other", node: "node-1" });
  });

  it("prefers what is configured, and takes labels and annotations as told", () => {
    labels('team="a"\ntier="web"\n', 'example.com/oncall="anna"\n');
    const config = { pod: "p", labels: { team: "team", missing: "team" }, annotations: { "example.com/oncall": "oncall" } };
    const record = processed(recordOf(), config, {});
    assert.deepEqual(Object.fromEntries(record.fields), { pod: "p", oncall: "anna", team: "a" });
  });

  it("does nothing where there is neither variable nor file", () => {
    const record = processed(recordOf(), { downward: join(directory, "nowhere") }, {});
    assert.deepEqual(record, recordOf());
  });

  it("sees labels that change while it runs", () => {
    const clock = new ManualClock();
    labels('version="1"\n');
    const one = processor({}, ENV, clock);
    const releaseNow = (): string | undefined => {
      const record = recordOf();
      one.process(record);
      return record.release;
    };
    assert.equal(releaseNow(), "1");
    labels('version="2"\n');
    assert.equal(releaseNow(), "1");
    clock.advance(10_000);
    assert.equal(releaseNow(), "2");
  });

  it("takes the upstream that the annotation chooses, if it may and no route has", () => {
    labels("", 'crumbtrail.dev/upstream="payments"\n');
    assert.deepEqual(processed(recordOf(), { upstreams: ["payments"] }).upstreams, ["payments"]);
    assert.equal(processed(recordOf(), { upstreams: ["other"] }).upstreams, undefined);
    assert.deepEqual(processed(recordOf({ upstreams: ["mine"] }), { upstreams: ["payments"] }).upstreams, ["mine"]);
    assert.equal(processed(recordOf({}, { pod: "other" }), { upstreams: ["payments"] }).upstreams, undefined);
  });

  it("knows the workload from labels alone", () => {
    const workload = (pod: string, text: string): string => {
      labels(text);
      const record = processed(recordOf(), { pod }, {});
      const names = [...record.fields.keys()].filter((name) => name.startsWith("k8s."));
      return [...names.map((name) => `${name},${fieldText(record, name)}`), record.service ?? ""].join(" ");
    };
    assert.equal(workload("db-2", 'statefulset.kubernetes.io/pod-name="db-2"\n'), "k8s.statefulset.name,db db");
    assert.equal(
      workload("agent-x7x2p", 'controller-revision-hash="1"\npod-template-generation="1"\n'),
      "k8s.daemonset.name,agent agent",
    );
    assert.equal(
      workload("r-1-x", 'batch.kubernetes.io/job-name="r-29384756"\n'),
      "k8s.cronjob.name,r k8s.job.name,r-29384756 r",
    );
    assert.equal(workload("web-1-2", 'pod-template-hash="9"\n'), "");
    assert.equal(workload("db-2", ""), "");
  });

  it("never throws and never drops, whatever the record and the files", () => {
    fc.assert(
      fc.property(anyRecord, fc.string({ unit: "binary" }), fc.string(), (record, one, other) => {
        labels(one, other);
        processed(record);
      }),
      { numRuns: 200 },
    );
  });

  it("reads texts as Go quotes them", () => {
    const written =
      'a="plain"\nb="two\\nlines \\"quoted\\" back\\\\slash \\t"\nc="\\u00fc \\U0001f642 \\x41 \\UFFFFFFFF"\nd=bare\n=none\nno line\ne="a=b"\n';
    assert.deepEqual(Object.fromEntries(downwardTexts(written)), {
      a: "plain",
      b: 'two\nlines "quoted" back\\slash \t',
      c: "ü 🙂 A �",
      d: "bare",
      e: "a=b",
    });
  });

  it("says once that a DSN and a rate are for relays that serve many pods", () => {
    labels("", 'k8s.sentry.io/dsn="https://secretkey@sentry.example/1"\n');
    const complaints: string[] = [];
    const host = { ...processorHost(), complain: ({ message }: { message: string }) => void complaints.push(message) };
    const asked = kubernetesProcessor(kubernetes.config.parse({ downward: directory }), host, ENV);
    for (let i = 0; i < 3; i += 1) assert.equal(asked.process(recordOf()), "keep");

    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? "", /not heeded in a sidecar/);
    assert.doesNotMatch(complaints[0] ?? "", /secretkey/);
  });
});
