import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Observation } from "../../src/lanes/correlator.ts";
import { codecOfFormat } from "../../src/codec/formats.ts";
import type { FormatConfig } from "../../src/codec/formats.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import { refine } from "../../src/lanes/refinement.ts";
import { restate } from "../../src/lanes/server-lines.ts";
import { packFrames } from "../../src/record/batch.ts";
import { newRecord, type LogRecord } from "../../src/record/record.ts";
import { Severity } from "../../src/record/severity.ts";
import { ManualClock } from "../support/clock.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";
import { provenance } from "../support/provenance.ts";

const NOON_MS = Date.UTC(2026, 10, 20, 12);
const from = provenance({ peer: "", receivedMs: NOON_MS });

function restated(message: string, overrides: Partial<LogRecord> = {}): LogRecord {
  const record = Object.assign(newRecord(from, message), { rawLine: true, ...overrides });
  refine(record);
  restate(record);
  return record;
}

interface Sent {
  readonly level: string;
  readonly logger: string;
  readonly transaction?: string;
  readonly fingerprint: readonly string[];
  readonly logentry: { readonly formatted: string };
  readonly exception?: {
    readonly values: readonly { readonly type: string; readonly stacktrace: { readonly frames: readonly object[] } }[];
  };
  readonly breadcrumbs: { readonly values: readonly { readonly category: string; readonly message: string }[] };
}

/** The events that lines of one file become. */
function eventsOf(config: FormatConfig, ...lines: readonly string[]): Sent[] {
  const settings = laneSettingsFor();
  const seen: Observation[] = [];
  const codecs = new Map([["line", codecOfFormat(config)]]);
  const lane = new LocalLane({
    settings,
    codecs,
    processors: [],
    clock: new ManualClock(NOON_MS),
    observe: (one) => seen.push(one),
  });
  const frames = packFrames(lines.map((line) => Buffer.from(line)));
  const parcels = [...lane.run({ codec: "line", from, frames, position: undefined }, 1).parcels, ...lane.tick(true).parcels];
  assert.ok(seen.length > 0);
  return parcels.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")) as Sent);
}

const PREFIX = "2026/11/20 11:59:58 [error] 31#31: *7 ";
const SUFFIX = ', client: 10.0.0.9, server: shop.example, request: "GET /orders/7?b=1 HTTP/1.1"';

