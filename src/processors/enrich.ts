import * as z from "zod";
import { compileMatch, match, MATCH_RULES } from "../component/match.ts";
import { defineProcessor } from "../component/spec.ts";
import type { LogRecord } from "../record/record.ts";
import { compose, type Composed } from "./enrich/composed.ts";
import { propertyOf, type Property } from "./enrich/property.ts";
import { assignments, removals, renames } from "./enrich/written.ts";

export const enrich = defineProcessor({
  type: "enrich",
  summary: "Sets, renames, fills in and removes what a record says about itself.",
  stability: "stable",
  config: z.object({
    match: match.optional().describe(`Which records are changed. Default: every record. ${MATCH_RULES}`),
    rename: renames
      .default({})
      .describe(
        "Old name to new name; done first. A name the record does not carry, or a value that does not fit, stays as it is.",
      ),
    default: assignments.default({}).describe("As `set`, for names the record does not carry yet; done after `rename`."),
    set: assignments
      .default({})
      .describe(
        "Name to value; done after `default`. A text may take `{name}` places from the record (`{service}@{version}`); a value " +
          "with a place that the record cannot fill is left out, and a place that stands alone takes over the value with its " +
          "type. The record's own names (`service`, `environment`, `release`, `dist`, `logger`, `host`, `transaction`, `message`, " +
          "`template`, `severity`, `user_id`, `user_email`, `user_name`, `client_ip`, `request_id`, `trace_id`, `span_id`, `method`, " +
          "`url`, `query_string`, `status`, `error_type`, `error_message`, `fingerprint`) change the event itself; any other is a field.",
      ),
    remove: removals.default([]).describe("Names to take away, `a.b` also inside the object `a`; done last."),
  }),
  examples: [
    {
      rename: { svc: "service" },
      default: { environment: "production" },
      set: { release: "{service}@{version}", team: "checkout" },
      remove: ["pid", "kubernetes.annotations"],
    },
    { match: { logger: "cron.*" }, set: { fingerprint: ["{logger}", "{job}"], severity: "warning" } },
  ],
  create(config) {
    const concerns = config.match === undefined ? () => true : compileMatch(config.match);
    const steps = [
      ...Object.entries(config.rename).map(([from, to]) => renaming(propertyOf(from), propertyOf(to))),
      ...Object.entries(config.default).map(([name, value]) => filling(propertyOf(name), compose(value))),
      ...Object.entries(config.set).map(([name, value]) => setting(propertyOf(name), compose(value))),
      ...config.remove.map((name) => removing(propertyOf(name))),
    ];
    return {
      process(record) {
        if (concerns(record)) for (const step of steps) step(record);
        return "keep";
      },
    };
  },
});

type Step = (record: LogRecord) => void;

function renaming(from: Property, to: Property): Step {
  return (record) => {
    const value = from.read(record);
    // A value that does not fit its new place stays where it is rather than getting lost.
    if (value !== undefined && value !== null && to.write(record, value)) from.write(record, undefined);
  };
}

function filling(property: Property, value: Composed): Step {
  const set = setting(property, value);
  return (record) => {
    const present = property.read(record);
    if (present === undefined || present === null || present === "") set(record);
  };
}

function setting(property: Property, value: Composed): Step {
  return (record) => {
    const composed = value(record);
    if (composed !== undefined) property.write(record, composed);
  };
}

function removing(property: Property): Step {
  return (record) => {
    property.write(record, undefined);
  };
}
