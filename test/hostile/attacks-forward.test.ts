import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { addressOf, gone, intrude, push, trickle } from "../support/attack-sockets.ts";
import { array, asBin, entry, headed, hex, msgpack } from "../support/forward-bytes.ts";
import { heloOf, pingFor } from "../support/forward-handshake.ts";
import { forwardSender } from "../support/honest-senders.ts";
import { Siege } from "../support/siege.ts";

const KEY = "the right shared key";
const MAX_KEYS = 2_000;
const INPUTS = `  fluent: { type: forward, listen: "127.0.0.1:0", idle_timeout: 10s, message_timeout: 2s, max_message_bytes: 4MiB, max_decompressed_bytes: 16MiB }
  keyed: { type: forward, listen: "127.0.0.1:0", shared_key: "${KEY}", handshake_timeout: 1s }`;
const REST = `policy: { storm: "off", trail: { max_bytes: 16MiB, max_keys: ${MAX_KEYS} } }`;

const each = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));

describe("attacks on forward", () => {
  let siege: Siege;
  const handshakes = (result: string) => `crumbtrail_forward_handshakes_total{result="${result}"}`;
  before(async () => {
    siege = await Siege.start(INPUTS, REST);
    siege.beside("fluent", forwardSender(await siege.port("fluent", "tcp")));
    siege.beside("keyed", forwardSender(await siege.port("keyed", "tcp"), KEY));
  });
  after(() => siege.close());

  it("maps, arrays and text that trickle in are let go of, and counted", async () => {
    const port = await siege.port("fluent", "tcp");
    const beginnings = [
      hex("93 a174 01 df 00000fff"),
      Buffer.concat([hex("92 a174"), headed(0xdd, 1_000)]),
      hex("92 a174 db 000fffff"),
      Buffer.from('["tag",'),
    ];
    const toll = await siege.withstands(async () => {
      const slow = (i: number): Promise<void> =>
        trickle(intrude(port, addressOf(50, i)), beginnings[i % beginnings.length] ?? hex("93"));
      await Promise.all(each(200, slow));
    });
    assert.equal(toll.turnedAway("fluent", "slow"), 200);
  });

  it("declared lengths of 4 GiB, of any type, cost nothing but their connections", async () => {
    const port = await siege.port("fluent", "tcp");
    const most = 0xffffffff;
    const heads = [0xdb, 0xc6, 0xdd, 0xdf].map((head) => headed(head, most));
    const ext = Buffer.concat([headed(0xc9, most), Buffer.of(0)]);
    const lies = [...heads, ext].flatMap((lie) => [
      Buffer.concat([hex("93 a174 01"), lie]),
      Buffer.concat([hex("92 a174"), lie]),
      Buffer.concat([hex("93"), lie]),
      array("t", asBin(Buffer.concat([entry({ message: "x" }), hex("92 01"), lie]))),
    ]);
    const toll = await siege.withstands(async () => {
      await Promise.all(
        each(lies.length * 4, async (i) => {
          const socket = intrude(port, addressOf(51, i));
          await push(socket, [lies[i % lies.length] ?? hex(""), Buffer.alloc(100_000)]);
          socket.end();
          await gone(socket);
        }),
      );
    });
    assert.ok(toll.settled("too_large") + toll.settled("malformed") >= lies.length * 4);
  });

  it("zip bombs in CompressedPackedForward, of one member, of many and nested, are not unpacked", async () => {
    const port = await siege.port("fluent", "tcp");
    const blanks = Buffer.alloc(100 << 20, 0x20);
    const bodies = [
      gzipSync(blanks, { level: 9 }),
      Buffer.concat(each(400, () => gzipSync(blanks.subarray(0, 300_000)))),
      gzipSync(gzipSync(gzipSync(blanks))),
      Buffer.concat([gzipSync(entry({ message: "before it", level: "info" })), gzipSync(blanks, { level: 9 })]),
    ];
    const toll = await siege.withstands(async () => {
      await Promise.all(
        each(32, async (i) => {
          const socket = intrude(port, addressOf(52, i));
          await push(socket, [array("zip", asBin(bodies[i % bodies.length] ?? blanks), { compressed: "gzip" })]);
          socket.end();
          await gone(socket);
        }),
      );
    });
    assert.equal(toll.settled("too_large"), 24);
    assert.ok(toll.settled("malformed") >= 8, "what is in the nested one is no msgpack");
  });

  it("wrong keys, half handshakes and silence from many addresses keep out nobody who knows the key", async () => {
    const port = await siege.port("keyed", "tcp");
    const wrong = { salt: Buffer.from("salt"), hostname: "guess", user: "", password: "" };
    const guess = async (i: number): Promise<void> => {
      const socket = intrude(port, addressOf(53, i % 250));
      socket.once("data", (helo: Buffer) => {
        if (i % 5 === 4) socket.write(msgpack(["PING", "half"]).subarray(0, 6));
        else if (i % 5 < 3) socket.write(pingFor(heloOf(helo), { ...wrong, sharedKey: `guess ${i}` }));
      });
      await gone(socket);
    };
    const toll = await siege.withstands(async () => void (await Promise.all(each(1_000, guess))));
    const refused = toll.grew(handshakes("wrong_key")) + toll.grew(handshakes("too_many"));
    assert.equal(refused, 600);
    assert.equal(toll.grew(handshakes("timed_out")) + toll.grew(handshakes("invalid")), 400);
    assert.equal(toll.grew(handshakes("accepted")), toll.said.filter((text) => text.includes("keyed")).length);
  });

  it("tags and fields of ever new names are bounded, in trails and in metrics", async () => {
    const port = await siege.port("fluent", "tcp");
    const linesBefore = (await siege.relay.daemon.metrics()).size;
    const record = (i: number): object => ({
      message: `m ${i}`,
      level: "info",
      [`field_${i}`]: i,
      [`label-${i * 7}`]: "x",
      request_id: `r${i}`,
    });
    await siege.withstands(async () => {
      await Promise.all(
        each(10, async (sender) => {
          const socket = intrude(port, addressOf(54, sender));
          await push(
            socket,
            each(2_000, (i) => array(`tag.${sender}.${i}`, 1_700_000_000, record(sender * 2_000 + i))),
          );
          socket.end();
          await gone(socket);
        }),
      );
    });
    const metrics = await siege.relay.daemon.metrics();
    assert.ok((metrics.get("crumbtrail_trail_keys") ?? 0) <= MAX_KEYS);
    assert.ok(metrics.size <= linesBefore + 20, `${metrics.size - linesBefore} new metrics`);
  });
});
