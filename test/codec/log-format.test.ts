import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { COMBINED, compileLogFormat, isLogFormatMistake, type LogFormat } from "../../src/codec/log-format.ts";

function compiled(written: string): LogFormat {
  const format = compileLogFormat(written);
  if (isLogFormatMistake(format)) assert.fail(format.mistake);
  return format;
}

function mistake(written: string): string {
  const format = compileLogFormat(written);
  return isLogFormatMistake(format) ? format.mistake : "";
}

describe("compileLogFormat", () => {
  it("takes the format alone, its name, and the directive with its quotes and escapes", () => {
    const line = '10.0.0.9 "GET /a HTTP/1.1" it\'s 7';
    const expected = { remote_addr: "10.0.0.9", request: "GET /a HTTP/1.1", status: "7" };
    for (const written of [
      '$remote_addr "$request" it\'s $status',
      '$remote_addr "$request" it\'s ${status};\n',
      'log_format x \'$remote_addr "$request" \'\n    "it\'s ${status}";',
      "  log_format x escape=none '$remote_addr \"$request\" it\\'s $status'",
    ]) {
      assert.deepEqual(Object.fromEntries(compiled(written).read(line) ?? []), expected, written);
    }
    const combined = '1.2.3.4 - - [x] "GET / HTTP/1.0" 200 5 "-" "c"';
    assert.deepEqual(compiled("combined").read(combined), compiled(COMBINED).read(combined));
  });

  it("says what is wrong with a format, and where", () => {
    assert.match(mistake("$remote_addr$status"), /character 13 \(\$remote_addr\$status\)/);
    assert.match(mistake("no variable at all"), /no variable/);
    assert.match(mistake("log_format x escape=xml '$a';"), /unknown escape=xml/);
    assert.match(mistake("log_format x '$a;"), /is not closed/);
    assert.match(mistake("log_format x"), /cannot be read/);
    assert.match(mistake(`$a ${"x".repeat(9_000)}`), /longer than/);
  });

  it("undoes each way of escaping", () => {
    const line = (value: string): string => `[${value}]`;
    const read = (escape: string, value: string): unknown =>
      compiled(`log_format x escape=${escape} '[$v]';`).read(line(value))?.get("v");
    assert.equal(read("default", String.raw`a\x22\x5C\xC3\xBC\x0A`), 'a"\\ü\n');
    assert.equal(read("json", String.raw`a\"\\\u00fc`), 'a"\\ü');
    assert.equal(read("json", String.raw`a\q`), String.raw`a\q`);
    assert.equal(read("none", String.raw`a\x22`), String.raw`a\x22`);
    assert.equal(read("default", "-"), undefined);
  });

  it("keeps together what several upstreams said", () => {
    const format = compiled("$upstream_addr $upstream_status $status");
    assert.deepEqual(Object.fromEntries(format.read("10.0.0.1:80, unix:/a.sock : 10.0.0.3:80 502, 504 : 200 200") ?? []), {
      upstream_addr: "10.0.0.1:80, unix:/a.sock : 10.0.0.3:80",
      upstream_status: "502, 504 : 200",
      status: "200",
    });
    assert.equal(format.read("- - 200")?.size, 1);
  });

  it("knows which variable stands behind a member of a JSON format", () => {
    const format = compiled(
      `log_format x escape=json '{ "s": $status, "u": "$uri", "both": "$a/$b", "fixed": "x", "in": {"r": "$r"} }';`,
    );
    assert.deepEqual(Object.fromEntries(format.jsonNames ?? []), { s: "status", u: "uri" });
    assert.equal(compiled("{$a} is no JSON").jsonNames, undefined);
    assert.equal(compiled(COMBINED).jsonNames, undefined);
  });

  it("reads what a format writes", () => {
    const value = fc.stringMatching(/^[\w/?=&.%-]{1,20}$/).filter((text) => text !== "-");
    const between = fc.stringMatching(/^[ "|[\]]{1,3}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(between, value), { minLength: 1, maxLength: 8 }), between, (pairs, tail) => {
        const format = compiled(pairs.map(([text], i) => `${text}$v${i}`).join("") + tail);
        const line = pairs.map(([text, written]) => text + written).join("") + tail;
        assert.deepEqual(
          [...(format.read(line)?.values() ?? [])],
          pairs.map(([, written]) => written),
        );
      }),
    );
  });

  it("gets through hostile megabytes", () => {
    const formats = [COMBINED, "$upstream_addr $upstream_status x$z", "$a,$b", `{"a":"$a"}`].map(compiled);
    for (const seed of ["- ", '" "', ", ", " : ", "\\x22", "a", '"', "[", "\\", ",,  "]) {
      const line = seed.repeat((1 << 20) / seed.length);
      for (const format of formats) assert.ok((format.read(line)?.size ?? 0) <= 8);
    }
  });
});
