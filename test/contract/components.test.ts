// What every component promises, checked over the registry: a new one is tested before its author writes a test.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type * as z from "zod";
import { createLogger } from "../../src/base/log.ts";
import type { Component } from "../../src/base/lifecycle.ts";
import { isListening } from "../../src/component/listening.ts";
import type { AnySpec } from "../../src/component/spec.ts";
import { inputs, processors, queues, upstreams } from "../../src/registry.ts";
import { newRecord } from "../../src/record/record.ts";
import { RecordingHost } from "../support/input-host.ts";
import { ManualClock } from "../support/clock.ts";

const log = createLogger("silent");
const host = { name: "under_test", clock: new ManualClock(), log, complain: () => {} };
const NEVER = new AbortController().signal;
const all: readonly AnySpec[] = [...inputs, ...processors, ...queues, ...upstreams];

/** Handles that keep the process alive: sockets, timers, threads. */
function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => !["PipeWrap", "TTYWrap", "FSReqPromise", "FSReqCallback"].includes(name));
}

function createInput(spec: (typeof inputs)[number]): Component {
  const create = spec.create as (config: unknown, host: unknown) => Component;
  return create(spec.config.parse(spec.examples[0]), new RecordingHost());
}

describe("every component", () => {
  for (const spec of all) {
    it(`${spec.kind} ${spec.type} describes itself and each of its fields`, () => {
      assert.match(spec.type, /^[a-z][a-z0-9_]*$/);
      assert.match(spec.summary, /^[A-Z].*\.$/s);
      for (const [name, field] of Object.entries(spec.config.shape as Record<string, z.ZodType>)) {
        assert.match(name, /^[a-z][a-z0-9_]*$/);
        assert.ok((field.description ?? "").length > 10, `${spec.type}.${name} has no description`);
      }
    });

    it(`${spec.kind} ${spec.type} takes its own examples`, () => {
      assert.ok(spec.examples.length > 0);
      for (const example of spec.examples) assert.deepEqual(spec.config.safeParse(example).error?.issues ?? [], []);
    });
  }

  it("has a type that no other of its kind has", () => {
    for (const kind of [inputs, processors, queues, upstreams]) {
      const types = kind.map(({ type }) => type);
      assert.deepEqual(types, [...new Set(types)]);
    }
  });
});

describe("every input", () => {
  for (const spec of inputs) {
    it(`${spec.type} is inert until started, and stops without having started, twice`, async () => {
      const before = resources();
      const input = createInput(spec);

      assert.deepEqual(resources(), before);
      await input.stop(NEVER);
      await input.stop(NEVER);
    });

    if (["stdin", "file", "kubernetes"].includes(spec.type)) continue;

    it(`${spec.type} starts, says where it listens, stops twice, and lets a second instance have the place`, async () => {
      const first = createInput(spec);
      await first.start(NEVER);
      assert.ok(isListening(first) && first.addresses.length > 0);
      const address = first.addresses[0] ?? "";
      assert.match(address, /^(tcp|udp|http):127\.0\.0\.1:[1-9]\d*$/);
      await first.stop(AbortSignal.timeout(2_000));
      await first.stop(AbortSignal.timeout(2_000));

      const create = spec.create as (config: unknown, host: unknown) => Component;
      const same = { ...(spec.examples[0] as object), listen: address.slice(address.indexOf(":") + 1) };
      const second = create(spec.config.parse(same), new RecordingHost());
      await second.start(NEVER);
      await second.stop(AbortSignal.timeout(2_000));
    });

    it(`${spec.type} says in plain words that its port is taken`, async () => {
      const first = createInput(spec);
      await first.start(NEVER);
      const address = (isListening(first) ? first.addresses[0] : undefined) ?? "";
      const create = spec.create as (config: unknown, host: unknown) => Component;
      const same = { ...(spec.examples[0] as object), listen: address.slice(address.indexOf(":") + 1) };
      const second = create(spec.config.parse(same), new RecordingHost());

      await assert.rejects(second.start(NEVER), { code: "RELAY_LISTEN", message: /is already in use; see by whom with: ss / });
      await second.stop(NEVER);
      await first.stop(AbortSignal.timeout(2_000));
    });
  }
});

describe("every processor", () => {
  for (const spec of processors) {
    it(`${spec.type} gives a verdict on a record with nothing in it`, () => {
      const create = spec.create as (config: unknown, host: unknown) => { process(record: unknown): string };
      const processor = create(spec.config.parse(spec.examples[0]), { ...host, random: () => 0.5 });
      const from = { input: "in", peer: "", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };

      assert.ok(["keep", "filtered", "sampled"].includes(processor.process(newRecord(from, "(no message)"))));
    });
  }
});

describe("every queue and upstream", () => {
  for (const spec of [...queues, ...upstreams]) {
    it(`${spec.type} is inert until started, and stops without having started, twice`, async () => {
      const before = resources();
      const create = spec.create as (config: unknown, host: unknown) => Component;
      const made = create(spec.config.parse(spec.examples[0]), {
        ...host,
        upstreams: ["default"],
        dropped: () => {},
        agent: "test/0",
        colour: false,
        print: () => {},
      });

      assert.deepEqual(resources(), before);
      await made.stop(NEVER);
      await made.stop(NEVER);
    });
  }
});
