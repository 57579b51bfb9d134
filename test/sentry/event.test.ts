import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { ExceptionValue, ParsedTrace } from "../../src/record/exception.ts";
import type { FieldValue } from "../../src/record/record.ts";
import { breadcrumbJson } from "../../src/sentry/breadcrumb.ts";
import { eventJson, type EventDefaults, type EventParts } from "../../src/sentry/event.ts";
import { eventProblems } from "../support/event-rules.ts";
import { DEFAULTS, eventParts, record, type RecordOptions } from "../support/sentry-records.ts";

/** One case of `test/golden/events`: why it is there, what goes in, what comes out. `UPDATE=1` writes what comes out. */
interface Golden {
  readonly why: string;
  readonly record: RecordOptions;
  readonly labels?: Readonly<Record<string, string>>;
  readonly parts?: Partial<EventParts>;
  readonly breadcrumbs?: readonly RecordOptions[];
  readonly defaults?: Partial<EventDefaults>;
  readonly event?: unknown;
}

interface Event {
  readonly [name: string]: unknown;
  readonly logentry: { readonly formatted: string; readonly message: string; readonly params?: readonly string[] };
  readonly tags: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly breadcrumbs: { readonly values: readonly unknown[] };
}

const FOLDER = new URL("test/golden/events/", import.meta.resolve("#package.json"));

function event(options: RecordOptions, overrides: Partial<EventParts> = {}, defaults = DEFAULTS): Event {
  const json = eventJson(eventParts(record(options), overrides), defaults);
  assert.ok(json.endsWith("}}"));
  const made = JSON.parse(json) as Event;
  assert.deepEqual(eventProblems(made), []);
  return made;
}

function play({ record: options, labels, parts, breadcrumbs = [], defaults }: Golden): Event {
  const from = { ...options.from, labels: labels === undefined ? undefined : new Map(Object.entries(labels)) };
  const crumbs = breadcrumbs.map((crumb) => breadcrumbJson(record(crumb)));
  return event({ ...options, from }, { ...parts, breadcrumbs: crumbs }, { ...DEFAULTS, ...defaults });
}

describe("golden events", () => {
  for (const name of readdirSync(FOLDER).toSorted()) {
    const url = new URL(name, FOLDER);
    const golden = JSON.parse(readFileSync(url, "utf8")) as Golden;
    it(`${name.replace(/\.json$/, "")}: ${golden.why}`, () => {
      const made = play(golden);
      if (process.env["UPDATE"] === "1") writeFileSync(url, `${JSON.stringify({ ...golden, event: made }, undefined, 2)}\n`);
      else assert.deepEqual(made, golden.event);
    });
  }
});

