import fc from "fast-check";
import { timeZoneOf, type TimeZone } from "../../src/codec/time-zone.ts";
import { accessLine, mutatedAccessLine } from "./access-lines.ts";

/** The zone of tests that do not ask for one. */
export const UTC: TimeZone = timeZoneOf("UTC") ?? { momentOf: (readingMs) => readingMs };

const priority = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("<190>", "<187>", "<134>", "<131>", "<13>", "<30>", "<27>", "<191>") },
  fc.nat(200).map((value) => `<${value}>`),
  fc.constantFrom("", "<>", "<1", "<999>", "<0013>", " <14>"),
);
const host = fc.constantFrom("web1", "10.0.0.9", "fe80::1", "-", "", "WARN", "ü", "x".repeat(250));
const tag = fc.constantFrom(
  "nginx:",
  "nginx_shop:",
  "shop[812]:",
  "shop[813]:",
  "postfix/smtpd[9]:",
  "kernel:",
  "app[9]",
  "5f3bdeadbeef[812]:",
  "a[",
  "",
  "Error:",
  "%LINK-3-UPDOWN:",
);
const stamp = fc.constantFrom(
  "Nov 20 08:30:12",
  "Jan  2 03:04:05",
  "2026-01-02T03:04:05.123456+01:00",
  "2026 Nov 20 08:30:12",
  "Nov 20 2026 08:30:12",
  "*Nov 20 08:30:12.123 UTC:",
  "Feb 30 00:00:00",
  "2026-01-02 03:04:05",
  "",
);
const access = fc
  .tuple(
    fc.constantFrom(200, 304, 404, 499, 500, 502, 99),
    fc.constantFrom("GET /a HTTP/1.1", "POST /b?c=d HTTP/1.1", "\\x16\\x03", "", 'GET /"q" HTTP/1.1'),
  )
  .map(([status, request]) => `10.0.0.1 - - [20/Nov/2026:08:30:12 +0000] "${request}" ${status} 3 "-" "curl/7.88.1"`);
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  { weight: 8, arbitrary: access },
  { weight: 4, arbitrary: accessLine },
  { weight: 4, arbitrary: mutatedAccessLine },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "all is well",
      "",
      " ",
      "Traceback (most recent call last):",
      '  File "a.py", line 3, in f',
      "ValueError: 7",
      "\tat a.b.C.d(C.java:1)",
      "boom#012  at x",
      "ticket #012",
      "\u001b[31mERROR\u001b[0m red",
      '{"level":"info","message":"x","host":"inner"}',
      '{"level":"error","msg":"y","trace_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
      '{"msg":"no level"}',
      '@cee: {"level":"info","msg":"z","program":"p"}',
      '  {"level":"error"}',
      "level=error msg=boom",
      "level=info time=2026-01-02T03:04:05Z msg=ok",
      '2026/11/20 08:30:12 [error] 31#31: *7 open() "/x" failed (2: No such file or directory), client: 10.0.0.9, server: a',
      "2026/11/20 08:30:12 [notice] 31#31: start",
      "ERROR in the text",
      "naïve ☃\u0000\n",
      "[x] broken",
      "1 - - - - - - x",
      "line\nline",
    ),
  },
);
const data = fc.constantFrom("-", '[a b="c"]', '[a b="c\\"]d"][e f="]"]', "[broken", "");
const field = fc.constantFrom("-", "shop", "812", "ID47", "", "nginx", "ü");

const modern = fc
  .tuple(priority, stamp, host, field, field, field, data, fc.constantFrom(" ", "  ", "", " \ufeff"), text)
  .map(
    ([pri, time, name, program, pid, id, sd, gap, said]) =>
      `${pri}1 ${time || "-"} ${name} ${program} ${pid} ${id} ${sd}${gap}${said}`,
  );
const traditional = fc
  .tuple(priority, stamp, host, tag, text)
  .map(([pri, time, name, program, said]) => `${pri}${time} ${name} ${program} ${said}`);
const nginx = fc
  .tuple(fc.constantFrom("<190>", "<187>", "<189>"), text)
  .map(([pri, said]) => `${pri}Nov 20 08:30:12 vm nginx: ${said}`);
const bare = fc.tuple(priority, text).map(([pri, said]) => pri + said);

/** A syslog message in any dialect, some of them broken, as bytes. */
export const syslogFrame = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: traditional }, { weight: 3, arbitrary: modern }, { weight: 3, arbitrary: nginx }, bare),
    fc.constantFrom("", "\n", "\r\n", "\0"),
  )
  .map(([frame, end]) => Buffer.from(frame + end));
