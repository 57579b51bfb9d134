import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ROOT } from "../house/sandbox.ts";
import { crumbtrail } from "../support/command.ts";
import { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/input-host.ts";
import { KubeApi, podObject, status } from "../support/kube-api.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

type Json = Readonly<Record<string, unknown>>;

interface Health {
  readonly name: string;
  readonly failures: number;
  readonly dsn_refused: boolean;
}

const line = (text: string): string => `${new Date().toISOString()} stderr F ${JSON.stringify({ level: "error", msg: text })}\n`;

/** A node whose pods say by annotations where their events go: to the operator's tracker, or to another one. */
describe("a relay on a node whose pods have DSNs of their own", () => {
  let own: MiniSentry;
  let other: MiniSentry;
  let otherPort: number;
  let forbidden: Server;
  let connections: number;
  let api: KubeApi;
  let node: string;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    [own, other] = [await MiniSentry.start(), await MiniSentry.start()];
    otherPort = other.port;
    connections = 0;
    forbidden = createServer((_, response) => void response.end());
    forbidden.on("connection", () => (connections += 1));
    await new Promise<void>((resolve) => forbidden.listen(0, "127.0.0.1", resolve));
    api = new KubeApi();
    api.namespaces.set("shop", {});
    await api.start();
    node = mkdtempSync(join(tmpdir(), "crumbtrail-node-"));
    daemon = undefined;
  });

  afterEach(async () => {
    await daemon?.stop("SIGKILL");
    await api.stop();
    forbidden.close();
    await Promise.all([own.close(), other.close()]);
    rmSync(node, { recursive: true });
  });

  /** The configuration of the DaemonSet, which reads logs from their start, and may send to the other tracker. */
  function start(): Promise<Daemon> {
    const config = readFileSync(join(ROOT, "deploy/kubernetes/base/relay.yml"), "utf8")
      .replaceAll("/var/log/", `${node}/`)
      .replaceAll("/var/lib/crumbtrail", join(node, "state"))
      .replace("    type: file\n", "    type: file\n    read_from: start\n")
      .replace(
        "    type: kubernetes\n",
        `    type: kubernetes\n    api_server: "http://127.0.0.1:${api.port}"\n    pod_logs: "${node}/pods"\n`,
      )
      .replace('"${SENTRY_DSN:-}" }', `"\${SENTRY_DSN:-}", allow_dsn_hosts: ["127.0.0.1:${otherPort}"] }`)
      .replace(/^admin:.*$/m, "");
    assert.ok(config.includes("allow_dsn_hosts") && config.includes("read_from: start"));
    return Daemon.start({ config, env: { NODE_NAME: "node-1", SENTRY_DSN: own.dsn("1") } });
  }

  function write(pod: string, text: string, namespace = "shop"): void {
    const folder = join(node, "pods", `${namespace}_${pod}_uid-${pod}`, "web");
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, "0.log"), text);
  }

  function said(events: readonly Json[]): string[] {
    return events.map((event) => String(((event["logentry"] ?? {}) as Json)["formatted"])).sort();
  }

  async function tenants(running: Daemon): Promise<readonly Health[]> {
    return ((await running.status()) as unknown as { tenants: readonly Health[] }).tenants;
  }

  it("sends what each pod prints, and its end, where the pod or its namespace says, from the first line on", async () => {
    api.namespaces.set("bank", { "k8s.sentry.io/dsn": other.dsn("5") });
    const failed = {
      terminated: { exitCode: 3, reason: "Error", finishedAt: new Date().toISOString(), containerID: "containerd://one" },
    };
    const statuses = [{ name: "web", image: "web:1", restartCount: 0, containerID: "containerd://one", state: failed }];
    api.put(podObject({ name: "a", annotations: { "crumbtrail.dev/dsn": other.dsn("2") }, statuses }));
    api.put(podObject({ name: "b" }));
    const { port } = forbidden.address() as AddressInfo;
    api.put(podObject({ name: "c", annotations: { "k8s.sentry.io/dsn": `http://forbiddenkey@127.0.0.1:${port}/9` } }));
    api.put(podObject({ name: "d", namespace: "bank" }));
    api.put(podObject({ name: "e", namespace: "bank", annotations: { "crumbtrail.dev/dsn": other.dsn("6") } }));
    for (const [pod, namespace] of [
      ["a", "shop"],
      ["b", "shop"],
      ["c", "shop"],
      ["d", "bank"],
      ["e", "bank"],
    ] as const) {
      write(pod, line(`${pod} failed`), namespace);
    }
    // The API server takes its time, and logs are there from the beginning.
    api.instead = ({ path }, response) => {
      if (path !== "/api/v1/pods" || api.asked.length > 1) return false;
      setTimeout(() => status(response, 500, "etcd is slow"), 300);
      return true;
    };
    daemon = await start();
    await other.waitFor("four events", (mini) => mini.events().length === 4);
    await own.waitFor("two events", (mini) => mini.events().length === 2);
    await daemon.settled(6);

    assert.deepEqual(said(own.events("1")), ["b failed", "c failed"]);
    assert.deepEqual(said(other.events("2")), ["a failed", "container web of shop/a exited with status 3"]);
    assert.deepEqual([said(other.events("5")), said(other.events("6"))], [["d failed"], ["e failed"]]);
    assert.equal(connections, 0);

    const shown = await tenants(daemon);
    assert.deepEqual(
      shown.map(({ name }) => name.replace(/#.*/, "")).sort(),
      ["2", "5", "6"].map((id) => `http://127.0.0.1:${otherPort}/${id}`),
    );
    const metrics = await daemon.metrics();
    assert.equal(metrics.get("crumbtrail_tenants"), 3);
    assert.equal(metrics.get('crumbtrail_annotations_refused_total{cause="dsn_foreign"}'), 1);
    const toFifth = [...metrics].filter(
      ([name]) => name.startsWith("crumbtrail_parcels_delivered_total") && name.includes("/5#"),
    );
    assert.equal(
      toFifth.reduce((sum, [, count]) => sum + count, 0),
      1,
    );
    assert.match(daemon.stderr, /pod shop\/c, or of its namespace, name a DSN that is not heeded/);
    const secrets = [new URL(other.dsn("2")).username, "forbiddenkey"];
    const visible = `${JSON.stringify(await daemon.status())}${[...metrics.keys()].join()}${daemon.stderr}`;
    for (const secret of secrets) assert.equal(visible.includes(secret), false);
    assert.equal(await daemon.stop(), 0);
    assert.deepEqual([own.problems, other.problems], [[], []]);
  });

  it("keeps what waits for another tracker over a crash, and delivers it before any pod is seen again", async () => {
    const dsn = other.dsn("2");
    await other.close();
    api.put(podObject({ name: "a", annotations: { "crumbtrail.dev/dsn": dsn } }));
    api.put(podObject({ name: "b" }));
    for (const pod of ["a", "b"]) write(pod, line(`${pod} failed`));
    const first = (daemon = await start());
    await own.waitFor("the other pod's event", (mini) => mini.events().length === 1);
    await eventually(() => first.stderr.includes("cannot deliver"), "trouble");
    const file = join(node, "state", "tenants.json");
    const checkpoints = (): string => readFileSync(join(node, "state", "files-pods.json"), "utf8");
    await eventually(() => existsSync(file), "the file of DSNs");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(readFileSync(file, "utf8").includes(dsn));
    // What is read again finds no pods, and would go to the operator's tracker.
    await eventually(() => /"offset":(?!0)/.test(checkpoints()) && !/"offset":0/.test(checkpoints()), "checkpoints");
    await first.stop("SIGKILL");

    api.instead = (_, response) => {
      status(response, 503, "the API server is away");
      return true;
    };
    other = await MiniSentry.start({ port: otherPort });
    daemon = await start();
    await other.waitForEvents(1);
    await daemon.settled(1);
    // The crash may have come between delivery and acknowledgement.
    assert.deepEqual([said(other.uniqueEvents("2")), said(own.uniqueEvents("1"))], [["a failed"], ["b failed"]]);
    assert.doesNotMatch(daemon.stderr, /not in the configuration/);
  });

  it("stays ready, and delivers for others, while a tracker refuses the DSN of a pod", async () => {
    other.script(...Array.from({ length: 50 }, () => ({ status: 401 })));
    api.put(podObject({ name: "a", annotations: { "crumbtrail.dev/dsn": other.dsn("2") } }));
    api.put(podObject({ name: "b" }));
    write("a", line("a failed"));
    const running = (daemon = await start());
    await eventually(() => running.stderr.includes("check the DSN of upstream"), "a refusal");
    write("b", line("b failed"));
    await own.waitForEvents(1);

    assert.deepEqual(
      (await tenants(running)).map(({ dsn_refused: isRefused }) => isRefused),
      [true],
    );
    assert.equal((await running.get("/readyz")).status, 200);
  });

  it("keeps what another tracker refuses, and sends it there again when asked to", async () => {
    other.script({ status: 400 });
    api.put(podObject({ name: "a", annotations: { "crumbtrail.dev/dsn": other.dsn("2") } }));
    write("a", line("a failed"));
    daemon = await start();
    await daemon.settled(1);
    assert.equal(await daemon.stop(), 0);
    const config = join(node, "relay.yml");
    const upstream = `{ type: sentry, dsn: "${own.dsn("1")}", allow_dsn_hosts: ["127.0.0.1:${otherPort}"] }`;
    writeFileSync(config, `data_dir: ${join(node, "state")}\nupstreams: { default: ${upstream} }\n`);

    const { code, stderr } = await crumbtrail("dlq", "retry", "--all", "--config", config);
    assert.equal(code, 0, stderr);
    assert.deepEqual([said(other.events("2")), own.events()], [["a failed"], []]);
  });

  it("lets no more events of a workload pass than its rate", async () => {
    const owner = { kind: "StatefulSet", name: "chatty" };
    for (const name of ["chatty-0", "chatty-1"])
      api.put(podObject({ name, owner, annotations: { "crumbtrail.dev/rate": "3/h" } }));
    api.put(podObject({ name: "quiet-0" }));
    for (const pod of ["chatty-0", "chatty-1", "quiet-0"]) write(pod, line(`${pod.replace(/-\d/, "")} failed`).repeat(8));
    daemon = await start();
    const { settled } = await daemon.settled(24);
    const texts = said(own.events());
    const chatty = texts.filter((text) => text === "chatty failed").length;
    assert.ok(chatty >= 1 && chatty <= 3, String(texts));
    assert.deepEqual([texts.length - chatty, settled["storm"]], [8, 16 - chatty]);
  });
});
