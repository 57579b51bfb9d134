// What SECURITY.md tells people to write is right, and what deploy/ ships does it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { JsonView } from "../../src/sentry/json-view.ts";
import { ended, MAIN } from "../support/command.ts";
import { lastOf, parseDockerfile } from "../support/dockerfile.ts";
import { ROOT } from "./sandbox.ts";

const text = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
const steps = text.split(/^(?=\d+\. )/m).slice(1);

/** Fenced blocks of a language, without their indentation. */
function blocks(part: string, language: string): readonly string[] {
  return [...part.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^\\1\`\`\``, "gm"))].map(([, indent = "", code = ""]) =>
    code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
}

describe("SECURITY.md", () => {
  it("has ten steps, each with a configuration that passes the check", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "dsn"), "https://0123456789abcdef@sentry.example/1\n");
    writeFileSync(join(folder, "admin_token"), "a token of the admin\n");
    const env = { FORWARD_KEY: "a shared key", WEB_TOKEN: "a token of the web", CREDENTIALS_DIRECTORY: folder };

    assert.equal(steps.length, 10);
    const all = steps.flatMap((step, index) => {
      const found = blocks(step, "yaml");
      assert.ok(found.length > 0, `step ${index + 1} has no example`);
      return found;
    });
    for (const [index, yaml] of all.entries()) {
      const file = join(folder, `relay-${index}.yml`);
      writeFileSync(file, yaml.replaceAll("/run/secrets", folder));
      const { code, stderr } = await ended(process.execPath, [MAIN, "check", "--config", file], env);
      assert.equal(code, 0, `${yaml}\n${stderr}`);
    }
  });

  it("says how to report without an address that nobody reads, and links to what exists", () => {
    assert.match(text, /private vulnerability reporting of the repository's host/);
    assert.doesNotMatch(text, /[\w.]+@(?!sentry\.example)[\w-]+\.\w+/);
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) readFileSync(join(ROOT, target));
  });

  it("gives systemd's service what the container has", () => {
    const [unit = ""] = blocks(text, "ini");
    for (const line of [
      "DynamicUser=yes",
      "ProtectSystem=strict",
      "NoNewPrivileges=yes",
      "CapabilityBoundingSet=",
      "LimitCORE=0",
    ]) {
      assert.ok(unit.split("\n").includes(line), line);
    }
  });
});

describe("what deploy/ ships", () => {
  const all = (file: string): readonly JsonView[] =>
    parseAllDocuments(readFileSync(join(ROOT, "deploy", file), "utf8")).map((document) => new JsonView(document.toJS()));

  for (const [file, user] of [
    ["kubernetes/base/daemonset.yaml", "0"],
    ["kubernetes/sidecar/deployment.yaml", "1000"],
  ] as const) {
    it(`${file} runs the relay without capabilities, on a root that is read-only, under seccomp's default`, () => {
      const pod = all(file)
        .map((object) => object.get("spec").get("template").get("spec"))
        .find((spec) => spec.isPresent);
      assert.ok(pod !== undefined);
      const relay: JsonView | undefined = [...pod.get("initContainers").list, ...pod.get("containers").list].find(
        (container) => container.get("image").text === "crumbtrail",
      );
      const security = relay?.get("securityContext");
      assert.ok(relay !== undefined && security !== undefined);
      assert.equal(security.get("readOnlyRootFilesystem").text, "true");
      assert.equal(security.get("allowPrivilegeEscalation").text, "false");
      assert.equal(security.get("capabilities").text, '{"drop":["ALL"]}');
      assert.equal(security.get("privileged").isPresent, false);
      assert.equal(pod.get("securityContext").get("seccompProfile").get("type").text, "RuntimeDefault");
      for (const name of ["hostNetwork", "hostPID", "hostIPC"]) assert.equal(pod.get(name).isPresent, false, name);
      const runsAs = security.get("runAsUser").text || pod.get("securityContext").get("runAsUser").text;
      assert.equal(runsAs, user);
      // Logs of containers belong to root: docs/kubernetes.md says why, and that it is root in name only.
      if (user !== "0") assert.equal(pod.get("securityContext").get("runAsNonRoot").text, "true");
      for (const volume of pod.get("volumes").list) {
        const path = volume.get("hostPath").get("path").text;
        if (path === "" || path.startsWith("/var/lib/crumbtrail")) continue;
        const name = volume.get("name").text;
        for (const mount of relay.get("volumeMounts").list) {
          if (mount.get("name").text === name) assert.equal(mount.get("readOnly").text, "true", path);
        }
      }
    });
  }

  it("compose runs the relay without capabilities and new privileges, on a root that is read-only", () => {
    const relay = new JsonView(parse(readFileSync(join(ROOT, "deploy/compose/compose.yml"), "utf8")))
      .get("services")
      .get("relay");
    assert.equal(relay.get("read_only").text, "true");
    assert.equal(relay.get("cap_drop").text, '["ALL"]');
    assert.equal(relay.get("security_opt").text, '["no-new-privileges:true"]');
    assert.equal(relay.get("privileged").isPresent, false);
  });

  it("the image runs as a user by number who is not root, and copies no secret", () => {
    const image = parseDockerfile(join(ROOT, "Dockerfile")).at(-1);
    assert.ok(image !== undefined);
    assert.match(lastOf(image, "USER").rest, /^[1-9]\d*:[1-9]\d*$/);
    assert.deepEqual(
      image.instructions.filter(
        ({ keyword, rest }) => ["ENV", "ARG"].includes(keyword) && /dsn|key|token|password|secret/i.test(rest),
      ),
      [],
    );
  });
});
