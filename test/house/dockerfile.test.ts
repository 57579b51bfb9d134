// What can be said of the image without building it; `test/interop/dockerfile.test.ts` builds it.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { createProgram } from "../../src/commands/program.ts";
import { loadConfigFile } from "../../src/config/config.ts";
import { JsonView } from "../../src/sentry/json-view.ts";
import { lastOf, parseDockerfile } from "../support/dockerfile.ts";
import { ROOT } from "./sandbox.ts";

const stages = parseDockerfile(join(ROOT, "Dockerfile"));
const image = stages.at(-1);
const CONFIG = join(ROOT, "deploy", "docker", "relay.yml");

/** Ports by input, from a configuration's text. */
function portsOf(text: string): readonly (readonly [input: string, port: string])[] {
  const inputs = new JsonView(parse(text)).get("inputs").members;
  return inputs.map(([name, input]) => [`${name} ${input.get("type").text}`, input.get("listen").text.split(":").at(-1) ?? ""]);
}

describe("Dockerfile", () => {
  it("builds and runs on the same image of the newest LTS", () => {
    assert.deepEqual(
      stages.map(({ base }) => base),
      ["node:26-bookworm-slim", "node:26-bookworm-slim"],
    );
  });

  it("starts under tini, as a user who is not root, with `doctor --live` as its health check", () => {
    assert.ok(image !== undefined);
    assert.deepEqual(lastOf(image, "ENTRYPOINT").words, ["/usr/bin/tini", "--", "node", "/app/dist/src/main.js"]);
    assert.match(lastOf(image, "USER").rest, /^[1-9]\d*:[1-9]\d*$/);
    assert.deepEqual(lastOf(image, "HEALTHCHECK").words, ["node", "/app/dist/src/main.js", "doctor", "--live"]);
  });

  it("asks for health where the image's configuration has the admin endpoint", () => {
    const doctor = createProgram(() => {}).commands.find((command) => command.name() === "doctor");
    const asked: unknown = doctor?.getOptionValue("admin");
    const listen = new JsonView(parse(readFileSync(CONFIG, "utf8"))).get("admin").get("listen").text;
    assert.equal(String(asked).split(":").at(-1), listen.split(":").at(-1));
  });

  it("copies only what is there and what .dockerignore lets in", () => {
    const ignored = readFileSync(join(ROOT, ".dockerignore"), "utf8").split("\n");
    const copied = stages
      .flatMap(({ instructions }) => instructions)
      .filter(({ keyword, flags }) => keyword === "COPY" && !flags.has("from"))
      .flatMap(({ words }) => words.slice(0, -1));
    assert.deepEqual(
      copied.filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
    assert.deepEqual(
      copied.filter((path) => !ignored.includes(`!${path.replace(/^\.\//, "").split("/")[0]}`)),
      [],
    );
  });
});

describe("deploy/docker/relay.yml", () => {
  it("passes the check", () => {
    const loaded = loadConfigFile(CONFIG, { env: {} });
    assert.ok("config" in loaded, JSON.stringify(loaded));
    assert.equal(loaded.config.shutdownTimeoutMs, 8_000);
  });

  it("has the inputs of the shipped relay.yml, open to the container's network and exposed by the image", () => {
    const text = readFileSync(CONFIG, "utf8");
    const ports = portsOf(text);
    assert.deepEqual(ports, portsOf(readFileSync(join(ROOT, "relay.yml"), "utf8")));
    assert.deepEqual(
      text.match(/(?<=listen: ")[\d.]+/g)?.filter((host) => host !== "0.0.0.0"),
      [],
    );
    assert.ok(image !== undefined);
    const exposed = new Set(lastOf(image, "EXPOSE").words.map((word) => word.split("/")[0]));
    assert.deepEqual(exposed, new Set([...ports.map(([, port]) => port), "8686"]));
  });
});
