import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textLine } from "../../src/codec/text-line.ts";
import { syslogCodec } from "../../src/codec/syslog.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import { packFrames } from "../../src/record/batch.ts";
import { ManualClock } from "../support/clock.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";
import { provenance } from "../support/provenance.ts";
import { fixture } from "../support/real-senders.ts";
import { UTC } from "../support/syslog-frames.ts";

type Json = Readonly<Record<string, unknown>>;

const RECEIVED_MS = Date.UTC(2026, 10, 20, 12);
const syslog = syslogCodec({ zone: UTC, logFormat: undefined, issueFromStatus: undefined });

/** The events that frames become, without what differs from one to the next by chance. */
function eventsOf(codec: "syslog" | "text", frames: readonly (string | Buffer)[]): readonly Json[] {
  const lane = new LocalLane({
    settings: laneSettingsFor(),
    codecs: new Map([
      ["syslog", syslog],
      ["text", textLine],
    ]),
    processors: [],
    clock: new ManualClock(RECEIVED_MS),
  });
  const from = provenance({ receivedMs: RECEIVED_MS });
  const batch = { codec, from, frames: packFrames(frames.map((frame) => Buffer.from(frame))), position: undefined };
  return [lane.run(batch, 0), lane.tick(true)].flatMap(({ parcels }) =>
    parcels.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")) as Json),
  );
}

function first(event: Json | undefined): Json {
  const { values = [] } = (event?.["exception"] ?? {}) as { readonly values?: readonly Json[] };
  return values.at(-1) ?? {};
}

const trace = (order: number): readonly string[] => [
  "Traceback (most recent call last):",
  `  File "/srv/shop/cart.py", line ${order}, in add`,
  `    charge(${order})`,
  `ValueError: no order ${order}`,
];
const head = (priority: number, pid: number): string => `<${priority}>Nov 20 08:30:12 web1 shop[${pid}]: `;

describe("syslog in a lane", () => {
  it("joins the stack traces of two processes whose lines come in turns", () => {
    const [one, two] = [trace(7), trace(8)];
    const frames = one.flatMap((line, i) => [head(131, 812) + line, head(131, 813) + (two[i] ?? "")]);
    const events = eventsOf("syslog", frames);

    assert.deepEqual(
      events.map((event) => [first(event)["type"], first(event)["value"], (event["extra"] as Json)["pid"]]),
      [
        ["ValueError", "no order 7", 812],
        ["ValueError", "no order 8", 813],
      ],
    );
  });

  it("makes an error of a trace that a service prints, to which systemd gave no level of its own", () => {
    const [event, ...others] = eventsOf(
      "syslog",
      trace(7).map((line) => head(30, 812) + line),
    );

    assert.deepEqual([event?.["level"], first(event)["type"], others], ["error", "ValueError", []]);
  });

  it("believes a level that a program chose, whatever the text says", () => {
    assert.deepEqual(eventsOf("syslog", [`${head(134, 812)}ERROR is a word`]), []);
    assert.equal(eventsOf("syslog", [`${head(30, 812)}ERROR is a level`])[0]?.["level"], "error");
  });

  it("makes the same issues of nginx's datagrams as of the lines in its file", () => {
    const datagrams = Array.from({ length: 34 }, (_, i) =>
      fixture(`nginx/nginx-syslog-error-${String(i + 1).padStart(3, "0")}.bin`),
    );
    // A datagram is the line behind the tag.
    const lines = datagrams.map((datagram) => datagram.subarray(datagram.indexOf("nginx: ") + "nginx: ".length));
    const issue = ({ fingerprint, logentry, level, logger, request, user, transaction }: Json): unknown => ({
      fingerprint,
      logentry,
      level,
      logger,
      request,
      user,
      transaction,
    });
    const events = eventsOf("syslog", datagrams);

    assert.ok(events.length >= 10, `only ${events.length} events`);
    assert.deepEqual(events.map(issue), eventsOf("text", lines).map(issue));
    assert.deepEqual(new Set(events.map(({ server_name: name }) => name)), new Set(["vm"]));
  });

  it("gives an error of nginx the access lines before it as trail", () => {
    const access =
      '<190>Nov 20 08:30:12 vm nginx: 10.0.0.9 - - [20/Nov/2026:08:30:12 +0000] "GET /cart?id=7 HTTP/1.1" 502 157 "-" "curl/7.88.1"';
    const error =
      '<187>Nov 20 08:30:12 vm nginx: 2026/11/20 08:30:12 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: shop.example, request: "GET /cart?id=7 HTTP/1.1", upstream: "http://10.0.0.2:8080/cart?id=7", host: "shop.example"';
    const [event] = eventsOf("syslog", [access, error]);
    const { values = [] } = (event?.["breadcrumbs"] ?? {}) as { readonly values?: readonly Json[] };

    assert.deepEqual(
      values.map(({ message, level, category }) => [message, level, category]),
      [["GET /cart answered 502", "warning", "nginx.access"]],
    );
  });
});
