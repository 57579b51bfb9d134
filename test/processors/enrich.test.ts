import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { enrich } from "../../src/processors/enrich.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { anyRecord, NOWHERE, processorHost, recordOf } from "../support/processing.ts";

function enriched(config: unknown, record: LogRecord): LogRecord {
  assert.equal(enrich.create(enrich.config.parse(config), processorHost()).process(record), "keep");
  return record;
}

describe("enrich", () => {
  it("sets the record's own properties and puts the rest into fields", () => {
    const record = enriched({ set: { service: "shop", environment: "prod", team: "checkout", size: 3, beta: true } }, recordOf());
    assert.equal(record.service, "shop");
    assert.equal(record.environment, "prod");
    assert.deepEqual(
      [...record.fields],
      [
        ["team", "checkout"],
        ["size", 3],
        ["beta", true],
      ],
    );
  });

  it("fills places from the record", () => {
    const record = enriched({ set: { release: "{service}@{version}" } }, recordOf({ service: "shop" }, { version: "1.2" }));
    assert.equal(record.release, "shop@1.2");
  });

  it("leaves out a value whose places the record cannot fill", () => {
    const record = enriched({ set: { release: "{service}@{version}" } }, recordOf({ service: "shop", release: "old" }));
    assert.equal(record.release, "old");
  });

  it("fills in only what is missing", () => {
    const config = { default: { environment: "prod", release: "r1", team: "a", note: "n" } };
    const record = enriched(config, recordOf({ environment: "dev", release: "" }, { team: "b", note: null }));
    assert.equal(record.environment, "dev");
    assert.equal(record.release, "r1");
    assert.equal(record.fields.get("team"), "b");
    assert.equal(record.fields.get("note"), "n");
  });

  it("counts a label as present", () => {
    const record = recordOf({ from: { ...NOWHERE, labels: new Map([["team", "b"]]) } });
    assert.equal(enriched({ default: { team: "a" } }, record).fields.has("team"), false);
  });

  it("renames, then fills in, then sets, then removes", () => {
    const config = {
      rename: { svc: "service" },
      default: { environment: "{stage}" },
      set: { transaction: "{service}/{job}" },
      remove: ["stage", "job"],
    };
    const record = enriched(config, recordOf({}, { svc: "shop", stage: "dev", job: "sync" }));
    assert.equal(record.service, "shop");
    assert.equal(record.environment, "dev");
    assert.equal(record.transaction, "shop/sync");
    assert.equal(record.fields.size, 0);
  });

  it("keeps a renamed value where it was when it does not fit its new name", () => {
    const record = enriched({ rename: { trace: "trace_id", n: "status" } }, recordOf({}, { trace: "not hex", n: 7 }));
    assert.equal(record.traceId, undefined);
    assert.deepEqual(
      [...record.fields],
      [
        ["trace", "not hex"],
        ["n", 7],
      ],
    );
  });

  it("moves a property of the record into a field", () => {
    const record = enriched({ rename: { logger: "component" } }, recordOf({ logger: "app.db" }));
    assert.equal(record.logger, undefined);
    assert.equal(record.fields.get("component"), "app.db");
  });

  it("changes only what matches", () => {
    const config = { match: { logger: "cron.*" }, set: { severity: "warning" } };
    assert.equal(enriched(config, recordOf({ logger: "cron.daily", severity: 17 })).severity, 13);
    assert.equal(enriched(config, recordOf({ logger: "web", severity: 17 })).severity, 17);
  });

  it("makes a fingerprint of several parts", () => {
    const config = { set: { fingerprint: ["{logger}", "{job}", "fixed"] } };
    assert.deepEqual(enriched(config, recordOf({ logger: "cron" }, { job: 7 })).fingerprint, ["cron", "7", "fixed"]);
    assert.equal(enriched(config, recordOf({ logger: "cron" })).fingerprint, undefined);
  });

  it("never throws and keeps a message, whatever the record", () => {
    const config = {
      rename: { value: "name", "user.name": "service", __proto__x: "constructor", toString: "user_id" },
      default: { message: "{missing}", service: "{value}" },
      set: {
        transaction: "{name}/{value}/{toString}",
        fingerprint: ["{value}", "{name}"],
        status: "{value}",
        level: "{value}",
        copy: "{value}",
      },
      remove: ["password", "value.password", "constructor.__proto__", "a.b.c"],
    };
    fc.assert(
      fc.property(anyRecord, (record) => {
        enriched(config, record);
        assert.ok(record.message !== "");
        assert.equal(typeof record.severity, "number");
      }),
    );
  });
});
