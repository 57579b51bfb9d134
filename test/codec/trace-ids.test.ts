import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { decimalIdOf, longTraceIdOf, spanIdOf, traceContextOf } from "../../src/codec/trace-ids.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const PADDED = `${"0".repeat(16)}${SPAN}`;

const CARRIERS: [string, string, string, string | undefined][] = [
  ["a bare id", TRACE, TRACE, undefined],
  ["upper case", TRACE.toUpperCase(), TRACE, undefined],
  ["a UUID", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", TRACE, undefined],
  ["the short ids of older Zipkin", SPAN, PADDED, undefined],
  ["W3C traceparent", `00-${TRACE}-${SPAN}-01`, TRACE, SPAN],
  ["a later W3C version", `cc-${TRACE}-${SPAN}-01-what`, TRACE, SPAN],
  ["B3 in one header", `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90`, TRACE, SPAN],
  ["B3 with a short id", `${SPAN}-${SPAN}-d`, PADDED, SPAN],
  ["sentry-trace", `${TRACE}-${SPAN}`, TRACE, SPAN],
  ["AWS X-Ray's header", `Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=${SPAN};Sampled=1`, TRACE, SPAN],
  ["AWS X-Ray's id", "1-4bf92f35-77b34da6a3ce929d0e0e4736", TRACE, undefined],
  ["AWS X-Ray's log field", "TraceID: 1-4bf92f35-77b34da6a3ce929d0e0e4736@53995c3f42cd8ad8", TRACE, "53995c3f42cd8ad8"],
  ["AWS X-Ray's id with its segment", "1-4bf92f35-77b34da6a3ce929d0e0e4736@53995c3f42cd8ad8", TRACE, "53995c3f42cd8ad8"],
  ["Jaeger", `${TRACE}:${SPAN}:0:1`, TRACE, SPAN],
  ["Jaeger without leading zeros", "f067aa0ba902b7:f067aa0ba902b7:0:1", PADDED, SPAN],
  ["Google Cloud's log field", `projects/shop/traces/${TRACE}`, TRACE, undefined],
  ["Google Cloud's header", `${TRACE}/123456;o=1`, TRACE, "000000000001e240"],
  ["Jaeger as a header escapes it", `${TRACE}%3A${SPAN}%3a0%3A1`, TRACE, SPAN],
  ["blanks around it", ` ${TRACE}\n`, TRACE, undefined],
];

describe("traceContextOf", () => {
  for (const [what, text, traceId, spanId] of CARRIERS) {
    it(`reads ${what}`, () => {
      assert.deepEqual(traceContextOf(text), { traceId, spanId });
    });
  }

  it("finds none in zeros, decimals, and anything else", () => {
    const odd = [
      "",
      "0",
      "1",
      "d",
      "0".repeat(32),
      "0".repeat(16),
      `00-${"0".repeat(32)}-${SPAN}-01`,
      `ff-${TRACE}-${SPAN}-01`,
      "123456789012345678",
      "g".repeat(32),
      `${TRACE}0`,
      TRACE.slice(1),
      "\u0010".repeat(32),
      "Root=;Parent=;",
      "::::",
      ":::",
      "-".repeat(36),
      "projects/x",
      "a".repeat(600),
      "é".repeat(32),
    ];
    for (const text of odd) assert.equal(traceContextOf(text), undefined, text);
  });

  it("leaves out a span that is none", () => {
    assert.deepEqual(traceContextOf(`00-${TRACE}-${"0".repeat(16)}-01`), { traceId: TRACE, spanId: undefined });
  });

  it("answers only ids that are valid, whatever the text", () => {
    const letters = fc.constantFrom(..."0123456789abcdefABCDEF-:;=/ @Root1projects".split(""));
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 80 }), (text) => {
        const found = traceContextOf(text);
        if (found === undefined) return;
        assert.match(found.traceId, /^(?!0{32})[0-9a-f]{32}$/);
        if (found.spanId !== undefined) assert.match(found.spanId, /^(?!0{16})[0-9a-f]{16}$/);
      }),
    );
  });
});

describe("longTraceIdOf", () => {
  it("takes 32 digits and nothing shorter, which Datadog writes in decimal", () => {
    assert.equal(longTraceIdOf(TRACE), TRACE);
    assert.equal(longTraceIdOf("1234567890123456"), undefined);
    assert.equal(longTraceIdOf("7203685477580712345"), undefined);
  });
});

describe("decimalIdOf", () => {
  it("writes whole numbers of 64 bits as hex", () => {
    assert.equal(decimalIdOf("18446744073709551615"), "f".repeat(16));
    assert.equal(decimalIdOf("8448126176384487105"), "753dc5ff51138ec1");
    assert.equal(decimalIdOf(26), `${"0".repeat(14)}1a`);
  });

  it("takes nothing else", () => {
    for (const odd of [
      "",
      "0",
      "18446744073709551616",
      "-1",
      "1.5",
      "1e5",
      "0x1a",
      " 1",
      "9".repeat(1_000),
      0,
      -1,
      1.5,
      2 ** 60,
      null,
      {},
    ])
      assert.equal(decimalIdOf(odd), undefined, JSON.stringify(odd));
  });
});

describe("spanIdOf", () => {
  it("takes what Python prints in front of hexadecimal numbers", () => {
    assert.equal(spanIdOf("0x00f067aa0ba902b7"), "00f067aa0ba902b7");
    assert.equal(spanIdOf("0x0000000000000000"), undefined);
    assert.equal(traceContextOf("0x4bf92f3577b34da6a3ce929d0e0e4736")?.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.equal(traceContextOf(`0x${"0".repeat(32)}`), undefined);
  });

  it("takes 16 hex digits that are not all zero", () => {
    assert.equal(spanIdOf(SPAN.toUpperCase()), SPAN);
    for (const text of ["", "0".repeat(16), SPAN.slice(1), "x".repeat(16)]) assert.equal(spanIdOf(text), undefined);
  });
});
