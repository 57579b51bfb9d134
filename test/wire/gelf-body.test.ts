import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { frameCount } from "../../src/record/batch.ts";
import { GelfBody } from "../../src/wire/gelf-body.ts";

/** The messages of a body as text, taken `most` at a time. */
function messages(text: string | Buffer, most = 1_000, maxMessageBytes = 1 << 20): string[] {
  return walk(new GelfBody(Buffer.from(text), maxMessageBytes), most);
}

function walk(body: GelfBody, most: number): string[] {
  const found: string[] = [];
  for (let frames = body.next(most); frames !== undefined; frames = body.next(most)) {
    assert.ok(frameCount(frames) <= most);
    for (let i = 0; i < frames.bounds.length; i += 2)
      found.push(frames.bytes.toString("utf8", frames.bounds[i], frames.bounds[i + 1]));
  }
  return found;
}

describe("GelfBody", () => {
  it("finds one message, however it is printed", () => {
    const message = { short_message: 'a { " } \n ]', list: [{ a: 1 }, []], nested: { b: "}" } };
    for (const indent of [0, 2, "\t"]) {
      const text = JSON.stringify(message, null, indent);
      assert.deepEqual(messages(`\uFEFF \r\n${text}\r\n\0`), [text]);
    }
  });

  it("finds messages in an array, on lines, and with nothing in between", () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 20 });
    const form = fc.constantFrom("array", "pretty array", "lines", "pretty lines", "nothing", "blank lines");
    fc.assert(
      fc.property(objects, form, fc.integer({ min: 1, max: 7 }), (objects, form, most) => {
        const indent = form.startsWith("pretty") ? 2 : 0;
        const texts = objects.map((object) => JSON.stringify(object, null, indent));
        const joiner: Record<string, string> = { lines: "\n", "pretty lines": "\n", nothing: "", "blank lines": "\r\n \r\n" };
        const body = form.endsWith("array") ? JSON.stringify(objects, null, indent) : texts.join(joiner[form]);
        const found = messages(body, most);
        assert.deepEqual(
          found.map((text) => JSON.parse(text)),
          texts.map((text) => JSON.parse(text)),
        );
      }),
    );
  });

  it("finds an object whose lines begin with a brace", () => {
    const text = '{\n"list": [\n{"a": 1},\n{"b": 2}\n]\n}';
    assert.deepEqual(messages(`${text}\n{"c":3}`), [text, '{"c":3}']);
  });

  it("keeps a message with a raw line feed in a string whole", () => {
    assert.deepEqual(messages('{"a":"line\nbreak"}\n{"b":1}'), ['{"a":"line\nbreak"}', '{"b":1}']);
  });

  it("lets a broken message cost itself and none of its neighbours", () => {
    assert.deepEqual(messages('{"a":1}\n{"b": "no end\n{"c":3}'), ['{"a":1}', '{"b": "no end', '{"c":3}']);
    assert.deepEqual(messages('{"a":1}\nnot json\n{"c":3}'), ['{"a":1}', "not json", '{"c":3}']);
    assert.deepEqual(messages('{"a":1} garbage\n{"c":3}'), ['{"a":1}', "garbage", '{"c":3}']);
    assert.deepEqual(messages('[\n{"a":1},\n{"b":"no end},\n{"c":3}\n]'), ['{"a":1}', '{"b":"no end},', '{"c":3}']);
    assert.deepEqual(messages('[{"a":1}, 7, "x,]", [1,{}], null {"b":2}'), [
      '{"a":1}',
      "7",
      '"x,]"',
      "[1,{}]",
      "null",
      '{"b":2}',
    ]);
  });

  it("takes a message that was cut off for one broken message, though it has many lines", () => {
    assert.equal(messages(JSON.stringify({ a: 1, b: { c: 2 }, d: "x" }, null, 2).slice(0, -4)).length, 1);
  });

  it("takes plain text for one broken message to a line", () => {
    assert.deepEqual(messages("hello\r\n\r\nworld"), ["hello", "world"]);
  });

  it("counts messages over the limit and leaves them out", () => {
    const long = JSON.stringify({ a: "x".repeat(100) });
    const body = new GelfBody(Buffer.from(`{"a":1}\n${long}\n{"b":2}\n${long}`), 50);
    assert.deepEqual(walk(body, 1), ['{"a":1}', '{"b":2}']);
    assert.equal(body.tooLarge, 2);
  });

  it("finds nothing in a body without a message", () => {
    for (const empty of ["", " \n\r\n", "[]", "[ ]", "\uFEFF", "\0\n"]) assert.deepEqual(messages(empty), []);
  });

  it("finds something in any bytes, and never the same twice", () => {
    const piece = fc.constantFrom("{", "}", "[", "]", '"', "\n", ",", "a", "\\", " ", "\n{", '{"a":1}', "\0", "é");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
        (text) => {
          const found = messages(text, 3);
          let at = 0;
          for (const message of found) {
            at = text.indexOf(message, at);
            assert.ok(message.length > 0 && at >= 0);
            at += message.length;
          }
        },
      ),
    );
  });

  it("ends on hostile megabytes", () => {
    for (const unit of ["{\n", '\n{"x":"', '{"x":[\n', '"\n', "[", '{"x":[\n{"a":1},\n', "\\"]) {
      for (const start of ["", "["]) assert.ok(messages(start + unit.repeat((1 << 20) / unit.length)).length > 0);
    }
  });
});
