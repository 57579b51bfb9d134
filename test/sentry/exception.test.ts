import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ExceptionValue, Frame, ParsedTrace } from "../../src/record/exception.ts";
import { exceptionOf, type Detail } from "../../src/sentry/exception.ts";
import { record } from "../support/sentry-records.ts";

interface Sent {
  readonly values: readonly {
    readonly type?: string;
    readonly value?: string;
    readonly mechanism?: unknown;
    readonly stacktrace?: { readonly frames: readonly Frame[] };
  }[];
}

function sent(values: ExceptionValue[], detail: Detail = "full"): Sent["values"] {
  const trace: ParsedTrace = { platform: "java", values };
  return (exceptionOf(record(), trace, detail) as Sent).values;
}

function frames(count: number): Frame[] {
  return Array.from({ length: count }, (_, index) => ({
    function: `f${index}`,
    lineno: index + 1,
    context_line: "x",
    pre_context: ["w"],
    post_context: ["y"],
  }));
}

describe("exception", () => {
  it("keeps the order of the trace: root cause first, oldest call first", () => {
    const values = sent([
      { type: "SocketTimeout", value: "timed out", frames: [{ function: "read" }] },
      {
        type: "CheckoutFailed",
        value: "no stock",
        module: "shop",
        frames: [
          { function: "main", in_app: true },
          { function: "pay", filename: "Pay.java", lineno: 7, colno: 3 },
        ],
      },
    ]);
    assert.deepEqual(values, [
      {
        type: "SocketTimeout",
        value: "timed out",
        mechanism: { type: "logging", handled: true, exception_id: 1, parent_id: 0 },
        stacktrace: { frames: [{ function: "read" }] },
      },
      {
        type: "CheckoutFailed",
        value: "no stock",
        module: "shop",
        mechanism: { type: "logging", handled: true, exception_id: 0 },
        stacktrace: {
          frames: [
            { function: "main", in_app: true },
            { function: "pay", filename: "Pay.java", lineno: 7, colno: 3 },
          ],
        },
      },
    ]);
  });

  it("has no ids when there is no chain, and no stack trace when there are no frames", () => {
    assert.deepEqual(sent([{ type: "E", frames: [] }]), [{ type: "E", mechanism: { type: "logging", handled: true } }]);
  });

  it("takes its name from the record where the trace has none, because Relay drops an exception without any", () => {
    const trace: ParsedTrace = { platform: "go", values: [{ frames: [{ function: "work" }] }] };
    const named = (from: Parameters<typeof record>[0]): unknown[] =>
      (exceptionOf(record(from), trace, "full") as Sent).values.map(({ type, value }) => [type, value]);

    assert.deepEqual(named({ message: "boom\ngoroutine 1 [running]:" }), [[undefined, "boom"]]);
    assert.deepEqual(named({ errorType: "*net.OpError", errorMessage: "dial tcp: refused" }), [
      ["*net.OpError", "dial tcp: refused"],
    ]);
  });

  it("is type and value alone without a trace", () => {
    const own = record({ message: "login failed", errorType: "AuthError", errorMessage: "bad password" });
    assert.deepEqual(exceptionOf(own, undefined, "full"), { values: [{ type: "AuthError", value: "bad password" }] });
    const bare = record({ message: "login failed", errorType: "AuthError" });
    assert.deepEqual(exceptionOf(bare, undefined, "full"), { values: [{ type: "AuthError", value: "login failed" }] });
  });

  it("is absent when the record names no error", () => {
    assert.equal(exceptionOf(record({ errorMessage: "x" }), undefined, "full"), undefined);
    assert.equal(exceptionOf(record(), { platform: "java", values: [] }, "full"), undefined);
  });

  it("keeps the newest 250 frames, and source lines at both ends", () => {
    const [value] = sent([{ type: "StackOverflow", frames: frames(1_024) }]);
    const kept = value?.stacktrace?.frames ?? [];
    assert.equal(kept.length, 250);
    assert.equal(kept.at(-1)?.function, "f1023");
    assert.equal(kept.filter((frame) => frame.context_line !== undefined).length, 50);
    assert.deepEqual([kept[24]?.context_line, kept[25]?.context_line, kept[225]?.context_line], ["x", undefined, "x"]);
  });

  it("gives up source lines, then frames, then causes", () => {
    const chain = Array.from({ length: 60 }, (_, index) => ({ type: `E${index}`, frames: frames(100) }));
    const counts = (["full", "no_source", "fewer_frames", "least"] as const).map((detail) => {
      const values = sent(chain, detail);
      const kept = values.at(-1)?.stacktrace?.frames ?? [];
      return [values.length, kept.length, kept.at(-1)?.context_line, values.at(-1)?.type];
    });
    assert.deepEqual(counts, [
      [50, 100, "x", "E59"],
      [50, 100, undefined, "E59"],
      [10, 50, undefined, "E59"],
      [3, 10, undefined, "E59"],
    ]);
  });

  it("sends the address of a frame of which nothing else is known", () => {
    const frame = { package: "libc.so.6", instruction_addr: "0x7f6184b7826c", in_app: false };

    const [value] = sent([{ value: "dumped core", frames: [frame] }]);

    assert.deepEqual(value?.stacktrace?.frames, [frame]);
  });

  it("bounds texts and drops impossible positions", () => {
    const long = "x".repeat(20_000);
    const frame = {
      function: long,
      module: long,
      package: long,
      filename: long,
      abs_path: long,
      lineno: 0,
      colno: -1,
      context_line: long,
    };
    const [value] = sent([{ type: long, value: long, frames: [frame] }]);
    const [kept] = value?.stacktrace?.frames ?? [];
    assert.deepEqual([value?.type?.length, value?.value?.length], [256, 8_192]);
    assert.deepEqual(
      [kept?.function?.length, kept?.abs_path?.length, kept?.context_line?.length, kept?.lineno, kept?.colno],
      [256, 256, 256, undefined, undefined],
    );
  });
});
