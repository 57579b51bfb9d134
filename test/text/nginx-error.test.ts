import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { isNginxErrorLine, parseNginxError } from "../../src/text/nginx-error.ts";

const folder = join(dirname(fileURLToPath(import.meta.resolve("#package.json"))), "test", "fixtures", "nginx");
/** An entry may go on over several lines: a request can hold a newline. */
const entries = readFileSync(join(folder, "error-log.txt"), "utf8")
  .trimEnd()
  .split(/\n(?=\d{4}\/\d\d\/\d\d )/);
const entryWith = (words: string): ReturnType<typeof parseNginxError> =>
  parseNginxError(entries.find((entry) => entry.includes(words)) ?? "");
const head = "2026/08/21 17:00:43 [error] 31#32: *7 ";

describe("parseNginxError", () => {
  it("reads every entry of a real log, and every datagram of a real syslog", () => {
    assert.ok(entries.length > 60);
    for (const entry of entries) {
      assert.ok(isNginxErrorLine(entry), entry);
      assert.match(parseNginxError(entry)?.time ?? "", /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/);
    }
    const datagrams = readdirSync(folder).filter((name) => name.startsWith("nginx-syslog-error"));
    assert.ok(datagrams.length > 0);
    for (const name of datagrams) {
      const text = readFileSync(join(folder, name), "utf8");
      assert.ok(isNginxErrorLine(text.slice(text.indexOf("nginx: ") + "nginx: ".length)), text);
    }
  });

  it("takes an upstream failure apart", () => {
    assert.deepEqual(entryWith("Connection refused"), {
      time: "2026/11/20 08:30:12",
      level: "error",
      pid: 26_073,
      tid: 26_073,
      connection: 8,
      message: "connect() failed (111: Connection refused) while connecting to upstream",
      client: "127.0.0.1",
      server: "shop.example.org",
      request: "GET /api/orders?id=7 HTTP/1.1",
      subrequest: undefined,
      upstream: "http://127.0.0.1:23199/api/orders?id=7",
      host: "127.0.0.1:23140",
      referrer: undefined,
      login: undefined,
      bytes: undefined,
    });
  });

  it("leaves quotes and newlines in values alone", () => {
    const entry = entryWith("mi ss");

    assert.equal(entry?.message, 'open() "/srv/shops/run/nginx/html/mi ss"ing\n.html" failed (2: No such file or directory)');
    assert.equal(entry?.referrer, 'http://ref.example/?a="b"');
    assert.equal(entry?.host, "127.0.0.1:23140");
  });

  it("reads from the right, so that a request cannot forge the host", () => {
    const entry = parseNginxError(
      `${head}x, client: 10.0.0.9, server: s, request: "GET /a, host: "evil" HTTP/1.1", host: "good"`,
    );

    assert.equal(entry?.host, "good");
    assert.equal(entry?.request, 'GET /a, host: "evil" HTTP/1.1');
  });

  it("reads from the right, so that a path cannot forge the client", () => {
    const entry = parseNginxError(
      `${head}open() "/srv/a, client: 6.6.6.6, server: e, request: "GET /b" failed (2: No such file or directory), client: 10.0.0.9, server: s, request: "GET /a HTTP/1.1", host: "good"`,
    );

    assert.deepEqual([entry?.client, entry?.server, entry?.request, entry?.host], ["10.0.0.9", "s", "GET /a HTTP/1.1", "good"]);
  });

  it("does not take a label in a message for a value that the entry lacks", () => {
    const entry = parseNginxError(
      `${head}open() "/a", host: "x" failed (2: No such file), client: 10.0.0.9, server: s, request: "GET /a HTTP/1.1"`,
    );

    assert.deepEqual([entry?.client, entry?.host, entry?.request], ["10.0.0.9", undefined, "GET /a HTTP/1.1"]);
  });

  it("reads an entry that was cut anywhere without taking part of a value for another one", () => {
    const whole = `${head}upstream timed out (110: Connection timed out) while connecting to upstream, client: 10.0.0.9, server: shop, request: "GET /a HTTP/1.1", upstream: "http://10.0.0.2/a", host: "h", referrer: "https://x/"`;
    const full = parseNginxError(whole);
    for (let end = head.length; end < whole.length; end += 1) {
      const cut = parseNginxError(whole.slice(0, end));
      assert.ok(cut !== undefined);
      for (const name of ["client", "server", "request", "upstream", "host", "referrer"] as const)
        assert.ok(cut[name] === undefined || full?.[name]?.startsWith(cut[name]), `${name} of ${whole.slice(0, end)}`);
    }
  });

  it("keeps what a line that was cut off still says", () => {
    const entry = parseNginxError(`${head}x, client: 10.0.0.9, server: s, request: "GET /${"u".repeat(2_000)}`);

    assert.equal(entry?.client, "10.0.0.9");
    assert.equal(entry?.request?.length, 2_005);
    assert.equal(parseNginxError(`${head}open() "/m" failed, client: 127.0.0.1,`)?.client, "127.0.0.1");
  });

  it("reads entries without a request, and at startup", () => {
    assert.deepEqual(
      [entryWith("SIGTERM")?.message, entryWith("SIGTERM")?.connection, entryWith("SIGTERM")?.client],
      ["signal 15 (SIGTERM) received from 26042, exiting", undefined, undefined],
    );
    const emerg = parseNginxError("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)");
    assert.deepEqual(
      [emerg?.level, emerg?.time, emerg?.message],
      ["emerg", undefined, "bind() to 0.0.0.0:80 failed (98: Address already in use)"],
    );
  });

  it("reads what the stream and mail modules add", () => {
    const stream = parseNginxError(
      `${head}x, client: 1.2.3.4, server: 0.0.0.0:443, upstream: "10.0.0.1:5432", bytes from/to client:0/0, bytes from/to upstream:0/0`,
    );
    const mail = parseNginxError(
      `${head}x, client: 1.2.3.4 using starttls, server: 0.0.0.0:25, login: "bob", upstream: 10.0.0.1:25`,
    );

    assert.deepEqual([stream?.client, stream?.server, stream?.upstream], ["1.2.3.4", "0.0.0.0:443", "10.0.0.1:5432"]);
    assert.equal(stream?.bytes, "from/to client:0/0, bytes from/to upstream:0/0");
    assert.deepEqual([mail?.client, mail?.server, mail?.login, mail?.upstream], ["1.2.3.4", "0.0.0.0:25", "bob", "10.0.0.1:25"]);
    const udp = parseNginxError(`${head}no live upstreams while connecting to upstream, udp client: 1.2.3.4, server: 0.0.0.0:53`);
    assert.deepEqual([udp?.message, udp?.client], ["no live upstreams while connecting to upstream", "1.2.3.4"]);
  });

  it("keeps the lines of what FastCGI said", () => {
    const entry = parseNginxError(
      `${head}FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught E: m in /a.php:3\nStack trace:\n#0 {main}" while reading response header from upstream, client: 10.0.0.9, server: s, request: "GET / HTTP/1.1", host: "h"`,
    );

    assert.match(entry?.message ?? "", /\n#0 \{main\}" while reading/);
    assert.equal(entry?.host, "h");
  });

  it("is not taken in by other lines", () => {
    const lines = [
      "",
      "2026/08/21 17:00:43 hello",
      "2026/08/21 17:00:43 [loud] 1#1: x",
      "nginx: started",
      "[error] 31#31: x",
      "2026-08-21 17:00:43 [error] 31#31: x",
    ];

    for (const line of lines) {
      assert.equal(isNginxErrorLine(line), false, line);
      assert.equal(parseNginxError(line), undefined, line);
    }
  });

  it("gives back what it was made of", () => {
    const value = fc.stringMatching(/^[\w /?=&.:-]{1,30}$/);
    fc.assert(
      fc.property(value, value, value, value, (request, upstream, host, referrer) => {
        const suffix = `client: 10.0.0.9, server: s, request: "${request}", upstream: "${upstream}", host: "${host}", referrer: "${referrer}"`;
        const entry = parseNginxError(`${head}no live upstreams while connecting to upstream, ${suffix}`);
        assert.deepEqual([entry?.request, entry?.upstream, entry?.host, entry?.referrer], [request, upstream, host, referrer]);
      }),
    );
  });

  it("gets through hostile megabytes", () => {
    for (const seed of [
      ", client: ",
      ', request: "',
      ', host: "',
      '"',
      ", ",
      "x",
      ", upstream: ",
      ", bytes from/to client:1/1",
      "\\n",
    ])
      parseNginxError(head + seed.repeat(Math.ceil((1 << 20) / seed.length)));
  });
});