describe("event", () => {
  it("ends with extra, even when there is nothing in it", () => {
    const json = eventJson(eventParts(record()), DEFAULTS);
    assert.match(json, /,"extra":\{\}\}$/);
  });

  it("names its server after the host, the node, the policy, and at last the peer", () => {
    const node = { fields: { pod: "p", node: "node-3" } };
    assert.equal(event({ host: "web-1", ...node })["server_name"], "web-1");
    assert.equal(event(node, {}, { ...DEFAULTS, serverName: "relay" })["server_name"], "node-3");
    assert.equal(event({}, {}, { ...DEFAULTS, serverName: "relay" })["server_name"], "relay");
    assert.equal(event({})["server_name"], "10.0.0.7");
    assert.equal(event({ from: { peer: "" } })["server_name"], undefined);
  });

  it("takes release and environment from the record, the labels, then the policy, and keeps what is none in extra", () => {
    const defaults = { ...DEFAULTS, release: "9.9", environment: "staging" };
    const own = event({ release: "shop/1.2", environment: "Prod\n" }, {}, defaults);
    assert.deepEqual([own["release"], own["environment"]], ["shop-1.2", "Prod"]);
    const labelled = event({ from: { labels: new Map([["environment", "qa"]]) } }, {}, defaults);
    assert.deepEqual([labelled["release"], labelled["environment"]], ["9.9", "qa"]);
    const none = event({ release: "latest", environment: "none" }, {}, defaults);
    assert.deepEqual(
      [none["release"], none["environment"], none.extra],
      ["9.9", "staging", { release: "latest", environment: "none" }],
    );
  });

  it("shortens the packages of a long logger, and keeps the whole name in extra", () => {
    const logger = "org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping";
    const made = event({ logger });
    assert.equal(made["logger"], "o.s.w.servlet.mvc.method.annotation.RequestMappingHandlerMapping");
    assert.equal(made.extra["logger"], logger);
    assert.equal(event({ logger: "x".repeat(100) })["logger"], `${"x".repeat(61)}...`);
    assert.equal(event({ logger: "a\nb" })["logger"], "a b");
  });

  it("keeps more of a long message in extra", () => {
    const made = event({ message: "m".repeat(12_000) });
    assert.equal(made.logentry.formatted.length, 8_192);
    assert.equal(String(made.extra["message"]).length, 12_000);
  });

  it("bounds fingerprints, parameters and the transaction", () => {
    const long = "x".repeat(1_000);
    const many = Array.from({ length: 50 }, () => long);
    const made = event({ transaction: `${long}\n` }, { fingerprint: many, params: many });
    assert.equal((made["fingerprint"] as string[]).length, 10);
    assert.equal(made.logentry.params?.length, 32);
    assert.equal(String(made["transaction"]).length, 200);
  });

  it("shows every field once: as a tag, in a context, or in extra", () => {
    const fields = { namespace: "shop", pod: "cart-1", node: "n1", order: 7, note: "x".repeat(201) };
    const made = event({ fields, service: "cart", requestId: "r-1" }, {}, { ...DEFAULTS, tags: ["namespace", "pod", "note"] });
    assert.deepEqual(made.tags, { namespace: "shop", pod: "cart-1", note: `${"x".repeat(197)}...`, input: "edge" });
    assert.deepEqual(made.extra, { order: 7, note: "x".repeat(201), service: "cart", request_id: "r-1" });
  });

  it("keeps the text of a stack trace that could not be read, and what the trace does not say", () => {
    assert.deepEqual(event({ stackText: "at odd place", errorMessage: "why" }).extra, {
      stack: "at odd place",
      error_message: "why",
    });
    assert.deepEqual(event({ user: { ip_address: "unix:" } }).extra, { client_ip: "unix:" });
    const trace: ParsedTrace = { platform: "node", values: [{ type: "TypeError", value: "x", frames: [] }] };
    assert.deepEqual(event({ stackText: "...", errorType: "TypeError", errorMessage: "x" }, { trace }).extra, {});
    assert.deepEqual(event({ errorType: "E42", errorMessage: "y" }, { trace }).extra, { error_type: "E42", error_message: "y" });
  });

  it("says once what an error is, however the record and its trace spell it", () => {
    const java: ParsedTrace = { platform: "java", values: [{ type: "IOException", module: "java.io", value: "x", frames: [] }] };
    assert.deepEqual(event({ errorType: "java.io.IOException", errorMessage: "x" }, { trace: java }).extra, {});
    const bare: ParsedTrace = { platform: "ruby", values: [{ frames: [] }] };
    assert.deepEqual(event({ errorType: "RuntimeError", errorMessage: "x" }, { trace: bare }).extra, {});
    assert.deepEqual(event({ errorMessage: "EOF", fields: { error: "EOF" } }).extra, { error: "EOF" });
  });

  it("stays within a megabyte and valid when everything is as large as it can be", () => {
    for (const unit of ["x", "\u0001", "漢", '"', "\ud83d"]) {
      const long = unit.repeat(20_000);
      const frames = Array.from({ length: 400 }, () => ({
        function: long,
        module: long,
        package: long,
        filename: long,
        abs_path: long,
        context_line: long,
        pre_context: Array.from({ length: 20 }, () => long),
      }));
      const values: ExceptionValue[] = Array.from({ length: 100 }, () => ({ type: long, value: long, module: long, frames }));
      const fields = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index}${long}`, long]));
      const options: RecordOptions = {
        message: long,
        logger: long,
        host: long,
        transaction: long,
        user: { id: long, email: long, username: long, name: long },
        request: { method: long, url: long, query_string: long, headers: fields as Record<string, string>, remoteAddress: long },
        fields: { ...fields, kubernetes: { pod_name: "p", labels: { long } } },
      };
      const breadcrumbs = Array.from({ length: 300 }, () => breadcrumbJson(record({ message: long, fields: { a: long } })));
      const parts = {
        trace: { platform: "java", values },
        breadcrumbs,
        params: Array.from({ length: 99 }, () => long),
        fingerprint: [long, long],
      };
      const tags = Object.keys(fields);
      const made = event(options, parts, { ...DEFAULTS, tags });
      assert.ok(Buffer.byteLength(JSON.stringify(made)) <= 1_000_000);
      assert.match(String(made.extra["crumbtrail.left_out"]), /oldest breadcrumbs/);
    }
  });

  it("is what Relay takes as it is, whatever the record says", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom("", "\n", ".", "latest", "none", "\ud83d", "\0"),
    );
    const maybe = fc.option(text, { nil: undefined });
    const value: fc.Arbitrary<FieldValue> = fc.letrec<{ value: FieldValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 8 },
        text,
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(text, tie("value"), { maxKeys: 3 }),
      ),
    })).value;
    const names = fc.constantFrom("service", "kubernetes", "pod", "user", "release", "os.name", "a b", "__proto__");
    const made = fc.record({
      message: text,
      logger: maybe,
      service: maybe,
      host: maybe,
      environment: maybe,
      release: maybe,
      dist: maybe,
      transaction: maybe,
      traceId: maybe,
      spanId: maybe,
      requestId: maybe,
      stackText: maybe,
      errorType: maybe,
      errorMessage: maybe,
      user: fc.option(fc.dictionary(fc.constantFrom("id", "email", "ip_address", "name"), text), { nil: undefined }),
      fields: fc.dictionary(fc.oneof(names, text), value, { maxKeys: 8 }),
    });
    fc.assert(
      fc.property(made, text, fc.array(fc.oneof(names, text)), (options, other, tags) => {
        const labels = new Map([
          [other, other],
          ["environment", other],
        ]);
        event(
          { ...options, from: { labels, input: "edge", peer: other } },
          { template: other, params: [other], fingerprint: [other] },
          { ...DEFAULTS, tags, release: other },
        );
      }),
      { numRuns: 200 },
    );
  });
});
