import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { groupOf } from "../../src/text/template/placeholders.ts";
import { templateOf } from "../../src/text/template.ts";
import { CORPUS } from "./template-corpus.ts";

/** What programs printed on one machine, in blocks that were made by one statement each, and the accuracy that must not get lost. */
const PRINTED: readonly (readonly [file: string, accuracy: number])[] = [
  ["dnsmasq", 0.95],
  ["dpkg", 0.75],
  // The names of its frontends and backends are words like others.
  ["haproxy", 0.3],
  ["kafka", 0.9],
  ["kernel", 0.75],
  ["mariadb", 0.95],
  ["mosquitto", 0.95],
  ["named", 0.95],
  ["nginx", 0.95],
  ["postgres", 0.85],
  ["rabbitmq", 0.95],
  ["redis", 0.95],
];

function printed(file: string): Record<string, string[]> {
  const path = fileURLToPath(new URL(`../../../test/golden/templates/${file}.txt`, import.meta.url));
  const blocks = readFileSync(path, "utf8")
    .replaceAll(/^# .*\n/gm, "")
    .split(/\n{2,}/);
  const lines = blocks.map((block) => block.split("\n").filter((line) => line !== ""));
  return Object.fromEntries(lines.filter((block) => block.length > 0).map((block) => [block[0] ?? "", block]));
}

/** Share of the lines whose group holds exactly the lines of their label. */
function groupingAccuracy(corpus: Readonly<Record<string, readonly string[]>>): { accuracy: number; wrong: string[] } {
  const sizes = new Map<string, number>();
  const labelled = Object.entries(corpus).map(([label, lines]) => ({
    label,
    templates: lines.map((line) => groupOf(templateOf(line).template)),
  }));
  for (const template of labelled.flatMap(({ templates }) => templates)) sizes.set(template, (sizes.get(template) ?? 0) + 1);
  const right = labelled.filter(
    ({ templates }) => new Set(templates).size === 1 && sizes.get(templates[0] ?? "") === templates.length,
  );
  const count = (groups: typeof labelled): number => groups.reduce((sum, { templates }) => sum + templates.length, 0);
  return {
    accuracy: count(right) / count(labelled),
    wrong: labelled.filter((group) => !right.includes(group)).map(({ label }) => label),
  };
}

/** Values of each class that messages have in them. */
const VALUES = {
  int: fc.integer().map(String),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  ipv4: fc.oneof(fc.ipV4(), fc.tuple(fc.ipV4(), fc.nat(65_535)).map(([ip, port]) => `${ip}:${port}`)),
  // Without a digit it may as well be a name and two colons.
  ipv6: fc.ipV6().filter((ip) => /\d/.test(ip)),
  mac: fc.array(fc.nat(255), { minLength: 6, maxLength: 6 }).map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":")),
  uuid: fc.uuid(),
  digest: fc.uint8Array({ minLength: 16, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex")).filter((digest) => /[a-f].*[a-f]/.test(digest)),
  hex: fc.nat().map((n) => `0x${n.toString(16)}`),
  duration: fc.tuple(fc.nat(), fc.constantFrom("ms", "s", " ms", " seconds", "µs")).map(([n, unit]) => `${n}${unit}`),
  size: fc.tuple(fc.nat(), fc.constantFrom("KB", "MiB", " bytes", " GB")).map(([n, unit]) => `${n}${unit}`),
  machine: fc.tuple(fc.stringMatching(/^[a-z]{2,8}-?[a-z]{0,6}$/), fc.nat(9_999)).map(([name, n]) => `${name}-${n}`),
  host: fc.tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z]$/).filter((name) => !/^(?:com|org|net)$/.test(name)), fc.constantFrom("example.com", "shop.example.net", "internal", "co.uk")).map(([name, domain]) => `${name}.${domain}`),
  file: fc.tuple(fc.stringMatching(/^[a-z][a-z_-]{2,8}[a-z]$/), fc.constantFrom("conf", "yml", "service", "log", "py")).map(([name, ending]) => `${name}.${ending}`),
  path: fc.array(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}[a-z]$/), { minLength: 2, maxLength: 5 }).map((parts) => `/${parts.join("/")}`),
  email: fc.tuple(fc.stringMatching(/^[a-z][a-z0-9.]{0,8}[a-z]$/), fc.stringMatching(/^[a-z]{2,8}(\.[a-z]{2,3})?$/)).map(([name, host]) => `${name}@${host}`),
  url: fc.webUrl({ withQueryParameters: true, validSchemes: ["http", "https"] }).map((url) => url.replaceAll(/['()!;,]/g, "").replace(/[.:?]+$/, "")),
  version: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(999)).map((parts) => `v${parts.join(".")}`),
  base64: fc.uint8Array({ minLength: 16, maxLength: 48 }).map((bytes) => `k${Buffer.from(bytes).toString("base64url")}9`),
  quoted: fc.oneof(fc.stringMatching(/^[\w ./-]{0,20}$/).map((text) => `"${text}"`), fc.stringMatching(/^[\w ./-]{0,20}$/).map((text) => `'${text}'`)),
  time: fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }).map((date) => date.toISOString()),
  clock: fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }).map((date) => date.toUTCString()),
}; // prettier-ignore

