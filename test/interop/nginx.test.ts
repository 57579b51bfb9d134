import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { ask, entriesOf, get, startNginx, type Web } from "../support/real-nginx.ts";
import { crumbsOf, messageOf, of, SharedRelay, trailOf, type Harvest } from "../support/real-senders-relay.ts";

type Json = Harvest["events"][number];

/** Asks for everything that goes wrong. */
async function misbehave({ port, streamPort }: Web): Promise<void> {
  await get(port, "/");
  await get(port, "/missing/7.html", 'Referer: https://x.example/?a="b"\r\n');
  await get(port, "/mi%20ss%22ing%0A.html");
  await get(port, "/admin/");
  await get(port, "/api/orders/7?token=x");
  await get(port, "/api/orders/8");
  await get(port, "/slow/");
  await get(port, "/early/");
  await ask(
    port,
    `POST / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n${"x".repeat(2_000)}`,
  );
  await get(port, "/limited/");
  await get(port, "/limited/");
  await ask(port, "garbage\r\n\r\n");
  await ask(port, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
  await get(port, `/${"m".repeat(3_000)}`);
  await get(port, "/warning.php");
  await get(port, "/uncaught.php?n=9");
  await get(port, "/logged.php");
  await get(port, "/nowhere.php");
  await ask(streamPort, "hello");
}

function fingerprints(events: readonly Json[]): readonly string[] {
  return events.map((event) => String(of(event, "fingerprint", "0"))).toSorted();
}

function one(events: readonly Json[], start: string): Json {
  const found = events.filter((event) => String(of(event, "fingerprint", "0")).startsWith(start));
  assert.ok(found[0] !== undefined, `${start} among ${JSON.stringify(fingerprints(events))}`);
  return found[0];
}

/** What holds for the issues of an error log, however it came. */
function assertIssues(events: readonly Json[]): void {
  for (const event of events) {
    for (const part of of(event, "fingerprint") as readonly string[])
      assert.doesNotMatch(part, /127\.0\.0\.1|\/srv|\/tmp|missing|#\d/);
  }
  const refused = one(events, "connect() failed (111: Connection refused)");
  assert.deepEqual(
    [refused["level"], refused["logger"], refused["transaction"], messageOf(refused)],
    ["error", "nginx", "GET /api/orders/<num>", "connect() failed (111: Connection refused) while connecting to upstream"],
  );
  assert.deepEqual([of(refused, "user", "ip_address"), of(refused, "request", "method")], ["127.0.0.1", "GET"]);
  assert.equal(of(refused, "request", "url"), "http://shop.example/api/orders/7");
  assert.match(String(of(refused, "tags", "upstream_addr")), /^127\.0\.0\.1:\d+$/);
  assert.equal(of(refused, "tags", "server"), "shop.example");
  const issues = fingerprints(events);
  for (const kind of [
    "access forbidden by rule",
    "client intended to send too large body: <*>",
    "connect() failed (111: Connection refused) while connecting to upstream",
    "limiting requests, excess: <*> by zone one",
    "upstream prematurely closed connection while reading response header from upstream",
    "upstream timed out (110: Connection timed out) while reading response header from upstream",
  ]) {
    assert.ok(issues.includes(kind), `${kind} among ${JSON.stringify(issues)}`);
  }
  const missing = one(events, "open() <*> failed (2: No such file or directory)");
  assert.equal(missing["level"], "error");
  const uncaught = events.find((event) => of(event, "exception") !== undefined);
  assert.equal(of(uncaught, "exception", "values", "0", "type"), "Shop\\NoStock");
  assert.deepEqual(
    (of(uncaught, "exception", "values", "0", "stacktrace", "frames") as readonly Json[]).map((frame) => frame["function"]),
    [undefined, "Shop\\pay", "Shop\\take"],
  );
  assert.deepEqual([uncaught?.["logger"], uncaught?.["transaction"]], ["php", "GET /uncaught.php"]);
  const logged = events.find((event) => messageOf(event) === "order 1042 is lost");
  assert.equal(logged?.["logger"], "php");
  // Warnings of PHP are breadcrumbs, although nginx says that they are errors.
  assert.ok(!events.some((event) => messageOf(event).includes("PHP Warning")));
}

describe("nginx", () => {
  let relay: SharedRelay;
  before(async () => {
    relay = await SharedRelay.start(`  syslog: { type: syslog_udp, listen: "127.0.0.1:0", issue_from_status: 500 }`);
  });
  after(() => relay.close());
  beforeEach(() => relay.begin());

  it("sends its error log by syslog, and every entry is parsed", async (t) => {
    const port = await relay.port("syslog");
    const web = await startNginx(t, { main: `error_log syslog:server=127.0.0.1:${port} info;`, http: "access_log off;" });
    await misbehave(web);
    await web.stop();
    const entries = entriesOf(web.errorLog);
    // A worker's last word goes to the file alone, since its socket is closed by then.
    const master = entries[0]?.split(" ")[3] ?? "";
    const sent = entries.filter((entry) => !entry.endsWith(": exit") || entry.includes(master));
    assert.equal(sent.length, entries.length - 1);
    const { events, outcomes, warnings } = await relay.harvest(sent.length);

    assert.deepEqual(warnings, []);
    assert.equal(outcomes["malformed"], undefined);
    assertIssues(events);
    const stream = events.find((event) => of(event, "extra", "bytes") !== undefined);
    assert.match(String(of(stream, "extra", "bytes")), /^from\/to client:/);
  });

  it("sends its access log by syslog: 5xx become issues of their route", async (t) => {
    const port = await relay.port("syslog");
    const web = await startNginx(t, { http: `access_log syslog:server=127.0.0.1:${port},tag=nginx_shop;` });
    await misbehave(web);
    await web.stop();
    const lines = readFileSync(web.accessLog, "utf8").trimEnd().split("\n");
    const { events, outcomes, warnings } = await relay.harvest(lines.length);

    assert.deepEqual([outcomes["malformed"], warnings], [undefined, []]);
    assert.deepEqual(
      fingerprints(events),
      [
        "GET /api/orders/<*> answered 502",
        "GET /api/orders/<*> answered 502",
        "GET /early/ answered 502",
        "GET /limited/ answered 503",
        "GET /slow/ answered 504",
        "GET /uncaught.php answered 500",
      ].toSorted(),
    );
    const failed = one(events, "GET /slow/");
    assert.deepEqual([failed["transaction"], of(failed, "contexts", "response", "status_code")], ["GET /slow/", 504]);
    assert.ok(trailOf(failed).includes("GET /missing/7.html answered 404"));
  });

  it("leaves its logs in files: entries of many lines are joined, and access lines are tied to the errors of a request", async (t) => {
    const format = `log_format own escape=json '{"at":"$time_iso8601","id":"$request_id","ask":"$request","code":$status,"ip":"$remote_addr","took":$request_time}';`;
    const web = await startNginx(t, { accessFormat: format });
    await misbehave(web);
    await web.stop();
    const own = await SharedRelay.start(
      `  errors: { type: file, include: ["${join(web.folder, "error.log")}"], format: nginx_error, time_zone: local, read_from: start }
  access:
    type: file
    include: ["${join(web.folder, "access.log")}"]
    read_from: start
    format: nginx_access
    issue_from_status: 500
    log_format: >-
      ${format}`,
    );
    t.after(() => own.close());
    const count = (path: string): number => readFileSync(path, "utf8").trimEnd().split("\n").length;
    const { events, outcomes, warnings } = await own.harvest(count(web.errorLog) + count(web.accessLog));

    assert.deepEqual([outcomes["malformed"], warnings], [undefined, []]);
    const errors = events.filter((event) => of(event, "tags", "input") === "errors");
    assertIssues(errors);
    const written = Date.parse(entriesOf(web.errorLog)[0]?.slice(0, 19).replaceAll("/", "-").replace(" ", "T") ?? "") / 1_000;
    for (const event of errors) assert.ok(Math.abs(Number(event["timestamp"]) - written) < 60, String(event["timestamp"]));
    const access = events.filter((event) => of(event, "tags", "input") === "access");
    assert.equal(access.length, 6);
    for (const event of access)
      assert.match(String(of(event, "extra", "request_id") ?? of(event, "tags", "request_id")), /^[0-9a-f]{32}$/);
    const slow = one(access, "GET /slow/");
    assert.ok(crumbsOf(slow).some(({ message }) => message === "GET / answered 200"));
  });
});
