import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { composed } from "../../src/sentry/event-size.ts";

interface Composed {
  readonly head: string;
  readonly breadcrumbs: { readonly values: readonly { readonly n: number }[] };
  readonly extra: Readonly<Record<string, string>>;
}

function compose(headSize: (detail: string, bigContexts: boolean) => number, crumbs: number, extraSize: number): Composed {
  const json = composed({
    head: (detail, bigContexts) => `"detail":"${detail} ${bigContexts}","head":"${"h".repeat(headSize(detail, bigContexts))}"`,
    breadcrumbs: Array.from({ length: crumbs }, (_, n) => `{"n":${n},"text":"${"é".repeat(1_000)}"}`),
    extra: extraSize === 0 ? "" : `"field":"${"x".repeat(extraSize)}"`,
  });
  assert.ok(Buffer.byteLength(json) <= 1_000_000 - 200);
  assert.ok(json.endsWith("}}"));
  return JSON.parse(json) as Composed;
}

describe("the size of an event", () => {
  it("leaves an ordinary one alone", () => {
    const event = compose(() => 1_000, 100, 100);
    assert.equal(event.breadcrumbs.values.length, 100);
    assert.deepEqual(Object.keys(event), ["detail", "head", "breadcrumbs", "extra"]);
    assert.equal(event.extra["crumbtrail.left_out"], undefined);
  });

  it("leaves one alone that is just below the limit", () => {
    const event = compose(() => 500_000, 100, 200_000);
    assert.equal(event.breadcrumbs.values.length, 100);
    assert.equal(event.extra["crumbtrail.left_out"], undefined);
  });

  it("drops the oldest breadcrumbs first", () => {
    const event = compose(() => 700_000, 100, 200_000);
    const kept = event.breadcrumbs.values;
    assert.equal(kept.at(-1)?.n, 99);
    assert.ok(kept.length > 40 && kept.length < 50);
    assert.equal(event.extra["field"]?.length, 200_000);
    assert.equal(event.extra["crumbtrail.left_out"], `${100 - kept.length} oldest breadcrumbs`);
  });

  it("then drops extra", () => {
    const event = compose(() => 900_000, 3, 200_000);
    assert.deepEqual(event.extra, { "crumbtrail.left_out": "3 oldest breadcrumbs, all fields of extra" });
    assert.equal(event.head.length, 900_000);
  });

  it("then big contexts, source lines, frames and causes, as far as needed", () => {
    const contexts = compose((_, bigContexts) => (bigContexts ? 1_200_000 : 900_000), 0, 10);
    assert.equal(contexts.extra["crumbtrail.left_out"], "all fields of extra, big contexts");
    const frames = compose((detail) => (detail === "fewer_frames" ? 900_000 : 1_200_000), 0, 10);
    assert.equal(
      frames.extra["crumbtrail.left_out"],
      "all fields of extra, big contexts, source lines, all but the newest frames",
    );
    const causes = compose((detail) => (detail === "least" ? 900_000 : 1_200_000), 0, 10);
    assert.match(causes.extra["crumbtrail.left_out"] ?? "", /, all but the last exceptions$/);
  });
});
