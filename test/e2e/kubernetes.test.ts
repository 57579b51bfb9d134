import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ROOT } from "../house/sandbox.ts";
import { ended, MAIN } from "../support/command.ts";
import { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/input-host.ts";
import { KubeApi, podObject } from "../support/kube-api.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

type Json = Readonly<Record<string, unknown>>;

/** A node's /var/log, and an API server that knows its pods. */
describe("a relay on a Kubernetes node", () => {
  let tracker: MiniSentry;
  let api: KubeApi;
  let node: string;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    tracker = await MiniSentry.start();
    api = new KubeApi();
    api.namespaces.set("shop", { "crumbtrail.dev/environment": "staging" });
    await api.start();
    node = mkdtempSync(join(tmpdir(), "crumbtrail-node-"));
    daemon = undefined;
  });

  afterEach(async () => {
    await daemon?.stop();
    await api.stop();
    await tracker.close();
    rmSync(node, { recursive: true });
  });

  /** The configuration of the DaemonSet, with the paths and servers of this test. */
  function configuration(): string {
    const text = readFileSync(join(ROOT, "deploy/kubernetes/base/relay.yml"), "utf8");
    const written = text
      .replaceAll("/var/log/", `${node}/`)
      .replaceAll("/var/lib/crumbtrail", join(node, "state"))
      .replace(
        "  cluster:\n    type: kubernetes\n",
        `  cluster:\n    type: kubernetes\n    api_server: "http://127.0.0.1:${api.port}"\n    pod_logs: "${node}/pods"\n`,
      )
      .replace(/^admin:.*$/m, "");
    assert.ok(written.includes("api_server"));
    return written;
  }

  function log(pod: string, container: string, run: number): string {
    const folder = join(node, "pods", `shop_${pod}_uid-${pod}`, container);
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(node, "containers"), { recursive: true });
    const path = join(folder, `${run}.log`);
    writeFileSync(path, "");
    symlinkSync(path, join(node, "containers", `${pod}_shop_${container}-${"a".repeat(63)}${run}.log`));
    return path;
  }

  const line = (text: string, stream = "stdout"): string => `${new Date().toISOString()} ${stream} F ${text}\n`;

  it("makes issues of what containers print and of their ends, and says whose they are", async () => {
    const owner = { kind: "ReplicaSet", name: "web-7d9c6b5f4" };
    const labels = { "app.kubernetes.io/name": "web", "app.kubernetes.io/version": "1.4.2", "pod-template-hash": "7d9c6b5f4" };
    const name = "web-7d9c6b5f4-abcde";
    const status = { name: "web", image: "web:1.4.2", restartCount: 0, containerID: "containerd://one", state: { running: {} } };
    api.put(podObject({ name, labels, owner, statuses: [status] }));
    const path = log(name, "web", 0);
    daemon = await Daemon.start({
      config: configuration(),
      env: { NODE_NAME: "node-1", SENTRY_DSN: tracker.dsn("1") },
    });

    appendFileSync(path, line("listening on 8080") + line('{"level":"error","msg":"payment failed","order":7}', "stderr"));
    const [first] = await tracker.waitForEvents(1);
    assert.equal(((first?.["logentry"] ?? {}) as Json)["formatted"], "payment failed");
    const tags = first?.["tags"] as Json;
    assert.equal(tags["namespace"], "shop");
    assert.equal(tags["pod"], name);
    assert.equal(tags["container_name"], "web");
    assert.equal(tags["input"], "pods");
    assert.equal(first?.["server_name"], "node-1");

    appendFileSync(path, line("allocating a lot"));
    const finishedAt = new Date().toISOString();
    const terminated = { exitCode: 137, reason: "OOMKilled", finishedAt, containerID: "containerd://one" };
    api.put(podObject({ name, labels, owner, statuses: [{ ...status, state: { terminated } }] }));
    const events = await tracker.waitForEvents(2);
    const end = events.find((event) => (event["tags"] as Json)["input"] === "cluster");
    assert.equal(end?.["level"], "fatal");
    assert.equal((end["logentry"] as Json)["formatted"], "container web of shop/web ran out of memory: OOMKilled in run 0");
    assert.equal(end["release"], "1.4.2");
    assert.equal(end["environment"], "staging");
    assert.equal(end["server_name"], "node-1");
    const context = (end["contexts"] as Json)["kubernetes"] as Json;
    assert.equal(context["deployment"], "web");
    assert.equal(context["pod"], name);
    const last = (end["extra"] as Json)["last_output"] as readonly string[];
    assert.equal(last.at(-1), "allocating a lot");
    await daemon.settled(4);
    assert.deepEqual(tracker.problems, []);
  });

  it("gives what containers print the labels of their pod, and heeds its annotations", async () => {
    api.put(podObject({ name: "web-0", labels: { app: "web", version: "1.4.2" }, owner: { kind: "StatefulSet", name: "web" } }));
    api.put(podObject({ name: "pay-0", annotations: { "crumbtrail.dev/upstream": "payments" } }));
    api.put(podObject({ name: "noisy-0", annotations: { "crumbtrail.dev/exclude": "true" } }));
    const paths = ["web-0", "pay-0", "noisy-0"].map((name) => log(name, "app", 0));
    const config = configuration()
      .replace("    type: kubernetes\n", "    type: kubernetes\n    upstreams: [payments]\n")
      .replace("upstreams:\n  default:", `upstreams:\n  payments: { type: sentry, dsn: "${tracker.dsn("2")}" }\n  default:`);
    daemon = await Daemon.start({ config, env: { NODE_NAME: "node-1", SENTRY_DSN: tracker.dsn("1") } });
    await eventually(() => api.watching === 1, "a watch");

    for (const path of paths) appendFileSync(path, line('{"level":"error","msg":"it failed"}'));
    await tracker.waitForEvents(2);
    const ledger = await daemon.settled(3);
    assert.equal(ledger.settled["filtered"], 1);
    const [web] = tracker.events("1");
    assert.equal(web?.["release"], "1.4.2");
    assert.equal(web["environment"], "staging");
    assert.equal((web["tags"] as Json)["service"], "web");
    assert.equal(((web["contexts"] as Json)["kubernetes"] as Json)["statefulset"], "web");
    assert.equal((tracker.events("2")[0] as { tags: Json } | undefined)?.tags["pod"], "pay-0");
  });
});

