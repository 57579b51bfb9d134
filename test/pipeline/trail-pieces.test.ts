import assert from "node:assert/strict";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import type { LocalLane } from "../../src/lanes/local-lane.ts";
import { clock, lanes, Place, trailIn } from "../support/saved-trails.ts";

/** What a file that nobody may use must come to: moved aside with one warning, and lanes that work. */
async function refused(place: Place, why: RegExp): Promise<void> {
  const [lane] = lanes(1);
  place.lines.length = 0;
  await place.restore([lane as LocalLane]);

  assert.deepEqual(trailIn(lane as LocalLane, "a"), []);
  assert.equal(place.warnings.length, 1);
  assert.match(place.warnings[0] ?? "", why);
  assert.deepEqual(place.names, ["trails.jsonl.bad"]);
}

describe("a file of saved trails", () => {
  it("that is foreign, newer, huge or no file is moved aside with one warning", async (t) => {
    const cases: readonly (readonly [string, RegExp, (path: string, good: Buffer) => void])[] = [
      ["empty", /not a file of trails/, (path) => writeFileSync(path, "")],
      ["foreign", /not a file of trails/, (path) => writeFileSync(path, Buffer.alloc(1 << 20, 0xff))],
      ["other JSON", /not a file of trails/, (path) => writeFileSync(path, '{"format":"other"}\n')],
      [
        "newer",
        /version 2 of the format/,
        (path, good) => writeFileSync(path, good.toString().replace('"version":1', '"version":2')),
      ],
      ["huge", /at most \d+ are read/, (path) => truncateSync(path, 2 ** 40)],
      ["longer", /something was added/, (path, good) => writeFileSync(path, Buffer.concat([good, Buffer.from("\n")]))],
      [
        "a directory",
        /no ordinary file/,
        (path) => {
          rmSync(path);
          mkdirSync(path);
        },
      ],
    ];
    for (const [name, why, spoil] of cases) {
      await t.test(name, async (inner) => {
        const place = new Place(inner);
        spoil(place.file, await place.filled());
        await refused(place, why);
      });
    }
  });

  it("that has lost its end or a bit is moved aside and not used at all", async (t) => {
    const place = new Place(t);
    const good = await place.filled();
    const damage = fc.oneof(
      fc.integer({ min: 0, max: good.length - 1 }).map((length) => good.subarray(0, length)),
      fc.tuple(fc.integer({ min: 0, max: good.length * 8 - 1 })).map(([bit]) => {
        const bytes = Buffer.from(good);
        bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7));
        return bytes;
      }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        writeFileSync(place.file, bytes);
        await refused(place, /cannot be used/);
        rmSync(`${place.file}.bad`);
      }),
      { numRuns: 150 },
    );
  });

  it("that was forged with a fitting checksum costs nothing but what is odd in it", async (t) => {
    const place = new Place(t);
    const lines = [
      '{"trail":"trace_id ' + "a".repeat(32) + '"}\n',
      `{"seq":1,"received":${clock.nowMs()},"time":1,"crumb":{"message":"true"}}\n`,
      '{"seq":2,"received":1,"time":1,"crumb":{"message":\n',
      "\0\0\0\n",
    ].join("");
    const body = Buffer.from(
      `{"format":"crumbtrail trails","version":1,"lanes":1}\n{"lane":0,"bytes":${lines.length}}\n${lines}`,
    );
    writeFileSync(place.file, `${body.toString()}{"crc32":"${crc32(body).toString(16).padStart(8, "0")}"}\n`);
    const [lane] = lanes(1) as [LocalLane];

    await place.restore([lane]);

    assert.deepEqual(trailIn(lane, "a"), ["true"]);
    assert.deepEqual(place.warnings, []);
  });

  it("of pieces that are too long or of lanes that were not there is refused", async (t) => {
    for (const piece of [
      '{"lane":0,"bytes":99999999999}',
      '{"lane":1,"bytes":1}',
      '{"lane":-1,"bytes":1}',
      '{"lane":0}',
      "7",
      "null",
    ]) {
      const place = new Place(t);
      writeFileSync(place.file, `{"format":"crumbtrail trails","version":1,"lanes":1}\n${piece}\n\n`);
      await refused(place, /not what belongs there/);
    }
  });
});
