import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refine } from "../../src/lanes/refinement.ts";
import type { Batch } from "../../src/record/batch.ts";
import { newRecord, type LogRecord } from "../../src/record/record.ts";
import { Severity } from "../../src/record/severity.ts";
import { ManualClock } from "../support/clock.ts";
import { defaultLane } from "../support/default-lane.ts";

const from = { input: "edge", peer: "", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };

function refined(message: string, overrides: Partial<LogRecord> = {}): LogRecord {
  const record = Object.assign(newRecord(from, message), overrides);
  refine(record);
  return record;
}

describe("refine", () => {
  it("reads the level of a raw line, and of no other", () => {
    assert.equal(refined("2026-01-02 03:04:05 ERROR boom", { rawLine: true }).severity, Severity.error);
    assert.equal(refined("2026-01-02 03:04:05 ERROR boom").severity, Severity.info);
    assert.equal(refined("ERROR boom", { rawLine: true, severityStated: true }).severity, Severity.info);
  });

  it("takes a trace without any level for an error", () => {
    const trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: x';

    assert.equal(refined(trace).severity, Severity.error);
    assert.equal(refined(trace, { severityStated: true }).severity, Severity.info);
  });

  it("takes a record that names an error or carries its trace, but no level, for an error", () => {
    const stackText = "Error: x\n    at f (/app/a.js:1:2)";

    assert.equal(refined("boom", { stackText }).severity, Severity.error);
    assert.equal(refined("boom", { errorType: "Runtime.ExitError" }).severity, Severity.error);
    assert.equal(refined("boom", { stackText: "no trace" }).severity, Severity.info);
    assert.equal(refined("boom", { errorMessage: "why" }).severity, Severity.info);
    assert.equal(refined("boom", { stackText, severityStated: true }).severity, Severity.info);
  });

  it("takes the level of a web server's error line, whatever brought it", () => {
    assert.equal(refined("2026/08/21 17:00:43 [crit] 31#31: *7 boom").severity, Severity.fatal);
    assert.equal(
      refined("[Wed Oct 11 14:32:52.1 2026] [core:warn] [pid 1] boom", { severityStated: true }).severity,
      Severity.warning,
    );
  });
});

const NOON_MS = Date.UTC(2026, 10, 20, 12);

interface Sent {
  readonly logger?: string;
  readonly level: string;
  readonly timestamp: number;
  readonly logentry: { readonly formatted: string; readonly message: string };
  readonly fingerprint: readonly string[];
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly breadcrumbs?: { readonly values: readonly { readonly category: string; readonly message: string }[] };
}

/** The events that lines of one stream become when they arrive at noon. */
function eventsOf(...lines: readonly string[]): Sent[] {
  const bounds: number[] = [];
  let at = 0;
  for (const line of lines) bounds.push(at, (at += Buffer.byteLength(line)));
  const from = { input: "stdin", peer: "", receivedMs: NOON_MS, tag: "", labels: undefined, metadata: undefined };
  const batch: Batch = { codec: "auto", from, frames: { bytes: Buffer.from(lines.join("")), bounds }, position: undefined };
  const lane = defaultLane({ clock: new ManualClock(NOON_MS) });
  const parcels = [...lane.run(batch, 1).parcels, ...lane.tick(true).parcels];
  return parcels.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")) as Sent);
}

