import assert from "node:assert/strict";
import { loadConfig, type LoadOptions, type Right } from "../../src/config/config.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { testRegistry } from "./registry.ts";

export type More = Partial<Omit<LoadOptions, "text">>;

/** The mistakes of a configuration called "relay.yml", as they are printed. */
export function mistakes(text: string, more: More = {}): string[] {
  const loaded = loadConfig({ file: "relay.yml", env: {}, registry: testRegistry, ...more, text });
  return "mistakes" in loaded ? loaded.mistakes.map(formatMistake) : [];
}

/** A configuration without mistakes. */
export function right(text: string, more: More = {}): Right {
  const loaded = loadConfig({ file: "relay.yml", env: {}, registry: testRegistry, ...more, text });
  if ("config" in loaded) return loaded;
  return assert.fail(loaded.mistakes.map(formatMistake).join("\n"));
}
