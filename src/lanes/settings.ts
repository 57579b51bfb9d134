import type { EventDefaults } from "../sentry/event.ts";
import type { JoinPolicy } from "./joiner.ts";
import type { TrailPolicy } from "./trails.ts";

/** What a lane needs to know of the configuration. Severities are OpenTelemetry numbers; Infinity is off. */
export interface LaneSettings {
  /** At or above: an event. */
  readonly issue: number;
  /** At or above: a Sentry log as well. */
  readonly log: number;
  /** At or above, and below `issue`: joins the trails of its keys. */
  readonly breadcrumb: number;
  readonly trail: TrailPolicy & { readonly keys: readonly string[] };
  readonly join: JoinPolicy;
  readonly defaults: EventDefaults;
  /** Takes what no `route` claims. */
  readonly defaultUpstream: string;
}
