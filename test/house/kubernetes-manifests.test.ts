// The manifests in deploy/kubernetes: right by Kubernetes' own types, fit together, and configurations that the relay takes.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { parseAllDocuments } from "yaml";
import { loadConfigFile } from "../../src/config/config.ts";
import { JsonView } from "../../src/sentry/json-view.ts";
import { ended } from "../support/command.ts";
import { ROOT } from "./sandbox.ts";

const FOLDER = join(ROOT, "deploy/kubernetes");
/** Where `kubernetes-types` has the type of an object. */
const TYPES: Readonly<Record<string, string>> = {
  DaemonSet: "apps/v1",
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  Service: "core/v1",
  PodDisruptionBudget: "policy/v1",
  Namespace: "core/v1",
  ServiceAccount: "core/v1",
  ClusterRole: "rbac/v1",
  ClusterRoleBinding: "rbac/v1",
};

type Json = { [name: string]: unknown };

const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).sort();

function objectsOf(file: string): readonly Json[] {
  return parseAllDocuments(readFileSync(join(FOLDER, file), "utf8")).map((document) => {
    assert.deepEqual(document.errors, [], file);
    return document.toJS() as Json;
  });
}

/** All objects but those of Kustomize, and the parts of objects that an overlay changes. */
function manifests(): readonly { readonly file: string; readonly object: Json }[] {
  return files
    .filter((file) => file.endsWith(".yaml") && !file.endsWith("kustomization.yaml") && !file.startsWith("overlays"))
    .flatMap((file) => objectsOf(file).map((object) => ({ file, object })));
}

function view(file: string, kind: string): JsonView {
  const found = objectsOf(file).find((object) => object["kind"] === kind);
  assert.ok(found !== undefined, `${file} has no ${kind}`);
  return new JsonView(found);
}

/** What TypeScript says of objects against the types of Kubernetes, by the name of each. */
async function typeErrors(objects: ReadonlyMap<string, Json>): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-manifests-"));
  try {
    for (const [name, object] of objects) {
      const kind = String(object["kind"]);
      const text = `import type { ${kind} } from "kubernetes-types/${TYPES[kind]}";\nexport const object: ${kind} = ${JSON.stringify(object)};\n`;
      writeFileSync(join(folder, `${name}.ts`), text);
    }
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: "esnext",
      moduleResolution: "bundler",
      types: [],
      paths: { "kubernetes-types/*": [join(ROOT, "node_modules/kubernetes-types/*")] },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const { stdout } = await ended(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder]);
    const errors = new Map<string, string>();
    for (const [, name = "", message = ""] of stdout.matchAll(/([\w-]+)\.ts\(\d+,\d+\): (error .*)/g)) errors.set(name, message);
    assert.ok(stdout === "" || errors.size > 0, stdout);
    return errors;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function changed(object: Json, change: (container: Json, spec: Json) => void): Json {
  const copy = structuredClone(object);
  const spec = (((copy["spec"] as Json)["template"] as Json)["spec"] as Json)["containers"] as Json[];
  change(spec[0] as Json, copy["spec"] as Json);
  return copy;
}

