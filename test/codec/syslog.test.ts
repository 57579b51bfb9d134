import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { NOTHING, type Codec, type Decoded } from "../../src/component/codec.ts";
import { syslogCodec } from "../../src/codec/syslog.ts";
import { timeZoneOf } from "../../src/codec/time-zone.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { described, goldenCases, goldenNames, rewriteGolden } from "../support/golden-decode.ts";
import { provenance } from "../support/provenance.ts";
import { syslogFrame, UTC } from "../support/syslog-frames.ts";

const from = provenance({ receivedMs: Date.UTC(2026, 10, 20, 12) });

/** By the name in golden files: "syslog", "syslog Europe/Berlin", "syslog from 500". */
function codecNamed(name: string): Codec {
  const [, status] = /^syslog from (\d+)$/.exec(name) ?? [];
  const zone = status === undefined && name !== "syslog" ? timeZoneOf(name.slice("syslog ".length)) : UTC;
  assert.ok(zone, name);
  return syslogCodec({ zone, logFormat: undefined, issueFromStatus: status === undefined ? undefined : Number(status) });
}

function decode(frame: string | Buffer, codec = codecNamed("syslog")): Decoded {
  const bytes = Buffer.from(frame);
  return codec.decode(bytes, 0, bytes.length, from);
}

function record(frame: string | Buffer): LogRecord {
  const decoded = decode(frame);
  assert.ok(decoded !== NOTHING && !("malformed" in decoded), JSON.stringify(decoded));
  return decoded;
}

describe("syslog messages of real senders", () => {
  for (const name of goldenNames("syslog")) {
    it(`reads ${name}`, () => {
      const cases = goldenCases(`syslog/${name}`);
      const outputs = cases.map(({ codec, input }) => described(decode(input, codecNamed(codec))));

      if (process.env["UPDATE"] === "1") rewriteGolden(`syslog/${name}`, outputs);
      else for (const [i, { expected }] of cases.entries()) assert.equal(outputs[i], expected);
    });
  }
});