function sentence(value: string): string {
  return `could not send ${value} to the shop (attempt 3)`;
}

const EXPECTED: readonly (readonly [line: string, template: string])[] = [
  ["worker-12 took 1.5s on node3", "<id> took <duration> on <id>"],
  ["utf8 ipv4 sha256 h2 x86_64 base64 k8s stay", "utf8 ipv4 sha256 h2 x86_64 base64 k8s stay"],
  ["Http2Stream log4j and i18n stay, Task12 does not", "Http2Stream log4j and i18n stay, <id> does not"],
  ["-5 and +3 and .5 and 1e-9 and 12,345,678", "<num> and <num> and <num> and <num> and <num>"],
  ["the 1st, the 2nd and the 23rd", "the <num>, the <num> and the <num>"],
  ["12ms 1.5s 2h 1h2m3s 350µs", "<duration>"],
  ["12 ms, then 3 seconds and 1 day", "<duration>, then <duration> and <duration>"],
  ["10MB or 1.5GiB or 512K or 10 bytes", "<size> or <size> or <size> or <size>"],
  ["95% 3.5% done", "<num>% <num>% done"],
  ["0xdeadbeef and 4f1d2c3b5a6978e0f1a2b3c4", "<hex> and <hex>"],
  ["a1b2c3d4 or 4f1d2c3b5a or 9600e20 or 12345678", "<num> or <num> or <num> or <num>"],
  ["handle 0000000d of 000000000009f800", "handle <num> of <num>"],
  ["id 5f3c1a2b-9d8e-4f70-a1b2-c3d4e5f60718!", "id <uuid>!"],
  ["10.0.0.1 or 10.0.0.1:80 or 10.0.0.0/8 or fe80::1%eth0 or ::1", "<host> or <host> or <host> or <host> or <host>"],
  ["dial [2001:db8::3]:80 for db-3.example.org", "dial <host> for <host>"],
  ["src /10.0.0.1:50010 host db/10.0.0.1:80", "src <host> host <host>"],
  ["00:1a:2b:3c:4d:5e is 00-1a-2b-3c-4d-5e", "<mac> is <mac>"],
  ["see https://example.com/a?b=1&c=(2).", "see <url>."],
  ["jdbc:postgresql://db:5432/shop is down", "<url> is down"],
  ["open /etc/passwd:12 and ./a/b and C:\\x\\y and ~/x", "open <path> and <path> and <path> and <path>"],
  ["GET /api/orders?id=7,8 HTTP/1.1", "GET <path> HTTP/<num>"],
  ["read/write and N/A and and/or stay", "read/write and N/A and and/or stay"],
  ["mail to bob.smith+x@example.co.uk failed", "mail to <email> failed"],
  ["2026-01-02T03:04:05.678Z or 2026-01-02 03:04:05,678 or 2026/01/02", "<time> or <time> or <time>"],
  ["[02/Jan/2026:03:04:05 +0000] 03:04:05.678", "[<time>] <time>"],
  ["Jan  2 03:04:05 and Fri Jan 02 03:04:05 CEST 2026 and Fri, 21 Aug 2026 17:00:43 GMT", "<time> and <time> and <time>"],
  ["no 'such' thing as \"this\", isn't it", "no <str> thing as <str>, isn't it"],
  ["key=value size=12, empty= flag=true", "key=<value> size=<value>, empty= flag=<value>"],
  ['level=error msg="disk sda1 is full" code=5', 'level=error msg="disk <id> is full" code=<value>'],
  ["a == b and x=>y and c != d", "a == b and x=>y and c != d"],
  ["payments-7d9f8b6c5-x2x4z and payments-5c6b7d8f9-qkrmw", "<id> and <id>"],
  ["attempt_1445144423722_0020_m_000005_0 done", "<id> done"],
  ["v1.2.3 to 1.22.1 to 2.36-9+deb12u10 to 1:1.2.13.dfsg-1", "<version> to <version> to <version> to <version>"],
  ["ec2-3-4-5-6.compute-1.amazonaws.com and shop.example.org:80", "<host> and <host>"],
  ["org.apache.hadoop.mapred.Task failed", "org.apache.hadoop.mapred.Task failed"],
  ["com.acme.Foo@1a2b3c4d closed", "com.acme.Foo@<hex> closed"],
  ['response {"a": [1, {"b": 2}], "c": "}"} received', "response <json> received"],
  ['cut short {"a": [1, {"b": 2', "cut short <json>"],
  ["orders [1, 2, 3] and [4]", "orders [<num>] and [<num>]"],
  ["user bob logged in, user not found, password for carol", "user <user> logged in, user not found, password for <user>"],
  ["feature x is true, y is false", "feature x is <bool>, y is <bool>"],
  ["  many   blanks\tand tabs  ", "many blanks and tabs"],
  [
    "closed by 10.0.0.1 (gw.example.net) and 10.0.0.2 () and 10.0.0.3 (backup)",
    "closed by <host> and <host> and <host> (backup)",
  ],
  ["sent 1671 bytes (1.63 KB) and 12 kB (3 left)", "sent <size> and <size> (<num> left)"],
  ["took 00:50 or <1 sec or 01:02:03, at 12:13:14", "took <duration> or <duration> or <time>, at <time>"],
  ["hosts bn1 bn2 bn30 and db-1,db-2 down", "hosts <id> and <id> down"],
  ["nodes [0-3,7,9-31] and [5]", "nodes [<num>] and [<num>]"],
  [
    '"GET / HTTP/1.1" 200 after "POST /x?y=1 HTTP/2.0", request: "GET /x HTTP/1.1"',
    '"GET <path> HTTP/<num>" <num> after "POST <path> HTTP/<num>", request: <str>',
  ],
  ['disk \\"sda\\" and \\042sdb 1\\042 failed', "disk <str> and <str> failed"],
  [
    "name=Source{a=1, b={2}} id=f(1, 2) key=0|com.acme|7, error=Timeout(5)",
    "name=<value> id=<value> key=<value>, error=Timeout(<num>)",
  ],
  ["stopped com.example.shop.orders and com.example.Shop and mapred.job.id", "stopped <id> and com.example.Shop and <id>"],
  ["start com.example.shop/.ui.MainActivity", "start <path>"],
  ["copy path:/a/b peer:gw.example.org:80 type:create", "copy path:<path> peer:<host> type:create"],
  [
    "proxy.example.co.uk or proxy.cse.example.hk:5070 or 5-3-9-7.dsl.example.net or main.py:10",
    "<host> or <host> or <host> or main.py:<num>",
  ],
  ["rack R63-M0-NC or R00-M1-N2-C:J08-U11, slot 0T12 of node-D6", "rack <id> or <id>:<id>, slot <id> of <id>"],
  ["client_-17_2 and client_31_4", "<id> and <id>"],
  ["Vendor-Update-Package~31bf3856ad364e35~amd64~~6.1.1.0 installed", "<id> installed"],
  ["hive Device/Volume1/Windows/System32/config lost", "hive <path> lost"],
  ["web1 db-3 ip-10-0-3-17 enp3s0 zigbee2mqtt", "<id>"],
  ["cron.service stopped orders.in, settings.yml and e.g. this", "<id> stopped <id> and e.g. this"],
  [
    "java.io.IOException and android.intent.action.SCREEN_ON stay",
    "java.io.IOException and android.intent.action.SCREEN_ON stay",
  ],
  [
    "index [orders] of [a, b], [] and [ ], bytes[] [preauth]",
    "index [<value>] of [<value>], [<value>] and [<value>], bytes[] [<value>]",
  ],
  ["[orders] [warn] [a b]", "[orders] [warn] [a b]"],
  ["2026-01-02 03:04:05 ERROR [pool 1 thread 2] lost", "<time> ERROR [<value>] lost"],
  ["[2026-01-02 03:04:05,678: WARNING/worker-3] late", "[<time>] late"],
  ["Jan  2 03:04:05 web1 sshd[71]: Jan  2 03:04:05 web1 sshd: x", "<time> <host> sshd[<num>]: <time> <id> sshd: x"],
  ["device eth0: idle -> in-use, done", "device <id>: <value> -> <value>, done"],
  ["tunnel office[3] and site-a{7} up, sshd[3]: x", "tunnel <value> and <value> up, sshd[<num>]: x"],
  ["{a=1, b=[2]} and Name{Key:1,} and {} and {x}", "{<value>} and Name{<value>} and {<value>} and {x}"],
  ["topic id qmmvXHovSR-oYVbkHPCPfw of KafkaRaftClientDriver", "topic id <value> of KafkaRaftClientDriver"],
  ["session=<tdwXmYHwYUaHrRhywiFamB> <0.684.0> took <1.5 s", "session=<<id>> <<version>> took <duration>"],
  ["size=12.5 KB count=3 s=2", "size=<value> count=<value> s=<value>"],
  ["bob@localhost, app@sha256:0a1b and user@1000.service, ::1#53", "<email>, <id> and <id>, <host>"],
  ["zone shop.example/IN and app/web1 and HTTP/1.1 and UDP/IPv4", "zone <host>/IN and <path> and HTTP/<num> and UDP/IPv4"],
  ['"Pod is gone" pod="a/b" err="no 7"', 'Pod is gone pod=<value> err="no <num>"'],
  ["login of u'bob' and b\"x\" and don't", "login of u<str> and b<str> and don't"],
  ["first 1\nsecond 2", "first <num>"],
  ["\n\n  third 3\nfourth", "third <num>"],
  ["", ""],
];

