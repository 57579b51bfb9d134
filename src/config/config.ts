import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { formatAddress } from "../base/units.ts";
import * as builtInRegistry from "../registry.ts";
import { componentsOf, type Components } from "./components.ts";
import { crossChecks, defaultUpstreamOf } from "./cross-checks.ts";
import { BUILT_IN, BUILT_IN_NAME } from "./defaults.ts";
import { shown } from "./expectations.ts";
import { fileValues, type ReadValue } from "./file-values.ts";
import type { Environment } from "./interpolate.ts";
import { inFlightBytes, memoryFinding, type MemoryNeeds } from "./memory-plan.ts";
import { sortMistakes, type Mistake } from "./mistake.ts";
import { resolvePolicy } from "./policy.ts";
import { isMapping, labelOf, override, type Overrides, type Written } from "./overrides.ts";
import { mistakesOf, whereIs, type Sources } from "./positions.ts";
import type { RelayConfig } from "./relay-config.ts";
import { configSchema, type Registry, type ConfigSchema } from "./schema.ts";
import { secretsIn } from "./secrets.ts";
import { findingsOf, unsaid, valueAt, type Finding } from "./sentences.ts";
import { readYaml } from "./yaml-source.ts";
import { codeOf } from "../base/errors.ts";

export interface FileOptions extends Overrides {
  /** Variables for `${NAME}`, as in `process.env`. */
  readonly env: Environment;
  /** The components there are; tests bring their own. */
  readonly registry?: Registry;
}

export interface LoadOptions extends FileOptions {
  readonly text: string;
  /** How messages call the text. */
  readonly file: string;
  /** What `${file:PATH}` stands for; undefined: the text may name no files. */
  readonly readValue?: ReadValue | undefined;
}

export interface Right {
  readonly config: RelayConfig;
  readonly written: Written;
}

interface Wrong {
  /** All of them, top to bottom. */
  readonly mistakes: readonly Mistake[];
}

export type Loaded = Right | Wrong;

/** Reads and checks a configuration. No I/O but that of `readValue`; never throws. */
export function loadConfig(options: LoadOptions): Loaded {
  const registry = options.registry ?? builtInRegistry;
  const given = readYaml(options);
  if (given.broken) return { mistakes: sortMistakes(given.mistakes) };
  const value = given.value ?? {};
  if (!isMapping(value)) return { mistakes: [noMapping(options.file, value)] };
  const builtIn = readYaml({ text: BUILT_IN, file: BUILT_IN_NAME, env: options.env });
  const sections = withScrub({ ...(isMapping(builtIn.value) ? builtIn.value : {}), ...options.defaults, ...value }, registry);
  const { written, labels, mistakes } = override(sections, options, options.env);
  const sources: Sources = { given, builtIn, labels };

  const schema = schemaOf(registry);
  const parsed = schema.safeParse(written, { error: unsaid });
  const components = componentsOf(written, registry);
  const findings: Finding[] = parsed.success ? [] : findingsOf(parsed.error.issues, written);
  const admin = schema.shape.admin.safeParse(written["admin"]).data?.listen;
  const lineOf = (path: Finding["path"]): string => {
    const { file, line } = whereIs(sources, path, "key");
    return line === 0 ? ` (${file})` : ` (line ${line})`;
  };
  const memory = parsed.data && memoryNeeds(parsed.data, components);
  const tooLittle = memory && memoryFinding(memory);
  if (tooLittle !== undefined) findings.push(tooLittle);
  findings.push(...crossChecks(written, components, admin && `tcp:${formatAddress(admin)}`, lineOf));

  const secrets = secretsIn(written);
  // Whatever a file holds may be a secret, in the wrong place too.
  const unquotable = [...secrets, ...given.fileTexts];
  const textual = given.mistakes.filter(({ path }) => labelOf(labels, path) === undefined);
  const all = [...textual, ...mistakes, ...mistakesOf(findings, written, sources, unquotable)];
  const config = parsed.data && resolveConfig({ parsed: parsed.data, components, written, env: options.env, secrets });
  return all.length > 0 || config === undefined ? { mistakes: sortMistakes(all) } : { config, written };
}

