import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { ForwardEntries } from "../../src/wire/forward-entries.ts";
import { MAX_CUT } from "../../src/wire/forward-parser.ts";
import { array, entry, eventTime, hex } from "../support/forward-bytes.ts";

const plain = entry({ k: "v" });
const end = array(array(eventTime(0xffff_fffe), {}), {});

function start(service: string): Buffer {
  const body = {
    resource: { attributes: { "service.name": service, "k8s.pod.name": "web-1", port: 80, list: [1] } },
    scope: { name: "lib" },
  };
  return array(array(eventTime(0xffff_ffff), { schema: "otlp" }), body);
}

/** Per cut: number of entries and metadata. */
function cutsOf(...parts: readonly Buffer[]): { cuts: [number, unknown][]; broken: string | undefined } {
  const bytes = Buffer.concat(parts);
  const entries = new ForwardEntries(bytes, 0, bytes.length);
  const cuts: [number, unknown][] = [];
  while (!entries.done) {
    const { bounds, metadata } = entries.next();
    if (bounds.length > 0) cuts.push([bounds.length / 2, metadata === undefined ? undefined : Object.fromEntries(metadata)]);
  }
  return { cuts, broken: entries.broken };
}

describe("ForwardEntries", () => {
  it("cuts so many entries at a time", () => {
    const { cuts } = cutsOf(...Array.from({ length: MAX_CUT + 1 }, () => plain));

    assert.deepEqual(cuts, [
      [MAX_CUT, undefined],
      [1, undefined],
    ]);
  });

  it("puts what a group says beside its entries, and leaves its markers out", () => {
    const metadata = (service: string) => ({ service, "k8s.pod.name": "web-1", port: "80", logger: "lib" });
    const { cuts } = cutsOf(plain, start("a"), plain, plain, end, plain, start("b"), plain);

    assert.deepEqual(cuts, [
      [1, undefined],
      [2, metadata("a")],
      [1, undefined],
      [1, metadata("b")],
    ]);
  });

  it("takes groups that say nothing, in whatever shape", () => {
    const odd = [null, [], { resource: 1, scope: [] }, { resource: { attributes: null }, scope: { name: "" } }];
    const { cuts, broken } = cutsOf(...odd.flatMap((body) => [array(array(eventTime(0xffff_ffff), {}), body), plain]));

    assert.deepEqual(
      cuts,
      odd.map(() => [1, undefined]),
    );
    assert.equal(broken, undefined);
  });

  it("keeps what came before bytes that are no entries", () => {
    assert.deepEqual(cutsOf(plain, plain, hex("c1")), {
      cuts: [[2, undefined]],
      broken: `entries that are no msgpack or cut off, from byte ${plain.length * 2} on`,
    });
    assert.equal(cutsOf(plain, plain.subarray(0, 5)).cuts.length, 1);
  });
});
