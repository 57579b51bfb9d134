import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { builtInConfig, loadConfig } from "../../src/config/config.ts";
import { BUILT_IN } from "../../src/config/defaults.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import * as registry from "../../src/registry.ts";

const text = readFileSync(new URL("../../../relay.yml", import.meta.url), "utf8");

function load(text: string, env: Record<string, string> = {}) {
  const loaded = loadConfig({ text, file: "relay.yml", env, registry });
  if ("config" in loaded) return loaded;
  return assert.fail(loaded.mistakes.map(formatMistake).join("\n"));
}

describe("the shipped relay.yml", () => {
  it("tells editors where its schema is", () => {
    assert.equal(text.split("\n")[0], "# yaml-language-server: $schema=./relay.schema.json");
  });

  it("says what a relay without a file does", () => {
    assert.deepEqual(parse(text), parse(BUILT_IN));
    assert.deepEqual(load(text), builtInConfig({ env: {} }));
  });

  it("shows true defaults in the lines it has commented out", () => {
    const shown = text.replaceAll(/^( *)#(?=[a-z])/gm, "$1");
    assert.ok(Object.keys(parse(shown) as object).includes("shutdown_timeout"));
    assert.deepEqual(load(shown).config, load(text).config);
  });

  it("shows examples that are right", () => {
    const shown = text.replaceAll(/^( *)# (?=(?:environment|release|server_name|payments|data_dir): )/gm, "$1");
    const { config } = load(shown, { PAYMENTS_DSN: "https://key@sentry.example/2" });
    assert.equal(config.policy.release, "shop@1.4.2");
    assert.equal(config.dataDir, "/var/lib/crumbtrail");
    assert.deepEqual(
      config.upstreams.map(({ name }) => name),
      ["default", "payments"],
    );
  });

  it("reads SENTRY_DSN", () => {
    const { written } = load(text, { SENTRY_DSN: "https://key@sentry.example/1" });
    assert.deepEqual(written["upstreams"], { default: { type: "sentry", dsn: "https://key@sentry.example/1" } });
  });

  it("shows processors that are right", () => {
    const steps = [...text.matchAll(/^# {3}(- \{ type: .*)$/gm)].map(([, step]) => `  ${step}`).join("\n");
    const upstreams = "upstreams: { default: { type: console }, payments: { type: console } }";
    assert.equal(load(`processors:\n${steps}\n${upstreams}\n`).config.processors.length, 3);
  });
});
