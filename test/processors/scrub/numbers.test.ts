import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Findings } from "../../../src/processors/scrub/findings.ts";
import { findCards, findIbans, isCard } from "../../../src/processors/scrub/numbers.ts";

function without(find: typeof findCards, text: string): string {
  const findings = new Findings();
  find(text, 0, text.length, findings);
  return findings.applyTo(text, () => "#");
}

// The test numbers that the card schemes and payment providers publish.
const CARDS = [
  "4111111111111111",
  "4012888888881881",
  "4222222222222",
  "5555555555554444",
  "5105105105105100",
  "2223003122003222",
  "378282246310005",
  "371449635398431",
  "30569309025904",
  "38520000023237",
  "36227206271667",
  "6011111111111117",
  "6011000990139424",
  "6445644564456445",
  "3530111333300000",
  "6200000000000005",
  "6304000000000000",
];

const NO_CARDS = [
  "4111111111111112",
  "1714560001123",
  "1714560001123456",
  "1714560001123456789",
  "0000000000000000",
  "1111111111111117",
  "41111111111111",
  "4111111111111111111111",
  "5055 1234",
  "4111 1111 1111",
  "0.4111111111111111",
  "4111-1111-1111-1111-2",
  "a4111111111111111",
  "4111111111111111b",
  "41 11 11 11 11 11 11 11",
  "4111 1111-1111 1111",
  "12345678-4111-1111-1111-111111111111",
];

describe("findCards", () => {
  for (const card of CARDS) {
    it(`finds ${card}, with and without groups`, () => {
      assert.equal(isCard(card), true);
      assert.equal(without(findCards, `card ${card}.`), "card #.");
      assert.equal(without(findCards, `"${card}"`), '"#"');
      assert.equal(without(findCards, `card-${card}`), "card-#");
      if (card.length !== 16) return;
      for (const glue of [" ", "-"]) assert.equal(without(findCards, `pay ${card.match(/.{4}/g)?.join(glue)} now`), "pay # now");
    });
  }

  it("finds the groups of an American Express card", () => {
    assert.equal(without(findCards, "3782 822463 10005 and 3782-822463-10005"), "# and #");
  });

  for (const text of NO_CARDS) it(`leaves ${text}`, () => assert.equal(without(findCards, text), text));

  it("gets through 1 MiB of digits and of groups", () => {
    for (const piece of ["4", "4111 ", "4111-", "4111111111111111 ", "41111111111111111111 ", "- "]) {
      assert.equal(typeof without(findCards, piece.repeat((1 << 20) / piece.length)), "string");
    }
  });
});

// The examples of the registry of ISO 13616.
const IBANS = [
  "DE89370400440532013000",
  "GB82WEST12345698765432",
  "FR1420041010050500013M02606",
  "NO9386011117947",
  "MT84MALT011000012345MTLCAST001S",
  "CH9300762011623852957",
  "NL91ABNA0417164300",
  "BE68539007547034",
];

describe("findIbans", () => {
  for (const iban of IBANS) {
    it(`finds ${iban}, compact and in groups`, () => {
      assert.equal(without(findIbans, `to ${iban}.`), "to #.");
      assert.equal(without(findIbans, `to ${iban.replaceAll(/(.{4})(?=.)/g, "$1 ")} PAID`), "to # PAID");
    });
  }

  for (const text of [
    "DE89370400440532013001",
    "XX89370400440532013000",
    "DE8937040044053201300",
    "ADE89370400440532013000",
    "DE89  3704 0044 0532 0130 00",
    "DE893704004405320130001",
  ]) {
    it(`leaves ${text}`, () => assert.equal(without(findIbans, text), text));
  }

  it("gets through 1 MiB of beginnings", () => {
    for (const piece of ["DE89 ", "DE893704", "A", "DE89 3704 0044 0532 0130 01 ", "GB82WEST "]) {
      assert.equal(typeof without(findIbans, piece.repeat((1 << 20) / piece.length)), "string");
    }
  });
});
