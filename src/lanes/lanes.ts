import type { Clock } from "../base/clock.ts";
import type { Host } from "../component/host.ts";
import type { Processor } from "../component/processor.ts";
import type { Right } from "../config/config.ts";
import type { RelayConfig } from "../config/relay-config.ts";
import { ownCodec, type Codec } from "../component/codec.ts";
import { codecs } from "../registry.ts";
import type { Lane } from "./lane.ts";
import { LocalLane } from "./local-lane.ts";
import type { LaneSettings } from "./settings.ts";
import { ThreadLane } from "./thread-lane.ts";

export interface LaneEnvironment {
  readonly clock: Clock;
  readonly version: string;
  readonly random: () => number;
}

/** The lanes of a configuration: one is a function call, more are threads. Inert until started. */
export function createLanes(loaded: Right, environment: LaneEnvironment, host: (name: string) => Host): readonly Lane[] {
  const { config } = loaded;
  if (config.lanes === 1) return [localLane(config, environment, host)];
  return Array.from({ length: config.lanes }, () => new ThreadLane(loaded, environment.version, config.memory.maxBytes));
}

/** A lane in this thread. */
export function localLane(config: RelayConfig, environment: LaneEnvironment, host: (name: string) => Host): LocalLane {
  return new LocalLane({
    settings: laneSettings(config, environment.version),
    codecs: createCodecs(config),
    processors: createProcessors(config, environment, host),
    clock: environment.clock,
  });
}

/** The codecs of the registry, and those that inputs make from their configuration. */
export function createCodecs(config: RelayConfig): ReadonlyMap<string, Codec> {
  const own = config.inputs.flatMap(({ name, spec, config: settings }): [string, Codec][] => {
    const codec = spec.codec?.(settings);
    return codec === undefined ? [] : [[ownCodec(name), codec]];
  });
  return own.length === 0 ? codecs : new Map([...codecs, ...own]);
}

/** The processors of a configuration, in its order; each lane has its own. */
export function createProcessors(
  config: RelayConfig,
  environment: Pick<LaneEnvironment, "random">,
  host: (name: string) => Host,
): readonly Processor[] {
  return config.processors.map(({ name, spec, config: settings }) =>
    spec.create(settings, { ...host(name), random: environment.random }),
  );
}

/** What lanes need of the configuration. */
export function laneSettings(config: RelayConfig, version: string): LaneSettings {
  const { policy } = config;
  return {
    issue: policy.issue,
    log: policy.log,
    breadcrumb: policy.breadcrumb,
    // The limit is that of all trails together.
    trail: { ...policy.trail, maxBytes: Math.floor(policy.trail.maxBytes / config.lanes) },
    join: policy.join,
    defaults: {
      tags: policy.tags,
      version,
      ...(policy.environment === undefined ? {} : { environment: policy.environment }),
      ...(policy.release === undefined ? {} : { release: policy.release }),
      ...(policy.serverName === undefined ? {} : { serverName: policy.serverName }),
    },
    defaultUpstream: config.defaultUpstream,
  };
}