describe("templateOf", () => {
  it("groups the lines of the labelled corpus", (test) => {
    const { accuracy, wrong } = groupingAccuracy(CORPUS);

    test.diagnostic(`grouping accuracy ${accuracy.toFixed(3)}, wrong: ${wrong.join(" ")}`);
    assert.ok(Object.values(CORPUS).flat().length >= 120);
    assert.ok(accuracy >= 0.9, `${accuracy}: ${wrong.join(" ")}`);
  });

  for (const [file, bound] of PRINTED) {
    it(`groups what ${file} prints`, (test) => {
      const { accuracy, wrong } = groupingAccuracy(printed(file));

      test.diagnostic(`grouping accuracy ${accuracy.toFixed(3)}`);
      assert.ok(accuracy >= bound, `${accuracy}:\n${wrong.join("\n")}`);
    });
  }

  it("groups nine of ten lines that programs print", (test) => {
    const all = PRINTED.flatMap(([file]) =>
      Object.entries(printed(file)).map(
        ([label, lines]) => [`${file} ${label}`, lines.map((line) => `${file}: ${line}`)] as const,
      ),
    );
    const { accuracy } = groupingAccuracy(Object.fromEntries(all));

    test.diagnostic(`grouping accuracy ${accuracy.toFixed(3)} on ${all.flatMap(([, lines]) => lines).length} lines`);
    assert.ok(accuracy >= 0.9, String(accuracy));
  });

  for (const [line, template] of EXPECTED) {
    it(`makes ${JSON.stringify(line)} ${JSON.stringify(template)}`, () => {
      assert.equal(templateOf(line).template, template);
    });
  }

  it("keeps messages apart that differ in words", () => {
    const lines = [
      "connection refused by 10.0.0.1",
      "connection reset by 10.0.0.1",
      "connection refused by 10.0.0.1 while reading",
    ];

    assert.equal(new Set(lines.map((line) => templateOf(line).template)).size, lines.length);
  });

  it("hands out what varied, in order", () => {
    assert.deepEqual(templateOf("order 17 of bob@example.com took 1.5 s, see [1, 2]").params, [
      "17",
      "bob@example.com",
      "1.5 s",
      "1",
      "2",
    ]);
  });

  it("is its own template", () => {
    for (const line of Object.values(CORPUS).flat()) {
      const { template } = templateOf(line);
      assert.equal(templateOf(template).template, template);
    }
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(...Object.values(CORPUS).flat().flatMap((line) => line.split(" "))),
      fc.constantFrom("user", "for", "password", "=", ", ", "{\"", "'", "\"", "[", "]", "<num>", "<value>", "12", "ms", "KB", ":", "/", "-", "Jan", "2026-01-02", "\u00a0", "é"),
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom("", " "), (pieces, glue) => {
        const { template } = templateOf(pieces.join(glue));
        assert.equal(templateOf(template).template, template);
      }),
      { numRuns: 500 },
    );
  });

  it("is the same whatever the values", () => {
    for (const [name, arbitrary] of Object.entries(VALUES)) {
      fc.assert(
        fc.property(arbitrary, arbitrary, (one, other) => {
          assert.equal(templateOf(sentence(one)).template, templateOf(sentence(other)).template, name);
        }),
        { numRuns: 150 },
      );
    }
  });

  it("looks at a bounded part of a message and never cuts a character in half", () => {
    const { template } = templateOf(`${"word ".repeat(10_000)}😀`);
    assert.ok(template.length <= 2_000);

    const emoji = templateOf("😀".repeat(3_000)).template;
    assert.doesNotThrow(() => encodeURIComponent(emoji));
  });

  it("gets through hostile megabytes", () => {
    const seeds = ["a", " ", "1", "1.", "1:", "1-", "a1", "a-", "a=", "=", "'", '"', '"a', "`", "{", '{"', "[", "<", "<num", "/", "/a", "\\", "@", "a@", "a@b.", "x://", "(", "#", "%", ":",
      "0x", "1,", "1, ", "Jan ", "Jan 1 ", "2026-01-02 ", "user ", "for ", "password for ", "key=[", "key=a,", "é", "\u00a0", "\n", "12 ms ", "true,", "-", "+", ".", "~", "a~", "|", "com.", "com.a.", "\\042", '\\"', "k=a|", "k=a(", "k=a{", "1-2,", "<1 ", '"GET /', "p:/a", "1:1.1-",
      "1.1a1", "[a,", "[a, ", "{a=", "{", "a[1", "a{1", "a -> ", "-> ", "aBC", "u'", "a@", "a/1a", "a.", "a.b", "ERROR [", "[ERROR] [", "12 K", "a=1 ", "<1.", "Jan  2 03:04:05 a ", "00", "a_-1", "R1-N", "1 (1 B) ", "h.de (", "after 1:10 ", "a.com."]; // prettier-ignore
    for (const seed of seeds) {
      const text = seed.repeat(Math.ceil((1 << 20) / seed.length));
      templateOf(text);
      templateOf(`x${text}`);
    }
  });
});