/** As {@link loadConfig}, from a file, which may name files with values. What keeps it from being read is a mistake too. */
export function loadConfigFile(path: string, options: FileOptions): Loaded {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    const code = codeOf(thrown);
    const message = `cannot be read: ${READ_TROUBLE[code] ?? code}`;
    return { mistakes: [{ file: path, line: 0, col: 0, path: "", message, hint: undefined }] };
  }
  return loadConfig({ ...options, text, file: path, readValue: fileValues(dirname(path)) });
}

const READ_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
};

/** The configuration of a relay that is given none. */
export function builtInConfig(options: FileOptions): Loaded {
  return loadConfig({ ...options, text: "", file: BUILT_IN_NAME });
}

/**
 * A text that loads to the same configuration in any environment: for a thread, to which only text and bytes cross.
 * It holds the secrets; what people are shown is `effectiveYaml`.
 */
export function configText(written: Written): string {
  // JSON is YAML. What looks like a variable by now is none.
  return JSON.stringify(written).replaceAll("${", () => "$${");
}

const schemas = new WeakMap<Registry, ConfigSchema>();

function schemaOf(registry: Registry): ConfigSchema {
  let schema = schemas.get(registry);
  if (schema === undefined) schemas.set(registry, (schema = configSchema(registry)));
  return schema;
}

function noMapping(file: string, value: unknown): Mistake {
  const hint = typeof value === "string" && /:\S/.test(value) ? "a colon needs a space after it" : undefined;
  return {
    file,
    line: 1,
    col: 1,
    path: "",
    message: `expected sections such as "inputs:" and "upstreams:", got ${shown(value)}`,
    hint,
  };
}

/** Scrubbing is on unless somebody says otherwise: it is appended where the list does not name it. */
function withScrub(sections: Written, registry: Registry): Written {
  const { processors } = sections;
  if (!Array.isArray(processors) || !registry.processors.some(({ type }) => type === "scrub")) return sections;
  if (processors.some((processor) => valueAt(processor, ["type"]) === "scrub")) return sections;
  return { ...sections, processors: [...processors, { type: "scrub" }] };
}

interface Parts {
  readonly parsed: NonNullable<ReturnType<ConfigSchema["safeParse"]>["data"]>;
  readonly components: Components;
  readonly written: Written;
  readonly env: Environment;
  readonly secrets: readonly string[];
}

function memoryNeeds(parsed: Parts["parsed"], { queue }: Components): MemoryNeeds {
  return {
    maxBytes: parsed.max_memory,
    queueBytes: queue?.spec.memoryBytes?.(queue.config) ?? 0,
    trailBytes: parsed.policy.trail.max_bytes,
    lanes: parsed.lanes,
  };
}

/** Undefined only where a mistake says why. */
function resolveConfig({ parsed, components, written, env, secrets }: Parts): RelayConfig | undefined {
  const defaultUpstream = defaultUpstreamOf(written);
  if (components.queue === undefined || defaultUpstream === undefined) return undefined;
  return {
    inputs: components.inputs,
    processors: components.processors,
    queue: components.queue,
    upstreams: components.upstreams,
    defaultUpstream,
    policy: resolvePolicy(parsed.policy, env),
    lanes: parsed.lanes,
    memory: { maxBytes: parsed.max_memory, inFlightBytes: inFlightBytes(memoryNeeds(parsed, components)) },
    shutdownTimeoutMs: parsed.shutdown_timeout,
    admin: {
      address: parsed.admin.listen,
      token: parsed.admin.token || undefined,
      allow: parsed.admin.allow,
      tls: parsed.admin.tls,
    },
    log: parsed.log,
    dataDir: parsed.data_dir || undefined,
    deadLetters: { maxBytes: parsed.dead_letters.max_bytes, maxAgeMs: parsed.dead_letters.max_age },
    secrets,
  };
}
