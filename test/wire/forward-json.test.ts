import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { CarryBudget } from "../../src/wire/carry.ts";
import { ForwardJson } from "../../src/wire/forward-json.ts";
import type { ForwardMessage } from "../../src/wire/forward-message.ts";

const LIMIT = 10_000;

function push(text: string, cuts: readonly number[] = []): { messages: ForwardMessage[]; fault: string | undefined } {
  const source = new ForwardJson(LIMIT, new CarryBudget(LIMIT * 4));
  const stream = Buffer.from(text);
  const messages: ForwardMessage[] = [];
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), stream.length]) {
    if (cut > at) messages.push(...source.push(Buffer.from(stream.subarray(at, cut))));
    at = Math.max(at, cut);
  }
  source.end();
  return { messages, fault: source.fault?.cause };
}

/** Tag, frames as text (or why there are none) and answer. */
function told({ messages }: { messages: ForwardMessage[] }): unknown[] {
  return messages.map(({ tag, body, chunk, isLogs }) => {
    if (body.kind === "malformed") return [tag, body.reason, chunk?.answer.toString()];
    if (body.kind !== "frames") throw new Error(body.kind);
    const frames = Array.from({ length: body.bounds.length / 2 }, (_, i) =>
      body.bytes.toString("utf8", body.bounds[2 * i], body.bounds[2 * i + 1]),
    );
    return isLogs ? [tag, frames, chunk?.answer.toString()] : [tag, "no logs", chunk?.answer.toString()];
  });
}

describe("ForwardJson", () => {
  it("reads messages one after the other, with and without space between", () => {
    const stream = '["a",1,{"k":"v"}]["b",[[2,{"m":1}],[3,{"m":2}]]]\n [ "c", 4, {}, {"chunk":"x\\n"} ] ';

    assert.deepEqual(told(push(stream)), [
      ["a", ['[1,{"k":"v"}]'], undefined],
      ["b", ['[2,{"m":1}]', '[3,{"m":2}]'], undefined],
      ["c", ["[4,{}]"], '{"ack":"x\\n"}'],
    ]);
  });

  it("is not misled by brackets and quotes in strings", () => {
    assert.deepEqual(told(push('["a]",1,{"k":"}]\\"[{\\\\"}]["b",2,{}]')), [
      ["a]", ['[1,{"k":"}]\\"[{\\\\"}]'], undefined],
      ["b", ["[2,{}]"], undefined],
    ]);
  });

  it("takes an option that is null, and tells metrics from logs", () => {
    assert.deepEqual(told(push('["a",1,{},null]["b",[],{"fluent_signal":1,"chunk":"c"}]')), [
      ["a", ["[1,{}]"], undefined],
      ["b", "no logs", '{"ack":"c"}'],
    ]);
  });

  it("passes over what is no message and reads on", () => {
    const [first, second, third, fourth, fifth] = told(
      push('{"a":1}[1,2,3]["a","cGFja2Vk",{"chunk":"c"}]["a",tru]["b",1,{}]'),
    ) as string[][];

    assert.match(String(first?.[1]), /without a tag/);
    assert.match(String(second?.[1]), /without a tag/);
    assert.match(String(third?.[1]), /packed entries/);
    assert.equal(third?.[2], '{"ack":"c"}');
    assert.match(String(fourth?.[1]), /not JSON/);
    assert.equal(fifth?.[0], "b");
  });

  it("gives up what is neither an array nor an object, and what is too long", () => {
    assert.equal(push('["a",1,{}] hello').fault, "not_forward");
    assert.equal(push(`["a",1,{"k":"${"x".repeat(LIMIT)}"}`).fault, "too_large");
    assert.equal(push(`["a",1,{"k":"${"x".repeat(LIMIT)}"}]`).fault, "too_large");
    assert.equal(push("{}".repeat(200)).messages.length, 100);
    assert.equal(push("{}".repeat(200)).fault, "not_forward");
    assert.equal(push('["a",1').fault, "cut_off");
    assert.equal(push("[".repeat(LIMIT - 1)).fault, "cut_off");
  });

  it("yields the same messages however the bytes are cut", () => {
    const stream = '["a",1,{"k":"\u00e9\\"]"}] {"x":[1,{}]}\n["b",[[2,{"m":[[]]}]],{"chunk":"q"}]["c"';
    const whole = push(stream);
    const length = Buffer.byteLength(stream);

    assert.deepEqual(
      told(
        push(
          stream,
          Array.from({ length }, (_, i) => i),
        ),
      ),
      told(whole),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(length)), (cuts) => {
        const cut = push(stream, cuts);
        assert.deepEqual([told(cut), cut.fault], [told(whole), whole.fault]);
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("[", "]", "{", "}", '"', "\\", ",", ":", "1", "a", "\n") }),
        (text) => void push(`[${text}`),
      ),
    );
  });
});
