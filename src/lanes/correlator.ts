import type { Clock } from "../base/clock.ts";
import type { Outcome } from "../record/outcome.ts";
import type { LogRecord } from "../record/record.ts";
import { clip } from "../sentry/bounds.ts";
import { breadcrumbJson } from "../sentry/breadcrumb.ts";
import { eventOf } from "../sentry/event.ts";
import { logJson } from "../sentry/log-item.ts";
import { derivedEventId, randomEventId } from "./event-id.ts";
import { hash53, interpret, saidOf, type Interpretation } from "./interpretation.ts";
import type { Arrival } from "./joiner.ts";
import { streamOf } from "./keys.ts";
import { settle, type Yield } from "./lane.ts";
import type { LaneSettings } from "./settings.ts";
import type { Render, Trails } from "./trails.ts";

/** As much of a host's name as a storm report shows. */
const MAX_HOST_CHARS = 100;

/** What became of a record, for `explain`. */
export interface Observation {
  readonly record: LogRecord | undefined;
  readonly interpretation: Interpretation | undefined;
  readonly fate: "issue" | "log" | "breadcrumb" | Outcome;
  /** What was wrong with a malformed frame. */
  readonly note?: string;
}

export type Observer = (observation: Observation) => void;

export interface CorrelatorOptions {
  readonly settings: LaneSettings;
  readonly clock: Clock;
  readonly trails: Trails;
  readonly render: Render;
  readonly observe: Observer | undefined;
}

/** Decides by severity what a record becomes: an event with its trails, a log, a breadcrumb, or nothing. */
export class Correlator {
  readonly #options: CorrelatorOptions;

  constructor(options: CorrelatorOptions) {
    this.#options = options;
  }

  /** Turns a complete record into parcels or a breadcrumb. */
  take(arrival: Arrival, keys: readonly string[], result: Yield): void {
    const { settings, observe } = this.#options;
    const { record, lines } = arrival;
    const isIssue = record.severity >= settings.issue;
    const isLog = record.severity >= settings.log;
    const isCrumb = !isIssue && record.severity >= settings.breadcrumb;
    const interpretation = isIssue || isLog || observe !== undefined ? interpret(record) : undefined;
    if (isIssue && interpretation !== undefined) this.#event(arrival, interpretation, keys, result);
    // A log that is a copy of an event or a breadcrumb is not a second record.
    if (isLog && interpretation !== undefined) this.#log(record, interpretation, result, isIssue || isCrumb ? 0 : lines);
    if (isCrumb) {
      this.#crumb(record, keys);
      settle(result, "absorbed", lines);
    } else if (!isIssue && !isLog) settle(result, "filtered", lines);
    observe?.({ record, interpretation, fate: isIssue ? "issue" : isCrumb ? "breadcrumb" : isLog ? "log" : "filtered" });
  }

  /** A processor dropped it; loud ones are told to the tracker. */
  drop(arrival: Arrival, outcome: Outcome, result: Yield): void {
    const { settings, observe } = this.#options;
    const { record, lines } = arrival;
    settle(result, outcome, lines);
    if (record.severity >= settings.issue) {
      for (const upstream of this.#upstreams(record)) result.dropped.push({ upstream, outcome, quantity: 1 });
    }
    observe?.({ record, interpretation: observe === undefined ? undefined : interpret(record), fate: outcome });
  }

  #upstreams(record: LogRecord): readonly string[] {
    return record.upstreams ?? [record.from.upstream ?? this.#options.settings.defaultUpstream];
  }

  #event(arrival: Arrival, interpretation: Interpretation, keys: readonly string[], result: Yield): void {
    const { settings, clock, trails, render } = this.#options;
    const { record, lines } = arrival;
    const bornMs = clock.nowMs();
    const eventId = arrival.origin === undefined ? randomEventId() : derivedEventId(arrival.origin);
    const breadcrumbs = trails.union(keys, bornMs, render);
    const { template, params, trace, fingerprint, issue } = interpretation;
    const { json, serverName } = eventOf(
      { record, eventId, template, params, trace, message: saidOf(record), fingerprint, breadcrumbs },
      settings.defaults,
    );
    const body = Buffer.from(json, "utf8");
    const host = clip(serverName ?? "", MAX_HOST_CHARS);
    let records = lines;
    for (const upstream of this.#upstreams(record)) {
      result.parcels.push({ upstream, input: record.from.input, category: "error", body, records, bornMs, eventId, issue });
      result.hosts.push(host);
      result.events += 1;
      // Only one copy of an event that goes to several upstreams settles its records.
      records = 0;
    }
  }

  #log(record: LogRecord, interpretation: Interpretation, result: Yield, lines: number): void {
    const { settings, clock } = this.#options;
    const { template, params } = interpretation;
    const traceId = record.traceId ?? traceIdOf(streamOf(record));
    const body = Buffer.from(logJson(record, { template, params, traceId }, settings.defaults), "utf8");
    let records = lines;
    for (const upstream of this.#upstreams(record)) {
      const log = { upstream, input: record.from.input, category: "log_item", body, records } as const;
      result.parcels.push({ ...log, bornMs: clock.nowMs(), eventId: "", issue: 0 });
      result.hosts.push("");
      records = 0;
    }
  }

  #crumb(record: LogRecord, keys: readonly string[]): void {
    const { trails } = this.#options;
    const { receivedMs } = record.from;
    const crumb = trails.keepJson(receivedMs, breadcrumbJson(record, saidOf(record)), record.timeMs);
    for (const key of keys) trails.put(trails.open(key, receivedMs), crumb);
    trails.kept(crumb);
  }
}

/** Logs need a trace id; a stream without one gets its own, always the same. */
function traceIdOf(stream: string): string {
  const hex = (salt: string): string => hash53(`${salt}${stream}`).toString(16).padStart(14, "0");
  return `${hex("a")}${hex("b")}${hex("c")}`.slice(0, 32);
}
