import type { LaneSettings } from "../../src/lanes/settings.ts";

/** The default policy as a lane sees it; override what matters to the test. */
export function laneSettingsFor(overrides: Partial<LaneSettings> = {}): LaneSettings {
  return {
    issue: 17,
    log: Infinity,
    breadcrumb: 5,
    trail: { size: 100, maxAgeMs: 600_000, maxKeys: 10_000, maxBytes: 64 << 20, keys: ["trace_id", "request_id", "stream"] },
    join: { maxLines: 2_000, maxBytes: 512 << 10, waitMs: 300 },
    defaults: { tags: ["service", "logger"], version: "0.0.0" },
    defaultUpstream: "default",
    ...overrides,
  };
}
