import type { Clock } from "../../src/base/clock.ts";
import { createLogger } from "../../src/base/log.ts";
import type { Processor } from "../../src/component/processor.ts";
import { builtInConfig, type Right } from "../../src/config/config.ts";
import type { Observer } from "../../src/lanes/correlator.ts";
import { createProcessors, laneSettings } from "../../src/lanes/lanes.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import { codecs } from "../../src/registry.ts";

export interface DefaultLaneOptions {
  readonly clock: Clock;
  readonly observe?: Observer;
  /** The processors of a lane of its own; a test may watch them. */
  readonly processors?: readonly Processor[];
}

/** The configuration of a relay that was told nothing, whatever this machine's environment says. */
export function defaultConfig(): Right {
  const loaded = builtInConfig({ env: {} });
  if ("config" in loaded) return loaded;
  throw new Error("the built-in configuration does not pass its own check");
}

/** What it runs on each record: scrub. */
export function defaultProcessors(clock: Clock): readonly Processor[] {
  const log = createLogger("silent");
  const host = (name: string) => ({ name, clock, log, complain: () => {} });
  return createProcessors(defaultConfig().config, { random: () => 0.5 }, host);
}

/** A lane as a relay that was told nothing runs it. */
export function defaultLane({ clock, observe, processors = defaultProcessors(clock) }: DefaultLaneOptions): LocalLane {
  const settings = laneSettings(defaultConfig().config, "0.0.0");
  return new LocalLane({ settings, codecs, processors, clock, ...(observe === undefined ? {} : { observe }) });
}