describe("groupOf", () => {
  it("is the same for values of all classes", () => {
    const value = fc.oneof(...Object.values(VALUES));
    fc.assert(
      fc.property(value, value, (one, other) => {
        assert.equal(groupOf(templateOf(sentence(one)).template), groupOf(templateOf(sentence(other)).template));
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes values side by side, lists and missing values together", () => {
    for (const [one, other] of [
      ["took 5 s of /a/b", "took 5 of shop.example.com"],
      ["from web1[10.0.0.1]: lost", "from db.example.org: lost"],
      ["IN=eth0 OUT= MAC=", "IN=eth0 OUT=eth1 MAC=00:1a:2b:3c:4d:5e"],
      ["host 10.0.0.1 10.0.0.2 down", "host 10.0.0.1:80/web1 down"],
    ] as const) {
      assert.equal(groupOf(templateOf(one).template), groupOf(templateOf(other).template));
    }
  });

  it("keeps apart what differs in words", () => {
    const lines = [
      "open /etc/passwd: permission denied",
      "open /etc/passwd: no such file or directory",
      "java.io.IOException: lost 5",
      "java.lang.Error: lost 5",
      "Unit web1 has 3 tasks",
      "Unit web1 was 3 tasks",
      "status=failed after 5 s",
      "status=ok after 5 s",
      '"Pod is gone" pod="a"',
      '"Pod is new" pod="a"',
      "ERR_CONNECTION_REFUSED by 10.0.0.1",
      "ERR_CONNECTION_RESET by 10.0.0.1",
    ];

    assert.equal(new Set(lines.map((line) => groupOf(templateOf(line).template))).size, lines.length);
  });

  it("depends on the message alone, not on what came before it nor on the process", () => {
    const lines = Object.values(CORPUS).flat();
    const script = `import { readFileSync } from "node:fs";
      const { templateOf } = await import(${JSON.stringify(import.meta.resolve("../../src/text/template.js"))});
      const { groupOf } = await import(${JSON.stringify(import.meta.resolve("../../src/text/template/placeholders.js"))});
      const lines = JSON.parse(readFileSync(0, "utf8"));
      process.stdout.write(JSON.stringify(lines.map((line) => groupOf(templateOf(line).template))));`;
    const elsewhere = JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "-e", script], { input: JSON.stringify(lines), encoding: "utf8" }),
    ) as string[];

    const group = new Map(lines.map((line, at) => [line, elsewhere[at]]));
    fc.assert(
      fc.property(fc.shuffledSubarray(lines), (some) => {
        for (const line of some) assert.equal(groupOf(templateOf(line).template), group.get(line));
      }),
      { numRuns: 50 },
    );
  });

  it("gets through hostile lines", () => {
    for (const seed of ["<num>", "<num> ", "a=", "<num>[", "<", "<*>", "<*> a", "<num>{<num>}", "s "]) {
      const template = seed.repeat(2_000 / seed.length);
      assert.ok(groupOf(template).length <= template.length * 3);
    }
  });
});
