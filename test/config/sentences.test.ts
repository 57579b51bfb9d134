import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { findingsOf, unsaid } from "../../src/config/sentences.ts";

function said(schema: z.ZodType, value: unknown): string[] {
  const parsed = schema.safeParse(value, { error: unsaid });
  return findingsOf(parsed.error?.issues ?? [], value).map(({ message, hint }) =>
    hint === undefined ? message : `${message} (${hint})`,
  );
}

describe("findingsOf", () => {
  it("says what kind of value was expected and what stands there", () => {
    assert.deepEqual(said(z.number(), "abc"), ['expected a number, got text "abc"']);
    assert.deepEqual(said(z.string(), 5), ["expected text, got the number 5"]);
    assert.deepEqual(said(z.string(), null), ["expected text, got nothing"]);
    assert.deepEqual(said(z.boolean(), "yes"), ['expected true or false, got text "yes"']);
    assert.deepEqual(said(z.int(), 1.5), ["expected a whole number, got the number 1.5"]);
    assert.deepEqual(said(z.array(z.string()), {}), ["expected a list, got an empty mapping"]);
    assert.deepEqual(said(z.strictObject({}), [1]), ["expected a mapping, got a list"]);
    assert.deepEqual(said(z.record(z.string(), z.string()), []), ["expected a mapping, got an empty list"]);
  });

  it("says when something is missing, and what it would be", () => {
    assert.deepEqual(said(z.strictObject({ a: z.string(), b: z.enum(["x", "y"]) }), {}), [
      "missing, expected text",
      "missing, expected one of x, y",
    ]);
  });

  it("says the bound that was crossed", () => {
    assert.deepEqual(said(z.int().min(1), 0), ["expected at least 1, got 0"]);
    assert.deepEqual(said(z.int().max(64), 65), ["expected at most 64, got 65"]);
    assert.deepEqual(said(z.number().positive(), 0), ["expected more than 0, got 0"]);
    assert.deepEqual(said(z.string().min(1), ""), ['expected at least 1 character, got ""']);
    assert.deepEqual(said(z.array(z.int()).min(2), [1]), ["expected at least 2 entries, got a list"]);
    assert.deepEqual(said(z.int().multipleOf(5), 7), ["expected a multiple of 5, got 7"]);
  });

  it("offers the word that was probably meant", () => {
    const words = z.enum(["block", "drop_oldest"]);
    assert.deepEqual(said(words, "blokc"), ['expected one of block, drop_oldest, got "blokc" (did you mean "block"?)']);
    assert.deepEqual(said(words, "wait"), ['expected one of block, drop_oldest, got "wait"']);
    assert.deepEqual(said(z.literal("json"), "text"), ['expected "json", got "text"']);
  });

  it("points at unknown keys one by one, with the known ones or the one that was meant", () => {
    const schema = z.strictObject({ listen: z.string().optional(), size: z.int().optional() });
    const parsed = schema.safeParse({ lisen: "x", other: 1 }, { error: unsaid });
    assert.deepEqual(findingsOf(parsed.error?.issues ?? [], {}, ["inputs", "a"]), [
      { path: ["inputs", "a", "lisen"], aim: "key", message: "unknown key", hint: 'did you mean "listen"?' },
      { path: ["inputs", "a", "other"], aim: "key", message: "unknown key", hint: "known: listen, size" },
    ]);
  });

  it("names the types there are", () => {
    const schema = z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("gelf_udp") }),
      z.strictObject({ type: z.literal("forward"), key: z.string() }),
    ]);
    assert.deepEqual(said(schema, { type: "gelf_upd" }), ['unknown type "gelf_upd" (did you mean "gelf_udp"?)']);
    assert.deepEqual(said(schema, { type: "kafka" }), ['unknown type "kafka" (known: forward, gelf_udp)']);
    assert.deepEqual(said(schema, {}), ["missing (one of forward, gelf_udp)"]);
    assert.deepEqual(said(schema, { type: 5 }), ["expected text, got the number 5 (known: forward, gelf_udp)"]);
    assert.deepEqual(said(schema, { type: "forward", key: 5 }), ["expected text, got the number 5"]);
  });

  it("lets the option of a union speak that was meant", () => {
    const schema = z.union([z.literal("off"), z.strictObject({ rate: z.int() })]);
    assert.deepEqual(said(schema, { rate: "x" }), ['expected a number, got text "x"']);
    assert.deepEqual(said(schema, { rate: 1, more: 1 }), ["unknown key (known: rate)"]);
    assert.deepEqual(said(schema, "of"), ['expected "off" or a mapping, got "of"']);
    assert.deepEqual(said(z.union([z.string(), z.array(z.string())]), 5), ["expected text or a list, got 5"]);
    assert.deepEqual(said(z.union([z.string(), z.array(z.string())]), ["a", 5]), ["expected text, got the number 5"]);
  });

  it("leaves the words of a schema's author alone", () => {
    assert.deepEqual(said(z.string({ error: "a name, please" }), 5), ["a name, please"]);
    assert.deepEqual(
      said(
        z.string().refine(() => false, "not today"),
        "x",
      ),
      ["not today"],
    );
    assert.deepEqual(
      said(
        z.string().refine(() => false),
        "x",
      ),
      ["not accepted"],
    );
    assert.deepEqual(said(z.union([z.literal("a"), z.literal("b")], { error: "a or b, please" }), "c"), ["a or b, please"]);
  });

  it("cuts what is long", () => {
    assert.equal(said(z.number(), "x".repeat(1_000))[0]?.length, 'expected a number, got text "..."'.length + 60);
  });
});