describe("the Kubernetes manifests", () => {
  it("are right by the types of Kubernetes, which see a field that is misspelt, misplaced, missing or of another type", async () => {
    const all = manifests();
    assert.deepEqual([...new Set(all.map(({ object }) => object["kind"]))].sort(), Object.keys(TYPES).sort());
    const daemonSet = all.find(({ object }) => object["kind"] === "DaemonSet")?.object;
    assert.ok(daemonSet !== undefined);
    const right = new Map(all.map(({ object }, index) => [`right-${index}`, object]));
    const wrong = new Map([
      ["wrong-misspelt", changed(daemonSet, (container) => (container["securityContexts"] = {}))],
      ["wrong-misplaced", changed(daemonSet, (_container, spec) => (spec["containers"] = []))],
      ["wrong-missing", changed(daemonSet, (_container, spec) => delete spec["selector"])],
      ["wrong-type", changed(daemonSet, (container) => (container["ports"] = [{ containerPort: "8686" }]))],
      ["wrong-deep", changed(daemonSet, (container) => (container["livenessProbe"] = { httpGet: { pathe: "/livez", port: 1 } }))],
    ]);
    const errors = await typeErrors(new Map([...right, ...wrong]));
    assert.deepEqual([...errors.keys()].sort(), [...wrong.keys()].sort(), [...errors.values()].join("\n"));
  });

  it("have what their kustomizations name, and name what there is", () => {
    const named = new Set<string>();
    for (const file of files.filter((name) => name.endsWith("kustomization.yaml"))) {
      const [kustomization] = objectsOf(file);
      const object = new JsonView(kustomization);
      const lists = [...object.get("resources").list, ...object.get("patches").list.map((patch) => patch.get("path"))].map(
        ({ text }) => text,
      );
      const generated = ["configMapGenerator", "secretGenerator"].flatMap((list) =>
        object.get(list).list.flatMap((one) => [...one.get("files").list, ...one.get("envs").list].map(({ text }) => text)),
      );
      for (const name of [...lists, ...generated]) {
        const path = join(dirname(file), name);
        named.add(path);
        assert.ok(files.includes(path) || files.includes(join(path, "kustomization.yaml")), `${file} names ${path}`);
      }
    }
    const unnamed = files.filter((file) => /\.\w+$/.test(file) && !file.endsWith("kustomization.yaml") && !named.has(file));
    // The other way to run beside an application, instead of deployment.yaml.
    assert.deepEqual(unnamed, ["sidecar/wrapped.yaml", "sidecar/wrapped.yml"]);
  });

  it("let the relay read pods and namespaces, and nothing else", () => {
    const rules = view("base/rbac.yaml", "ClusterRole")
      .get("rules")
      .list.map((rule) => rule.text);
    assert.deepEqual(rules, [
      '{"apiGroups":[""],"resources":["pods"],"verbs":["list","watch"]}',
      '{"apiGroups":[""],"resources":["namespaces"],"verbs":["get"]}',
    ]);
    const account = view("base/rbac.yaml", "ServiceAccount").get("metadata").get("name").text;
    assert.equal(
      view("base/daemonset.yaml", "DaemonSet").get("spec").get("template").get("spec").get("serviceAccountName").text,
      account,
    );
    const [subject] = view("base/rbac.yaml", "ClusterRoleBinding").get("subjects").list;
    assert.equal(subject?.get("name").text, account);
    assert.equal(subject?.get("namespace").text, view("base/namespace.yaml", "Namespace").get("metadata").get("name").text);
  });

  for (const [file, kind] of [
    ["base/daemonset.yaml", "DaemonSet"],
    ["sidecar/deployment.yaml", "Deployment"],
    ["sidecar/wrapped.yaml", "Deployment"],
    ["central/statefulset.yaml", "StatefulSet"],
  ] as const) {
    it(`${file} fits together: labels, volumes, ports, and time to stop`, () => {
      const spec = view(file, kind).get("spec");
      const pod = spec.get("template").get("spec");
      const labels = spec.get("template").get("metadata").get("labels");
      for (const [name, value] of Object.entries(JSON.parse(spec.get("selector").get("matchLabels").text) as Json)) {
        assert.equal(labels.get(name).text, value);
      }
      const claimed = spec.get("volumeClaimTemplates").list.map((claim) => claim.get("metadata").get("name").text);
      const volumes = [...pod.get("volumes").list.map((volume) => volume.get("name").text), ...claimed];
      const containers = [...pod.get("initContainers").list, ...pod.get("containers").list];
      const mounted = containers.flatMap((container) =>
        container.get("volumeMounts").list.map((mount) => mount.get("name").text),
      );
      assert.deepEqual([...new Set(mounted)].sort(), [...volumes].sort());
      const relay = containers[0];
      assert.ok(relay !== undefined);
      const ports = relay.get("ports").list.map((port) => port.get("name").text);
      for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
        const get = relay.get(probe).get("httpGet");
        if (get.get("path").text === "") continue;
        assert.ok(["/livez", "/readyz"].includes(get.get("path").text));
        assert.ok(ports.includes(get.get("port").text));
      }
      const security = relay.get("securityContext");
      assert.equal(security.get("allowPrivilegeEscalation").text, "false");
      assert.equal(security.get("capabilities").text, '{"drop":["ALL"]}');
      assert.equal(pod.get("securityContext").get("seccompProfile").get("type").text, "RuntimeDefault");
      assert.notEqual(relay.get("resources").get("limits").get("memory").text, "");

      const configuration = {
        "base/daemonset.yaml": "base/relay.yml",
        "sidecar/deployment.yaml": "sidecar/relay.yml",
        "sidecar/wrapped.yaml": "sidecar/wrapped.yml",
        "central/statefulset.yaml": "central/relay.yml",
      };
      const loaded = loadConfigFile(join(FOLDER, configuration[file]), { env: {} });
      assert.ok("config" in loaded);
      assert.ok(Number(pod.get("terminationGracePeriodSeconds").text) * 1_000 > loaded.config.shutdownTimeoutMs + 10_000);
    });
  }

  it("lead from the services of central relays to ports of theirs, of pods that there are", () => {
    const pod = view("central/statefulset.yaml", "StatefulSet").get("spec");
    const labels = pod.get("template").get("metadata").get("labels").text;
    const ports = pod.get("template").get("spec").get("containers").list[0]?.get("ports").list ?? [];
    const names = ports.map((port) => port.get("name").text);
    const services = objectsOf("central/service.yaml").map((object) => new JsonView(object));
    for (const service of services) {
      assert.equal(service.get("spec").get("selector").text, labels);
      for (const port of service.get("spec").get("ports").list) assert.ok(names.includes(port.get("targetPort").text));
    }
    assert.ok(services.some((service) => service.get("metadata").get("name").text === pod.get("serviceName").text));
    const budget = view("central/disruption.yaml", "PodDisruptionBudget").get("spec");
    assert.equal(budget.get("selector").get("matchLabels").text, labels);
  });

  describe("configurations", () => {
    for (const file of files.filter((name) => name.endsWith(".yml"))) {
      it(`${file} has no mistake`, () => {
        const loaded = loadConfigFile(join(FOLDER, file), { env: { NODE_NAME: "node-1" } });
        assert.deepEqual("mistakes" in loaded ? loaded.mistakes : [], []);
      });
    }
  });
});