describe("a plain line in a logger's layout", () => {
  it("is an event of its logger, with the message behind the layout", () => {
    const [event] = eventsOf("2026-11-20 11:59:58,123 [exec-7] ERROR shop.orders - order 1042 is lost");
    assert.equal(event?.logger, "shop.orders");
    assert.equal(event.level, "error");
    assert.deepEqual(event.logentry, { formatted: "order 1042 is lost", message: "order <*> is lost", params: ["1042"] });
    assert.deepEqual(event.fingerprint, ["order <*> is lost", "shop.orders"]);
    assert.deepEqual(event.extra, { thread: "exec-7", logged_at: "2026-11-20 11:59:58,123" });
  });

  it("says when it happened where its time has a zone, and keeps the time of arrival where it has none", () => {
    const times = ["2026-11-20T11:59:58.500Z", "2026-11-20T12:59:58.500+01:00", "2026-11-20T11:59:58.500"].map(
      (time) => eventsOf(`${time} ERROR shop.orders - lost`)[0]?.timestamp,
    );
    assert.deepEqual(times, [NOON_MS / 1_000 - 1.5, NOON_MS / 1_000 - 1.5, NOON_MS / 1_000]);
  });

  it("keeps the text of the stack trace that follows it", () => {
    const [event, ...more] = eventsOf(
      "2026-11-20 11:59:58,123 ERROR shop.cart: cart 17 is lost",
      "Traceback (most recent call last):",
      '  File "/srv/shop.py", line 3, in show',
      "    return carts[17]",
      "KeyError: 17",
      "2026-11-20 11:59:58,124 INFO shop.cart: next",
    );
    assert.deepEqual(more, []);
    assert.match(
      event?.logentry.formatted ?? "",
      /^cart 17 is lost\nTraceback \(most recent call last\):\n.*\n.*\nKeyError: 17$/,
    );
    assert.deepEqual(event?.fingerprint, ["cart <*> is lost", "shop.cart", "KeyError"]);
  });

  it("is a breadcrumb of its logger when it is quiet", () => {
    const [event] = eventsOf("2026-11-20 11:59:58,123 INFO shop.cart: opened", "2026-11-20 11:59:58,124 ERROR shop.cart: lost");
    const [crumb] = event?.breadcrumbs?.values ?? [];
    assert.deepEqual([crumb?.category, crumb?.message], ["shop.cart", "opened"]);
  });

  it("tells two errors of one .NET category apart", () => {
    const events = eventsOf(
      "fail: Acme.Worker[0]",
      "      parcel 8841 was lost",
      "fail: Acme.Worker[0]",
      "      printer 7 is out of paper",
    );
    assert.deepEqual(
      events.map(({ fingerprint }) => fingerprint),
      [
        ["parcel <*> was lost", "Acme.Worker"],
        ["printer <*> is out of paper", "Acme.Worker"],
      ],
    );
  });

  it("stays as it is in a record that is no plain line", () => {
    const said = "2026-11-20 11:59:58,123 ERROR shop.cart: lost";
    const [event] = eventsOf(JSON.stringify({ level: "error", msg: said }));
    assert.equal(event?.logger, undefined);
    assert.equal(event?.logentry.formatted, said);
  });
});

describe("a template of the logger's", () => {
  it("wins, with what varied as its parameters", () => {
    const serilog = JSON.stringify({ "@l": "Error", "@mt": "parcel {Id} lost near {City}", Id: "abc", City: "Berlin" });
    const python = JSON.stringify({
      levelname: "ERROR",
      msg: "parcel %s lost near %s",
      args: ["abc", "Berlin"],
      message: "parcel abc lost near Berlin",
    });
    const unfilled = JSON.stringify({ levelname: "ERROR", msg: "parcel %s lost near %s", args: ["abc", "Berlin"] });
    for (const [line, message] of [
      [serilog, "parcel {Id} lost near {City}"],
      [python, "parcel %s lost near %s"],
      [unfilled, "parcel %s lost near %s"],
    ] as const) {
      const [event] = eventsOf(line);
      assert.deepEqual(event?.logentry, { formatted: "parcel abc lost near Berlin", message, params: ["abc", "Berlin"] });
      assert.deepEqual(event.fingerprint, [message]);
    }
  });
});

describe("a secret across the end of what an event shows of a field", () => {
  it("leaves with no part of it", () => {
    for (const secret of ["ghp_plantedabcdefghijklmnopqrstuvwxyz0123", "4111 1111 1111 1111", "DE89370400440532013000"]) {
      for (let shift = 0; shift <= secret.length; shift += 1) {
        const field = `${"x ".repeat(8_170)}${"y".repeat(20 - (shift % 20))} ${secret}${" tail".repeat(400)}`;
        const [event] = eventsOf(JSON.stringify({ level: "error", message: "lost", field }));
        const shown = String(event?.extra?.["field"]);
        assert.ok(!shown.includes(secret.slice(0, 9)), `${secret} at ${shift}`);
        assert.ok(shown.length <= 16_384);
      }
    }
  });
});

describe("a template that is the message itself", () => {
  it("gives up what varies in it, since structlog calls an event whatever was put into it", () => {
    const events = [17, 18].map((cart) => eventsOf(JSON.stringify({ level: "error", event: `cart ${cart} is lost` }))[0]);
    assert.deepEqual(
      events.map((event) => event?.fingerprint),
      [["cart <*> is lost"], ["cart <*> is lost"]],
    );
  });
});
