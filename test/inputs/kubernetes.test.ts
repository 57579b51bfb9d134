import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { kubernetes, KubernetesInput } from "../../src/inputs/kubernetes.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { UpstreamWish } from "../../src/component/wished-upstream.ts";
import { loadConfig } from "../../src/config/config.ts";
import { eventually, RecordingHost } from "../support/input-host.ts";
import { KubeApi, podObject, status } from "../support/kube-api.ts";

const never = new AbortController().signal;

type Json = Readonly<Record<string, unknown>>;

describe("the kubernetes input", () => {
  let api: KubeApi;
  let directory: string;
  let host: RecordingHost;
  let input: KubernetesInput | undefined;

  beforeEach(async () => {
    api = new KubeApi();
    api.namespaces.set("shop", {});
    await api.start();
    directory = await mkdtemp(join(tmpdir(), "crumbtrail-kube-"));
    host = new RecordingHost(systemClock);
    input = undefined;
  });

  afterEach(async () => {
    await input?.stop(AbortSignal.timeout(5_000));
    await api.stop();
    await rm(directory, { recursive: true });
  });

  async function start(config: Json = {}, env: Readonly<NodeJS.ProcessEnv> = {}): Promise<KubernetesInput> {
    const written = {
      node_name: "node-1",
      api_server: `http://127.0.0.1:${api.port}`,
      pod_logs: directory,
      backoff: { first: "2ms", max: "20ms" },
      ...config,
    };
    input = new KubernetesInput(kubernetes.config.parse(written), host, env);
    await input.start();
    return input;
  }

  const ended = (id: string, exitCode: number, reason = "Error") => ({
    terminated: { exitCode, reason, finishedAt: new Date().toISOString(), containerID: `containerd://${id}` },
  });
  const failing = (name: string, id: string, parts: Partial<Parameters<typeof podObject>[0]> = {}): Json =>
    podObject({
      name,
      statuses: [{ name: "web", image: "web:1.4", restartCount: 0, containerID: `containerd://${id}`, state: ended(id, 1) }],
      ...parts,
    });
  const records = (): Json[] => host.frames.map((frame) => JSON.parse(frame) as Json);

  it("makes a record of a container's end, with its last lines and what is known of its pod", async () => {
    const folder = join(directory, "shop_web-7d9-x_uid-web-7d9-x", "web");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "0.log"), "2026-11-20T12:00:00Z stderr F cannot bind port\n");
    await start();
    await eventually(() => api.watching === 1, "a watch");
    api.put(failing("web-7d9-x", "a", { labels: { app: "web", version: "1.4" } }));
    await eventually(() => host.batches.length === 1, "a record");

    const [record] = records();
    assert.equal(record?.["message"], "container web of shop/web-7d9-x exited with status 1");
    assert.equal(record["service"], "web");
    assert.equal(record["release"], "1.4");
    assert.deepEqual(record["last_output"], ["cannot bind port"]);
    const [batch] = host.batches;
    assert.equal(batch?.codec, "json");
    assert.equal(batch.position, "kubernetes a");
    assert.equal(batch.from.input, "edge");

    api.put(failing("web-7d9-x", "a", { labels: { app: "web", version: "1.5" } }));
    api.put(failing("web-7d9-y", "b"));
    await eventually(() => host.batches.length === 2, "the other record");
    assert.equal(host.batches[1]?.position, "kubernetes b");
  });

  it("asks the API server for the lines that no file has, when it may", async () => {
    api.logs.set("shop/a/web/false", "from the api\nlast\n");
    api.put(failing("a", "a"));
    await start({ log_from_api: true });
    await eventually(() => host.batches.length === 1, "a record");
    assert.deepEqual(records()[0]?.["last_output"], ["from the api", "last"]);
    const asked = api.asked.find(({ path }) => path.endsWith("/log"));
    assert.equal(asked?.query.get("tailLines"), "50");
    assert.ok(Number(asked?.query.get("limitBytes")) > 0);

    api.put(failing("b", "b"));
    await eventually(() => host.batches.length === 2, "a record without lines");
    assert.equal("last_output" in (records()[1] ?? {}), false);
  });

  it("never asks for logs unless it is told to", async () => {
    api.put(failing("a", "a"));
    await start();
    await eventually(() => host.batches.length === 1, "a record");
    assert.deepEqual(
      api.asked.filter(({ path }) => path.endsWith("/log")),
      [],
    );
  });

  it("makes no records when it is told so, and none of pods that are excluded by their namespace", async () => {
    api.namespaces.set("kube-system", { "crumbtrail.dev/exclude": "true" });
    api.put(failing("a", "a", { namespace: "kube-system" }));
    api.put(failing("b", "b"));
    const first = await start();
    await eventually(() => host.batches.length === 1, "one record");
    assert.equal(records()[0]?.["pod"], "b");
    assert.equal(first.pods.facts({ namespace: "kube-system", pod: "a", container: "web" })?.excluded, true);
    await first.stop(never);

    host = new RecordingHost();
    const second = await start({ terminations: false });
    await second.pods.ready;
    assert.equal(second.pods.pods.length, 2);
    assert.deepEqual(host.batches, []);
  });

  it("sends records of a pod to the upstream that its annotation chooses, if it may", async () => {
    api.namespaces.set("shop", { "crumbtrail.dev/upstream": "payments" });
    api.put(failing("a", "a"));
    api.put(failing("b", "b", { annotations: { "crumbtrail.dev/upstream": "secrets" } }));
    const started = await start({ upstreams: ["payments"] });
    await eventually(() => host.batches.length === 2, "both records");
    assert.deepEqual(host.batches.map(({ from }) => from.upstream).sort(), ["payments", undefined]);
    assert.equal(started.pods.facts({ namespace: "shop", pod: "a" })?.upstream, "payments");
    assert.equal(started.pods.facts({ namespace: "shop", pod: "b" })?.upstream, undefined);
    assert.ok(host.complaints.some(({ cause, message }) => cause === "upstream" && message.includes('"secrets"')));
  });

  it("is ready once pods and their namespaces are known, and not before, however long the API server cannot be had", async () => {
    api.namespaces.set("shop", { "crumbtrail.dev/environment": "staging" });
    api.put(podObject({ name: "a" }));
    const first = await start();
    await first.pods.ready;
    assert.equal(first.pods.facts({ namespace: "shop", pod: "a" })?.metadata.get("environment"), "staging");
    await first.stop(never);

    api.instead = (_asked, response) => {
      status(response, 403, "pods is forbidden");
      return true;
    };
    const second = await start();
    let isReady = false;
    void second.pods.ready.then(() => (isReady = true));
    await eventually(() => api.asked.length > 5, "some attempts");
    assert.deepEqual([isReady, second.pods.facts({ namespace: "shop", pod: "a" })], [false, undefined]);
    assert.match(
      host.complaints[0]?.message ?? "",
      /^cannot list pods at http:.*: 403 pods is forbidden; .*rights to list and watch on pods/,
    );
    api.instead = () => false;
    await second.pods.ready;
    assert.notEqual(second.pods.facts({ namespace: "shop", pod: "a" }), undefined);
  });

  it("asks where records of pods with a DSN or a rate go, and who shares the rate", async () => {
    const wishes: UpstreamWish[] = [];
    const upstreamFor = (wish: UpstreamWish): string => {
      wishes.push(wish);
      return `tenant ${wish.dsn ?? ""}`;
    };
    host = Object.assign(host, { upstreamFor });
    api.namespaces.set("shop", { "k8s.sentry.io/dsn": "https://ns@sentry.example/1" });
    const owner = { kind: "ReplicaSet", name: "web-7d9c6b5f4" };
    const annotations = { "crumbtrail.dev/rate": "100/min" };
    api.put(failing("web-7d9c6b5f4-x", "a", { owner, labels: { "pod-template-hash": "7d9c6b5f4" }, annotations }));
    api.put(failing("b", "b", { annotations: { "crumbtrail.dev/upstream": "payments" } }));
    await start({ upstreams: ["payments"] });
    await eventually(() => host.batches.length === 2, "both records");

    assert.deepEqual(host.batches.map(({ from }) => from.upstream).sort(), ["payments", "tenant https://ns@sentry.example/1"]);
    assert.deepEqual(wishes.at(-1), {
      from: "pod shop/web-7d9c6b5f4-x",
      upstream: undefined,
      dsn: "https://ns@sentry.example/1",
      rate: "100/min",
      sharers: "shop/Deployment/web",
    });
  });

  it("goes without annotations of namespaces that it may not see, and asks only once a minute", async () => {
    api.instead = ({ path }, response) => {
      if (!path.includes("/namespaces/")) return false;
      status(response, 403, "namespaces is forbidden");
      return true;
    };
    const started = await start();
    for (const name of ["a", "b", "c"]) api.put(podObject({ name, labels: { app: "web" } }));
    await eventually(() => started.pods.pods.length === 3, "the pods");
    await started.pods.ready;
    assert.equal(started.pods.facts({ namespace: "shop", pod: "a" })?.metadata.get("service"), "web");
    assert.equal(api.asked.filter(({ path }) => path.includes("/namespaces/")).length, 1);
  });

  it("counts ends that a full queue has no room for, and knows the pods all the same", async () => {
    host.answer = () => new Promise(() => {});
    for (let i = 0; i < 120; i += 1) api.put(failing(`p${i}`, `c${i}`));
    const started = await start();
    await eventually(() => (host.refused["queue_full"] ?? 0) === 20, "the counted ones");
    assert.equal(started.pods.pods.length, 120);
    await started.stop(AbortSignal.timeout(10));
  });

  it("checks the API server by the certificates of its service account, and shows the token", async () => {
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const subject = ["-subj", "/CN=kubernetes", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        cert,
        ...subject,
      ],
      { stdio: "ignore" },
    );
    const secure = new KubeApi({ key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") });
    await secure.start();
    try {
      secure.tokens = new Set(["let-me-in"]);
      secure.put(podObject({ name: "a" }));
      const token = join(directory, "token");
      await writeFile(token, "let-me-in");
      const env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(secure.port), NODE_NAME: "node-1" };
      const of = { node_name: "", api_server: "", token_file: token };
      const trusting = await start({ ...of, ca_file: cert }, env);
      await trusting.pods.ready;
      assert.equal(trusting.pods.pods.length, 1);
      assert.equal(secure.asked[0]?.authorization, "Bearer let-me-in");
      await trusting.stop(never);

      host = new RecordingHost();
      const strange = await start(of, env);
      await eventually(() => host.complaints.length > 0, "a complaint");
      assert.equal(strange.pods.pods.length, 0);
      assert.match(host.complaints[0]?.message ?? "", /self-signed certificate/);
      await strange.stop(never);
    } finally {
      await secure.stop();
    }
  });

  it("says what is missing outside of a cluster", async () => {
    await assert.rejects(start({ node_name: "" }), {
      code: "RELAY_BAD_CONFIG",
      message: /does not know its node.*NODE_NAME.*spec\.nodeName/,
    });
    await assert.rejects(start({ api_server: "" }), { code: "RELAY_BAD_CONFIG", message: /KUBERNETES_SERVICE_HOST/ });
  });

  it("may name only upstreams that there are", () => {
    const text = `upstreams: { default: { type: console }, payments: { type: console } }
inputs: { cluster: { type: kubernetes, upstreams: [payments, paiments] } }
`;
    const loaded = loadConfig({ text, file: "relay.yml", env: {} });
    assert.deepEqual("mistakes" in loaded ? loaded.mistakes.map(({ line, path, hint }) => [line, path, hint]) : [], [
      [2, "inputs.cluster.upstreams[1]", 'did you mean "payments"?'],
    ]);
  });

  it("takes no address that is none, and none to which a token would travel in the open", () => {
    const mistake = (api_server: string): string | undefined =>
      kubernetes.config.safeParse({ api_server }).error?.issues[0]?.message;
    assert.equal(mistake("https://10.96.0.1:443"), undefined);
    assert.equal(mistake("http://localhost:8001"), undefined);
    assert.match(mistake("10.96.0.1") ?? "", /expected an address/);
    assert.match(mistake("http://10.96.0.1") ?? "", /use https/);
    assert.match(mistake("https://10.96.0.1/k8s") ?? "", /nothing after its port/);
    assert.match(mistake("ftp://10.96.0.1") ?? "", /expected an address/);
  });
});
