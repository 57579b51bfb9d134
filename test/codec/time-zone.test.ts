import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { timeZoneOf } from "../../src/codec/time-zone.ts";

/** The moment at which clocks of a zone show this, as text. */
function moment(zone: string, reading: string): string | undefined {
  const ms = timeZoneOf(zone)?.momentOf(Date.parse(`${reading}Z`));
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

describe("timeZoneOf", () => {
  it("knows UTC, offsets and names", () => {
    assert.equal(moment("UTC", "2026-11-20T08:30:12.250"), "2026-11-20T08:30:12.250Z");
    for (const offset of ["+02:00", "+0200", "+02", "+2", "UTC+2", "GMT+02:00"])
      assert.equal(moment(offset, "2026-11-20T08:30:12"), "2026-11-20T06:30:12.000Z", offset);
    assert.equal(moment("-09:30", "2026-11-20T08:30:12"), "2026-11-20T18:00:12.000Z");
    assert.equal(moment("Asia/Kathmandu", "2026-11-20T08:30:12"), "2026-11-20T02:45:12.000Z");
  });

  it("knows summer from winter, however readings alternate", () => {
    const zone = timeZoneOf("Europe/Berlin");
    for (let round = 0; round < 2; round += 1) {
      assert.equal(zone?.momentOf(Date.UTC(2026, 6, 20, 8)), Date.UTC(2026, 6, 20, 6));
      assert.equal(zone?.momentOf(Date.UTC(2026, 10, 20, 8)), Date.UTC(2026, 10, 20, 7));
    }
  });

  it("gives a moment near by for readings that no clock or two clocks showed", () => {
    const skipped = Date.parse(moment("Europe/Berlin", "2026-03-29T02:30:00") ?? "");
    const twice = Date.parse(moment("Europe/Berlin", "2026-10-25T02:30:00") ?? "");
    assert.ok([Date.UTC(2026, 2, 29, 0, 30), Date.UTC(2026, 2, 29, 1, 30)].includes(skipped));
    assert.ok([Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)].includes(twice));
  });

  it("is the process's own zone for local", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        const there = new Date(seconds * 1_000);
        const reading = Date.UTC(
          there.getFullYear(),
          there.getMonth(),
          there.getDate(),
          there.getHours(),
          there.getMinutes(),
          there.getSeconds(),
          250,
        );
        const back = timeZoneOf("local")?.momentOf(reading) ?? 0;
        // In the hour that comes twice either is right.
        assert.ok(
          back === seconds * 1_000 + 250 || new Date(back).toTimeString().slice(0, 8) === there.toTimeString().slice(0, 8),
        );
      }),
    );
  });

  it("undoes what the zone does, for any moment but those around a change", () => {
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone: "America/New_York", dateStyle: "short", timeStyle: "medium" });
    const zone = timeZoneOf("America/New_York");
    fc.assert(
      fc.property(fc.integer({ min: 315_532_800, max: 4_000_000_000 }), (seconds) => {
        const shown = format.format(seconds * 1_000).replace(" ", "T");
        const back = zone?.momentOf(Date.parse(`${shown}Z`)) ?? 0;
        assert.equal(format.format(back).replace(" ", "T"), shown);
      }),
    );
  });

  it("knows no zone that there is not", () => {
    for (const name of ["", "Mars/Olympus", "+25:00", "+02:75", "Berlin time"]) assert.equal(timeZoneOf(name), undefined, name);
  });
});