describe("syslog", () => {
  it("takes line ends and NULs off, and a frame of nothing else for nothing", () => {
    for (const end of ["\n", "\r\n", "\0", "\n\0"]) assert.equal(record(`<14>hello${end}`).message, "hello");
    for (const nothing of ["", "\n", " \r\n", "\0\0"]) assert.equal(decode(nothing), NOTHING, JSON.stringify(nothing));
  });

  it("makes a record of a header without a message: within a trace, it is a blank line", () => {
    const { message, rawLine } = record("<11>Nov 20 08:30:12 web1 shop[812]: ");
    assert.deepEqual([message, rawLine], ["(no message)", true]);
  });

  it("keeps the indentation of a trace's line", () => {
    assert.equal(record("<11>Nov 20 08:30:12 web1 shop[812]:     at f (/srv/a.js:1:2)").message, "    at f (/srv/a.js:1:2)");
    assert.equal(record('<11>1 2026-11-20T08:30:12Z web1 shop 812 - -   File "a.py", line 3').message, '  File "a.py", line 3');
  });

  it("says what the severities and facilities are", () => {
    const severities = Array.from({ length: 8 }, (_, number) => record(`<${16 * 8 + number}>x`).severity);
    assert.deepEqual(severities, [21, 21, 21, 17, 13, 10, 9, 5]);
    const facility = (priority: number): unknown => record(`<${priority}>x`).fields.get("facility");
    assert.deepEqual(
      [0, 8, 24, 32, 72, 80, 120, 191].map(facility),
      "kern user daemon auth cron authpriv clock local7".split(" "),
    );
  });

  it("takes the sender's address for the host where the message names none", () => {
    assert.equal(record("<14>hello").host, "10.0.0.7");
    assert.equal(record('<14>{"message":"x"}').host, "10.0.0.7");
    assert.equal(record('<14>Nov 20 08:30:12 web1 shop: {"message":"x"}').host, "web1");
    assert.equal(record('<14>Nov 20 08:30:12 web1 shop: {"message":"x","host":"10.0.0.7"}').host, "10.0.0.7");
  });

  it("takes the time of arrival where the message's own is none, or ahead of it", () => {
    for (const time of ["Nov 20 12:02:00", "2026-11-20T12:02:00Z", "Feb 30 00:00:00", "2027 Nov 20 08:30:12"])
      assert.equal(record(`<14>${time} web1 shop: x`).timeMs, from.receivedMs, time);
    assert.equal(record("<14>Nov 20 12:00:30 web1 shop: x").timeMs, from.receivedMs + 30_000);
  });

  it("says in words what is no syslog", () => {
    const malformed = (bytes: Buffer): string => {
      const decoded = decode(bytes);
      return decoded !== NOTHING && "malformed" in decoded ? decoded.malformed : "";
    };
    assert.match(
      malformed(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])),
      /^a TLS handshake on a port without TLS; add tls to the input/,
    );
    assert.match(malformed(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0])), /^compressed \(gzip\)/);
    assert.match(malformed(Buffer.from([1, 2, 3, 4, 0x41])), /^no text: 4 of the first 5 bytes are control characters$/);
  });

  it("bounds names and structured data, and has room for names like __proto__", () => {
    const long = "x".repeat(100_000);
    const { host, fields } = record(
      `<14>1 2026-11-20T08:30:12Z ${long} ${long} ${long} ${long} [a b="${"y".repeat(300_000)}"] m`,
    );
    assert.equal(host?.length, 1_000);
    for (const name of ["program", "pid", "msgid"]) assert.match(JSON.stringify(fields.get(name)), /^"x{997}\.\.\."$/);
    assert.ok(JSON.stringify(fields.get("sd")).length < 20_000);
    const many = record(
      `<14>1 2026-11-20T08:30:12Z h p - - ${Array.from({ length: 2_000 }, (_, i) => `[e${i} a="b"]`).join("")} m`,
    );
    assert.ok(Object.keys(many.fields.get("sd") ?? {}).length <= 513);
    assert.equal(many.message, "m");
    const odd = record('<14>1 2026-11-20T08:30:12Z h p - - [__proto__ __proto__="1" constructor="2"] m').fields.get("sd");
    assert.deepEqual(JSON.stringify(odd), '{"__proto__":{"__proto__":"1","constructor":"2"}}');
  });

  it("reads a mebibyte of anything in a time that grows with its length", () => {
    const parts = [
      "[",
      '[a b="',
      "a[",
      "%A-",
      "1 ",
      "#012",
      "<1>",
      "\\",
      '"',
      ":",
      "Nov 20 08:30:12 ",
      "x ",
      "{",
      "=",
      "last message repeated ",
    ];
    for (const head of [
      "<14>",
      "<14>1 2026-11-20T08:30:12Z h p - - ",
      "<14>Nov 20 08:30:12 h ",
      "<190>Nov 20 08:30:12 h nginx: ",
    ]) {
      for (const part of parts) {
        const decoded = decode(head + part.repeat(Math.ceil((1 << 20) / part.length)));
        assert.ok(decoded !== NOTHING && !("malformed" in decoded));
      }
    }
  });

  it("never throws, and gives the same whatever lies around a message", () => {
    const codec = codecNamed("syslog");
    fc.assert(
      fc.property(syslogFrame, fc.uint8Array({ maxLength: 30 }), fc.nat(), (frame, noise, place) => {
        const bytes = Buffer.from(frame);
        bytes.set(noise.subarray(0, bytes.length - (place % (bytes.length + 1))), place % (bytes.length + 1));
        const around = Buffer.concat([Buffer.from('<1>1 2026-11-20T08:30:12 "'), bytes, Buffer.from(': 2026 ]: x"}<2>')]);
        const alone = codec.decode(bytes, 0, bytes.length, from);
        const within = codec.decode(around, 26, 26 + bytes.length, from);
        assert.equal(described(within), described(alone));
      }),
      { numRuns: 400 },
    );
  });
});
