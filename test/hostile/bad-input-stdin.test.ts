import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, describe, it } from "node:test";
import { besides, pour, type Good, type Hostility } from "../support/real-senders-hostile.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { eventOf, messageOf, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

// There is one sender only on standard input: the good one beside it speaks GELF, and good lines come in between.
describe("bad input to stdin", () => {
  let relay: SharedRelay;
  let sender: GelfSender;
  const beside = (hostility: Hostility) => besides(relay, steady, hostility);
  const steady: Good = (records) =>
    sender.send(...records.map(({ message, level }) => ({ short_message: message, level: level === "info" ? 6 : 3 })));
  before(async () => {
    relay = await SharedRelay.start(`  app: { type: stdin }
  edge: { type: gelf_tcp, listen: "127.0.0.1:0" }
  other: { type: gelf_tcp, listen: "127.0.0.1:0" }`);
    sender = await GelfSender.connect(await relay.port("edge"));
  });
  after(async () => {
    sender.socket.destroy();
    await relay.close();
  });
  beforeEach(() => relay.begin());

  const write = async (...parts: readonly (Uint8Array | string)[]): Promise<void> => {
    const { stdin } = relay.daemon.process;
    assert.ok(stdin !== null);
    for (const part of parts) if (!stdin.write(part)) await once(stdin, "drain");
  };

  it("skips a line of 10 MiB that does not end, counts it once, and reads on after it", async () => {
    const harvest = await beside({
      attack: async () => {
        await write('{"level":"error","msg":"before"}\n');
        for (let mebibyte = 0; mebibyte < 10; mebibyte += 1) await write(Buffer.alloc(1 << 20, 0x78));
        await write("\n", `${"y".repeat(3 << 20)}\n${"z".repeat((1 << 20) + 1)}\n`, '{"level":"error","msg":"after"}\n');
      },
      outcomes: { delivered: 2, too_large: 3 },
      warnings: [/too_large : app: a line over max_line_bytes \(1048576 bytes\) was skipped to its end/],
    });
    assert.deepEqual(
      harvest.events
        .map(messageOf)
        .filter((message) => message === "before" || message === "after")
        .toSorted(),
      ["after", "before"],
    );
  });

  it("takes NUL floods, broken UTF-8, deep nesting and garbage for the text they are", async () => {
    const harvest = await beside({
      attack: async () => {
        await write(Buffer.alloc(300_000), "\n", Buffer.alloc(100), "after a hole of NUL\0\n");
        await write(Buffer.from("bad \xff\xfe\xc3( ERROR end\n", "latin1"));
        await write(
          `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}\n`,
          `{"level":"error","msg":"deep","x":${"[".repeat(5_000)}${"]".repeat(5_000)}}\n`,
        );
        await write(
          '{"level":"error","msg":"odd names","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}\n',
        );
        await write("\r\n\n   \n{\n}\n");
      },
      outcomes: { delivered: 3, absorbed: 4 },
      warnings: [],
    });
    const odd = eventOf(harvest.events, "odd names");
    assert.ok(trailOf(odd).includes("after a hole of NUL"));
    assert.ok(harvest.events.some((event) => /^bad \uFFFD+\( ERROR end$/.test(messageOf(event))));
    assert.deepEqual(harvest.events.filter((event) => JSON.stringify(event).includes("polluted")).map(messageOf), ["odd names"]);
  });

  it("warns of one sender's trouble at each input: beside an application all senders have one address", async () => {
    await beside({
      attack: async (address) => {
        for (const input of ["edge", "other", "edge", "other"]) await pour(await relay.port(input), address, "garbage\0");
      },
      outcomes: { malformed: 4 },
      warnings: [/malformed gelf .*: edge: not JSON/, /malformed gelf .*: other: not JSON/],
    });
  });
});