describe("an entry of nginx's error log", () => {
  it("gives its request, its user and its places to the record, and its kind to the issue", () => {
    const text = `${PREFIX}connect() failed (111: Connection refused) while connecting to upstream${SUFFIX}, upstream: "http://10.0.0.2:8080/a", host: "shop.example", referrer: "https://x.example/"`;
    const one = restated(text);
    const other = restated(
      text.replaceAll("10.0.0", "10.1.1").replaceAll("/orders/7", "/b").replace("*7", "*9").replace("31#31", "32#32"),
    );

    assert.deepEqual([one.logger, one.severity, one.user?.ip_address], ["nginx", Severity.error, "10.0.0.9"]);
    assert.deepEqual(one.request, {
      method: "GET",
      url: "http://shop.example/orders/7",
      query_string: "b=1",
      headers: { Host: "shop.example", Referer: "https://x.example/" },
      remoteAddress: "10.0.0.9",
    });
    assert.deepEqual(Object.fromEntries(one.fields), {
      server: "shop.example",
      upstream: "http://10.0.0.2:8080/a",
      connection: 7,
      pid: 31,
      upstream_addr: "10.0.0.2:8080",
      logged_at: "2026/11/20 11:59:58",
    });
    assert.equal(one.message, "connect() failed (111: Connection refused) while connecting to upstream");
    assert.equal(one.transaction, "GET /orders/<num>");
    assert.deepEqual(one.fingerprint, other.fingerprint);
    assert.notEqual(one.requestId, other.requestId);
  });

  it("is tied to the others of its connection, which only its machine makes unique", () => {
    assert.equal(restated(`${PREFIX}x${SUFFIX}`, { host: "web1" }).requestId, "nginx 31*7 web1");
    assert.equal(restated(`${PREFIX}x${SUFFIX}`).requestId, "nginx 31*7");
    assert.equal(restated(`${PREFIX}x${SUFFIX}`, { requestId: "known" }).requestId, "known");
    assert.equal(restated("2026/11/20 11:59:58 [alert] 31#31: worker process 7 exited on signal 11").requestId, undefined);
  });

  it("takes along what its connection did before, and nothing of other connections", () => {
    const settings = laneSettingsFor({ trail: { ...laneSettingsFor().trail, keys: ["request_id"] } });
    const lines = [
      `2026/11/20 11:59:57 [warn] 31#31: *7 an upstream response is buffered to a temporary file /tmp/1${SUFFIX}`,
      `2026/11/20 11:59:57 [warn] 31#31: *8 an upstream response is buffered to a temporary file /tmp/2${SUFFIX}`,
      `${PREFIX}upstream prematurely closed connection while reading upstream${SUFFIX}`,
    ];
    const codecs = new Map([["line", codecOfFormat({ format: "nginx_error" })]]);
    const lane = new LocalLane({ settings, codecs, processors: [], clock: new ManualClock(NOON_MS) });
    const frames = packFrames(lines.map((line) => Buffer.from(line)));
    const [parcel] = lane.run({ codec: "line", from, frames, position: undefined }, 1).parcels;
    const { breadcrumbs } = JSON.parse(Buffer.from(parcel?.body ?? "{}").toString("utf8")) as Sent;

    assert.deepEqual(
      breadcrumbs.values.map(({ message }) => message),
      ["an upstream response is buffered to a temporary file /tmp/1"],
    );
  });

  it("holds what PHP printed, joined from the lines of a file: an exception with its frames, at PHP's own level", () => {
    const [event, ...more] = eventsOf(
      { format: "nginx_error" },
      "2026/11/20 11:59:57 [info] 31#31: *7 client 10.0.0.9 closed keepalive connection",
      `${PREFIX}FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught Shop\\NoStock: no 9 left in /srv/shop/Stock.php:12`,
      "Stack trace:",
      "#0 /srv/shop/Cart.php(31): Shop\\Stock->take(9)",
      "#1 {main}",
      `  thrown in /srv/shop/Stock.php on line 12" while reading response header from upstream${SUFFIX}, upstream: "fastcgi://unix:/run/php.sock:", host: "shop.example"`,
      "2026/11/20 11:59:59 [notice] 31#31: exiting",
    );

    assert.deepEqual(more, []);
    assert.equal(event?.exception?.values[0]?.type, "Shop\\NoStock");
    assert.equal(event.exception.values[0].stacktrace.frames.length, 2);
    assert.deepEqual([event.level, event.logger, event.transaction], ["error", "php", "GET /orders/<num>"]);
    assert.deepEqual(
      event.breadcrumbs.values.map(({ category, message }) => [category, message]),
      [["nginx", "client 10.0.0.9 closed keepalive connection"]],
    );
  });

  it("is no issue for a warning of PHP, even of two lines", () => {
    const events = eventsOf(
      { format: "auto" },
      `${PREFIX}FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined variable $x in /a.php on line 3`,
      `PHP message: PHP Notice:  y in /a.php on line 4" while reading upstream${SUFFIX}`,
      `${PREFIX}upstream prematurely closed connection while reading upstream${SUFFIX}`,
    );

    assert.equal(events.length, 1);
    assert.deepEqual(
      events[0]?.breadcrumbs.values.map(({ message }) => message),
      ["PHP Warning:  Undefined variable $x in /a.php on line 3"],
    );
  });

  it("is parsed in every line and datagram of a real nginx", () => {
    const folder = join(dirname(fileURLToPath(import.meta.resolve("#package.json"))), "test", "fixtures", "nginx");
    const entries = readFileSync(join(folder, "error-log.txt"), "utf8")
      .trimEnd()
      .split(/\n(?=\d{4}\/\d\d\/\d\d )/);
    for (const entry of entries) {
      const record = restated(entry);
      assert.equal(record.logger, "nginx");
      assert.ok(record.fields.has("pid") && !record.message.includes("#"), entry);
      // "client 1.2.3.4 closed keepalive connection" names it in the message.
      if (entry.includes(", client: ")) assert.equal(record.user?.ip_address, "127.0.0.1", entry);
      for (const part of record.fingerprint ?? []) assert.doesNotMatch(part, /127\.0\.0\.1|\/srv|26073/);
    }
    const access = readFileSync(join(folder, "access-log.txt"), "utf8").trimEnd().split("\n");
    assert.ok(access.length > 25);
    for (const line of access) assert.match(restated(line).message, /^(?:[A-Z]+ \/\S*|a request) answered \d{3}$/);
    for (const name of readdirSync(folder).filter((one) => one.startsWith("nginx-syslog-access"))) {
      const text = readFileSync(join(folder, name), "utf8");
      const record = restated(text.slice(text.indexOf("nginx: ") + "nginx: ".length));
      assert.match(record.message, /^(?:[A-Z]+ \/\S*|a request) answered \d{3}$/);
    }
  });
});

