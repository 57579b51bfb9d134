import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readKeptEnvelope, type KeptShipment } from "../../../src/pipeline/dead-letters/kept-envelope.ts";
import type { Parcel } from "../../../src/record/parcel.ts";
import { envelopeToKeep } from "../../../src/sentry/envelope.ts";
import { parseEnvelopeStrictly } from "../../support/envelope-parser.ts";
import { parcel } from "../../support/parcels.ts";

const TO = { upstream: "other", input: "dlq", bornMs: 7 };
const EVENT_ID = "0123456789abcdef0123456789abcdef";

const logs = (bodies: readonly string[]): Parcel[] =>
  bodies.map((body) => parcel({ category: "log_item", eventId: "", body: Buffer.from(body) }));

function readBack(kept: KeptShipment): KeptShipment {
  const read = readKeptEnvelope(envelopeToKeep(kept, "0.1.0"), TO);
  if (typeof read === "string") throw new Error(read);
  return read;
}

describe("a kept envelope", () => {
  it("gives back an event byte for byte, under its old id and for the upstream of today", () => {
    const body = Buffer.from('{ "message" : "\\u00e9 é", "big": 12345678901234567890 }');

    const read = readBack({ kind: "event", parcels: [parcel({ body, eventId: EVENT_ID })] });

    const [event] = read.parcels;
    assert.equal(read.kind, "event");
    assert.deepEqual(Buffer.from(event?.body ?? []), body);
    assert.deepEqual([event?.eventId, event?.upstream, event?.bornMs], [EVENT_ID, "other", 7]);
  });

  it("gives back logs byte for byte, whatever they say", () => {
    const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 100 }), (bodies) => {
        const read = readBack({ kind: "logs", parcels: logs(bodies) });
        assert.deepEqual(
          read.parcels.map(({ body }) => Buffer.from(body).toString()),
          bodies,
        );
      }),
    );
  });

  it("does not say when it was sent, because an old moment would move the event in time", () => {
    const { headers, items } = parseEnvelopeStrictly(
      envelopeToKeep({ kind: "event", parcels: [parcel({ eventId: EVENT_ID })] }, "0.1.0"),
    );

    assert.deepEqual(Object.keys(headers), ["event_id", "sdk"]);
    assert.equal(items.length, 1);
  });

  it("says what is wrong with a damaged file", () => {
    const whole = envelopeToKeep({ kind: "event", parcels: [parcel({ eventId: EVENT_ID })] }, "0.1.0");
    const cases: readonly (readonly [bytes: Buffer | string, wrong: RegExp])[] = [
      ["", /envelope header/],
      ["[]\n", /envelope header/],
      [`{"a":${"[".repeat(4_000)}${"]".repeat(4_000)}}\n`, /envelope header/],
      ["{}\n", /item header/],
      [whole.subarray(0, -5), /cut off/],
      [Buffer.concat([whole, Buffer.from('{"type":"event"}')]), /follows/],
      ['{}\n{"type":"event","length":2}\n{}', /event_id/],
      [`{"event_id":"${EVENT_ID}"}\n{"type":"event","length":2}\n[]`, /no JSON object/],
      ['{}\n{"type":"attachment","length":1}\nx', /neither/],
      ['{}\n{"type":"log","length":12}\n{"items":[]}', /no list/],
      ['{}\n{"type":"log","length":13}\n{"items":[1]}', /no list/],
      ['{}\n{"type":"log","length":1e99}\n', /cut off/],
      ['{}\n{"type":"log","length":-1}\n', /cut off/],
    ];
    for (const [bytes, wrong] of cases) {
      const read = readKeptEnvelope(Buffer.from(bytes), TO);
      assert.ok(typeof read === "string", String(bytes));
      assert.match(read, wrong);
    }
  });

  it("never throws on bytes with a flip or a cut", () => {
    const whole = envelopeToKeep({ kind: "logs", parcels: logs(['{"body":"a"}', '{"body":"b"}']) }, "0.1.0");
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (end, at, flip) => {
        const bytes = Buffer.from(whole.subarray(0, end));
        if (at < end) bytes[at] = (bytes[at] ?? 0) ^ flip;
        const read = readKeptEnvelope(bytes, TO);
        if (typeof read !== "string") for (const { body } of read.parcels) JSON.parse(Buffer.from(body).toString());
      }),
      { numRuns: 500 },
    );
  });
});