/** A pod in which the relay runs beside an application, or around it. */
describe("a relay in a pod", () => {
  let tracker: MiniSentry;
  let pod: string;
  let env: Readonly<Record<string, string>>;

  beforeEach(async () => {
    tracker = await MiniSentry.start();
    pod = mkdtempSync(join(tmpdir(), "crumbtrail-pod-"));
    for (const folder of ["logs", "podinfo"]) mkdirSync(join(pod, folder));
    writeFileSync(
      join(pod, "podinfo", "labels"),
      'app.kubernetes.io/name="shop"\napp.kubernetes.io/version="1.4.2"\npod-template-hash="7d9c6b5f4"\n',
    );
    writeFileSync(join(pod, "podinfo", "annotations"), 'crumbtrail.dev/environment="staging"\n');
    env = {
      POD_NAMESPACE: "shop",
      POD_NAME: "shop-7d9c6b5f4-abcde",
      NODE_NAME: "node-1",
      CONTAINER_NAME: "shop",
      SENTRY_DSN: tracker.dsn("1"),
    };
  });

  afterEach(async () => {
    await tracker.close();
    rmSync(pod, { recursive: true });
  });

  function configuration(file: string): string {
    return readFileSync(join(ROOT, "deploy/kubernetes/sidecar", file), "utf8")
      .replaceAll("/logs/", `${pod}/logs/`)
      .replaceAll("/var/lib/crumbtrail", join(pod, "state"))
      .replace("{ type: kubernetes }", `{ type: kubernetes, downward: "${pod}/podinfo" }`)
      .replace(/^admin:.*$/m, "");
  }

  function check(event: Json | undefined): void {
    assert.equal(event?.["release"], "1.4.2");
    assert.equal(event["environment"], "staging");
    const tags = event["tags"] as Json;
    assert.deepEqual(
      [tags["service"], tags["namespace"], tags["pod"], tags["container_name"]],
      ["shop", "shop", env["POD_NAME"], "shop"],
    );
    assert.equal(((event["contexts"] as Json)["kubernetes"] as Json)["deployment"], "shop");
  }

  it("reads the files that the application writes, also what it wrote before, and says which pod it is", async () => {
    const path = join(pod, "logs", "app.log");
    writeFileSync(path, '{"level":"info","msg":"starting"}\n{"level":"error","msg":"no database"}\n');
    const daemon = await Daemon.start({ config: configuration("relay.yml"), env });
    appendFileSync(path, '{"level":"error","msg":"still no database"}\n');
    const events = await tracker.waitForEvents(2);
    for (const event of events) check(event);
    assert.equal(await daemon.stop(), 0);
  });

  it("wraps the application, whose end becomes an issue of the same pod", async () => {
    const config = join(pod, "relay.yml");
    writeFileSync(config, `${configuration("wrapped.yml")}\nadmin: { listen: "127.0.0.1:0" }\n`);
    const command = ["sh", "-c", "echo working; exit 3"];
    const { code, stdout } = await ended(process.execPath, [MAIN, "run", "--config", config, "--", ...command], env);
    assert.equal(code, 3);
    assert.equal(stdout, "working\n");
    const [event] = await tracker.waitForEvents(1);
    check(event);
    assert.equal(((event?.["logentry"] ?? {}) as Json)["formatted"], "sh exited with status 3");
  });
});