describe("a line of Apache's error log", () => {
  it("gives what it says its places, and its code to the issue", () => {
    const record = restated(
      "[Fri Nov 20 11:59:58.123456 2026] [proxy:error] [pid 7:tid 8] (111)Connection refused: [client 10.0.0.9:52311] AH00957: HTTP: attempt to connect to 10.0.0.2:8080 (shop) failed, referer: https://x.example/",
    );

    assert.deepEqual([record.logger, record.severity, record.user?.ip_address], ["apache", Severity.error, "10.0.0.9"]);
    assert.equal(record.message, "(111)Connection refused: HTTP: attempt to connect to 10.0.0.2:8080 (shop) failed");
    assert.equal(record.fingerprint?.[1], "apache");
    assert.match(record.fingerprint[0] ?? "", /^AH00957: \(/);
    assert.deepEqual([record.fields.get("module"), record.fields.get("code")], ["proxy", "AH00957"]);
    assert.equal(record.fields.get("logged_at"), "2026-11-20 11:59:58.123456");
  });

  it("holds what PHP printed, whose newlines Apache escapes", () => {
    const [event] = eventsOf(
      { format: "auto" },
      "[Fri Nov 20 11:59:58.1 2026] [php:error] [pid 7] [client 10.0.0.9:5] PHP Fatal error:  Uncaught RuntimeException: lost in /srv/a.php:3\\nStack trace:\\n#0 /srv/b.php(4): f()\\n#1 {main}\\n  thrown in /srv/a.php on line 3",
    );
    assert.equal(event?.exception?.values[0]?.type, "RuntimeException");
    assert.equal(event.exception.values[0].stacktrace.frames.length, 2);

    const events = eventsOf(
      { format: "auto" },
      "[Fri Nov 20 11:59:58.1 2026] [proxy_fcgi:error] [pid 7:tid 8] [client 10.0.0.9:5] AH01071: Got error 'PHP message: PHP Deprecated:  f() in /srv/a.php on line 3'",
    );
    assert.deepEqual(events, []);
  });
});

describe("a line of an access log", () => {
  it("is an issue of its route and its status, with what the request left behind", () => {
    const config: FormatConfig = { format: "nginx_access", issue_from_status: 500 };
    const line = (method: string, path: string, status: number): string =>
      `203.0.113.9 - - [20/Nov/2026:11:59:58 +0000] "${method} ${path} HTTP/1.1" ${status} 157 "-" "curl/8"`;
    const [first, second, third, ...more] = eventsOf(
      config,
      line("GET", "/orders/41", 200),
      line("GET", "/orders/42", 502),
      line("GET", "/orders/43?x=1", 502),
      line("GET", "/orders/43", 504),
    );

    assert.deepEqual(more, []);
    assert.deepEqual(first?.fingerprint, ["GET /orders/<*> answered 502", "nginx.access"]);
    assert.deepEqual(second?.fingerprint, first.fingerprint);
    assert.notDeepEqual(third?.fingerprint, first.fingerprint);
    assert.deepEqual([first.logentry.formatted, first.transaction], ["GET /orders/42 answered 502", "GET /orders/<num>"]);
    assert.deepEqual(
      first.breadcrumbs.values.map(({ message }) => message),
      ["GET /orders/41 answered 200"],
    );
  });

  it("is a breadcrumb of the error that has its request id, or its trace id", () => {
    const [event] = eventsOf(
      { format: "nginx_access" },
      '{"request_id":"r-1","request_method":"GET","request_uri":"/pay","status":"502"}',
      '{"http_traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","request":"GET /ship HTTP/1.1","status":"504"}',
    );
    assert.equal(event, undefined);
    const error = eventsOf(
      { format: "auto" },
      '{"request_id":"r-1","http_host":"a","host":"lb","request_method":"GET","request_uri":"/pay","status":"502"}',
      '{"request_id":"r-1","level":"error","msg":"card declined","host":"app"}',
    )[0];
    assert.equal(error?.breadcrumbs.values.length, 1);
  });

  it("is told from its text alone where nobody said what it is", () => {
    const line = '203.0.113.9 - - [20/Nov/2026:11:59:58 +0000] "POST /pay HTTP/1.1" 503 0 "-" "curl/8"';
    const record = restated(line);
    assert.deepEqual(
      [record.message, record.severity, record.logger],
      ["POST /pay answered 503", Severity.warning, "nginx.access"],
    );
    assert.deepEqual([record.request?.remoteAddress, record.timeMs], ["203.0.113.9", NOON_MS - 2_000]);
    // Whoever brought it knows its level; apache2 is its name then.
    const brought = restated(line, { severity: Severity.info, severityStated: true, logger: "apache2" });
    assert.deepEqual([brought.severity, brought.logger, brought.message], [Severity.info, "apache2", "POST /pay answered 503"]);

    const main = restated(`${line} "198.51.100.7, 10.0.0.1"`);
    assert.deepEqual([main.user?.ip_address, main.request?.headers?.["User-Agent"]], ["198.51.100.7", "curl/8"]);
    for (const other of ['a - - [x] "GET /" 1', `${line} and more`, `said: ${line}`])
      assert.equal(restated(other).request, undefined, other);
  });

  it("gets through hostile megabytes", () => {
    const head = '203.0.113.9 - - [20/Nov/2026:11:59:58 +0000] "';
    for (const seed of ["GET ", '"', '] "', "a", " - ", "\\x22", "[20/Nov/2026:11:59:58 +0000] "]) {
      const text = seed.repeat((1 << 20) / seed.length);
      for (const message of [text, head + text, `${head}GET / HTTP/1.1" 200 1 "-" "${text}"`])
        assert.ok(restated(message).message.length > 0);
    }
  });
});
