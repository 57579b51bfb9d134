import assert from "node:assert/strict";
import { join } from "node:path";
import { parseAllDocuments, parseDocument } from "yaml";
import { JsonView } from "../../src/sentry/json-view.ts";
import { lastOf, parseDockerfile } from "../support/dockerfile.ts";
import { ROOT } from "./sandbox.ts";

/** Kubernetes objects that fit together and fit the image: labels, names of ports, and the ports themselves. */
export function checkManifests(text: string): void {
  const documents = parseAllDocuments(text);
  assert.ok(Array.isArray(documents));
  const objects = documents.map((document) => {
    assert.deepEqual(document.errors, []);
    return new JsonView(document.toJS());
  });
  for (const object of objects) {
    for (const name of ["apiVersion", "kind"]) assert.notEqual(object.get(name).text, "", `an object without ${name}`);
    assert.match(object.get("metadata").get("name").text, /^[a-z0-9-]+$/);
  }
  const kinds = objects.map((object) => object.get("kind").text);
  assert.deepEqual(kinds, ["Deployment", "Service"]);
  const [deployment, service] = objects;
  assert.ok(deployment !== undefined && service !== undefined);
  const spec = deployment.get("spec");
  const labels = spec.get("template").get("metadata").get("labels").text;
  assert.equal(spec.get("selector").get("matchLabels").text, labels);
  assert.equal(service.get("spec").get("selector").text, labels);
  checkContainer(spec.get("template").get("spec"));
  const offered = portsOf(spec.get("template").get("spec").get("containers").list[0]?.get("ports"), "containerPort");
  for (const port of portsOf(service.get("spec").get("ports"), "port"))
    assert.ok(offered.includes(port), `the container has no port ${port}`);
}

function checkContainer(pod: JsonView): void {
  const [container] = pod.get("containers").list;
  assert.ok(container !== undefined);
  const stage = parseDockerfile(join(ROOT, "Dockerfile")).at(-1);
  assert.ok(stage !== undefined);
  const exposed = lastOf(stage, "EXPOSE").words;
  const ports = portsOf(container.get("ports"), "containerPort");
  for (const port of ports) assert.ok(exposed.includes(port.slice(port.indexOf(" ") + 1)), `the image has no ${port}`);
  for (const probe of ["livenessProbe", "readinessProbe"]) {
    const asked = container.get(probe).get("httpGet");
    assert.equal(asked.get("path").text, probe === "livenessProbe" ? "/livez" : "/readyz");
    assert.ok(ports.includes(`${asked.get("port").text} 8686/tcp`));
  }
  const mounts = container.get("volumeMounts").list.map((mount) => [mount.get("name").text, mount.get("mountPath").text]);
  const volumes = pod.get("volumes").list.map((volume) => volume.get("name").text);
  assert.deepEqual(mounts, [[volumes[0], lastOf(stage, "VOLUME").rest]], "what waits for the tracker needs a volume");
  const timeout = container.get("env").list.find((entry) => entry.get("name").text === "RELAY_SHUTDOWN_TIMEOUT");
  const seconds = Number(timeout?.get("value").text.replace("s", ""));
  assert.ok(seconds < (pod.get("terminationGracePeriodSeconds").number ?? 0), "Kubernetes kills before the relay has drained");
}

/** "forward 24224/tcp" for each port. */
function portsOf(ports: JsonView | undefined, field: string): readonly string[] {
  return (ports?.list ?? []).map((port) => {
    const protocol = (port.get("protocol").text || "TCP").toLowerCase();
    return `${port.get("name").text} ${port.get(field).text}/${protocol}`;
  });
}

/** Options of the plugins that our recipe uses, as Fluent Bit's own config maps name them, beside those of every plugin. */
const FLUENT_BIT: Readonly<Record<string, readonly string[]>> = {
  tail: ["path", "tag", "multiline.parser", "db", "mem_buf_limit", "skip_long_lines", "refresh_interval"],
  kubernetes: ["match", "merge_log", "keep_log", "kube_tag_prefix", "labels", "annotations"],
  forward: ["match", "host", "port", "require_ack_response", "send_options", "compress", "retry_limit", "workers"],
};

/** A configuration of Fluent Bit: plugins and options it knows, and an output that the forward input takes. */
export function checkFluentBit(text: string): void {
  const document = parseDocument(text);
  assert.deepEqual(document.errors, []);
  const pipeline = new JsonView(document.toJS()).get("pipeline");
  const plugins = ["inputs", "filters", "outputs"].flatMap((section) => pipeline.get(section).list);
  assert.ok(plugins.length >= 2);
  for (const plugin of plugins) {
    const name = plugin.get("name").text;
    const known = FLUENT_BIT[name];
    assert.ok(known !== undefined, `a plugin that this test does not know: ${name}`);
    for (const [option] of plugin.members)
      assert.ok(option === "name" || known.includes(option), `${name} has no option ${option}`);
  }
  const output = pipeline.get("outputs").list[0];
  assert.equal(output?.get("name").text, "forward");
  assert.equal(output.get("port").text, "24224");
}
