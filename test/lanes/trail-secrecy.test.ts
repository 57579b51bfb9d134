import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { holdsNoSecret } from "../../src/lanes/trail-secrecy.ts";
import { scrub } from "../../src/processors/scrub.ts";
import { processorHost } from "../support/processing.ts";

const scrubbing = [scrub.create(scrub.config.parse({}), processorHost())];
const NAMES = ["trace_id", "request_id", "stream", "session_id"];

describe("holdsNoSecret", () => {
  it("passes what keys usually are", () => {
    for (const key of [
      "trace_id 5b8efff798038103d269b633813fc60c",
      "request_id 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
      "request_id req-17",
      "request_id 01ARZ3NDEKTSV4RRFFQ69G5FAV",
      "stream edge\nweb1\n",
      "stream edge\n10.0.0.7\nshop/web",
      `stream edge\nip-10-0-0-7.ec2.internal\n${"0f".repeat(32)}`,
      "stream fluent\nnode-1\nkube.var.log.containers.shop-7d9f_default_web-1234.log",
    ]) {
      assert.equal(holdsNoSecret(key, NAMES, scrubbing), true, key);
    }
  });

  it("holds back what scrub would change, by its name or by its look", () => {
    for (const key of ["session_id 7f3a91c2", "request_id password=hunter2", "stream edge\nweb1\ntoken=abcdef123456"]) {
      assert.equal(holdsNoSecret(key, NAMES, scrubbing), false, key);
    }
  });

  it("passes everything where nothing is scrubbed", () => {
    assert.equal(holdsNoSecret("session_id 7f3a91c2", NAMES, []), true);
  });
});
