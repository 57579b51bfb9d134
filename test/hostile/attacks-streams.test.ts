import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { addressOf, gone, intrude, push, trickle } from "../support/attack-sockets.ts";
import { gelfTcpSender, syslogTcpSender } from "../support/honest-senders.ts";
import { proxyV2 } from "../support/proxy-headers.ts";
import { Siege } from "../support/siege.ts";

const INPUTS = `  tcp: { type: gelf_tcp, listen: "127.0.0.1:0", idle_timeout: 4s, message_timeout: 2s, max_message_bytes: 256KiB, max_buffered_bytes: 8MiB }
  syslog: { type: syslog_tcp, listen: "127.0.0.1:0", idle_timeout: 4s, message_timeout: 2s, max_buffered_bytes: 8MiB }
  proxied: { type: gelf_tcp, listen: "127.0.0.1:0", proxy_protocol: ["127.44.0.0/16"], allow: ["127.0.0.1", "203.0.113.0/24"] }`;
const ATTACKERS = 200;

const each = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));

describe("attacks on streams of messages", () => {
  let siege: Siege;
  before(async () => {
    siege = await Siege.start(INPUTS);
    siege.beside("tcp", await gelfTcpSender(await siege.port("tcp")));
    siege.beside("syslog", await syslogTcpSender(await siege.port("syslog")));
    siege.beside("proxied", await gelfTcpSender(await siege.port("proxied")));
  });
  after(() => siege.close());

  it("senders of a byte now and then are let go of, and counted", async () => {
    const [tcp, syslog] = [await siege.port("tcp"), await siege.port("syslog")];
    const toll = await siege.withstands(async () => {
      await Promise.all([
        ...each(ATTACKERS, (i) => trickle(intrude(tcp, addressOf(40, i)), '{"short_message":"')),
        ...each(ATTACKERS, (i) => trickle(intrude(syslog, addressOf(41, i)), i % 2 === 0 ? "<14>" : "999 <14>")),
        // Filler is no message: only silence ends these.
        ...each(ATTACKERS, (i) => gone(intrude(tcp, addressOf(40, 1_000 + i)))),
      ]);
    });
    for (const input of ["tcp", "syslog"]) {
      assert.ok(toll.turnedAway(input, "slow") >= ATTACKERS, `${toll.turnedAway(input, "slow")} of ${input}`);
      await siege.emptiesTo(input, 1);
    }
  });

  it("lengths that nobody keeps cost no memory", async () => {
    const syslog = await siege.port("syslog");
    const piece = Buffer.alloc(65_536, "x");
    const toll = await siege.withstands(async () => {
      await Promise.all(
        each(50, async (index) => {
          const socket = intrude(syslog, addressOf(42, index));
          const counts = ["999999999 <14>", "99999999999999999999 <14>", "0 ", "000000000000000000000000000000"];
          await push(socket, [Buffer.from(counts[index % counts.length] ?? ""), ...each(20, () => piece)]);
          socket.end();
          await gone(socket);
        }),
      );
    });
    assert.ok(toll.settled("too_large") >= 25, `${toll.settled("too_large")} too large`);
  });

  it("messages that do not end are given up at the limits", async () => {
    const [tcp, syslog] = [await siege.port("tcp"), await siege.port("syslog")];
    const toll = await siege.withstands(async () => {
      const parts = each(64, () => Buffer.alloc(65_536, "x"));
      await Promise.all(
        each(100, async (index) => {
          const socket = intrude(index % 2 === 0 ? tcp : syslog, addressOf(43, index));
          await push(socket, [Buffer.from(index % 2 === 0 ? '{"a":"' : "<14>"), ...parts]);
          socket.end();
          await gone(socket);
        }),
      );
    });
    assert.equal(toll.settled("too_large"), 100);
  });

  it("PROXY headers of strangers and garbage instead of them cost only their connections", async () => {
    const port = await siege.port("proxied");
    const message = Buffer.from('{"short_message":"let in","level":6}\0');
    const garbage = [
      Buffer.from("PROXY TCP4 999.0.0.1 1.2.3.4 1 2\r\n"),
      Buffer.from("PROXY UNKNOWN ".padEnd(400, "x")),
      Buffer.from("0d0a0d0a000d0a515549540a21110001", "hex"),
      Buffer.concat([Buffer.from("0d0a0d0a000d0a515549540a2111ffff", "hex"), Buffer.alloc(70_000)]),
      message,
    ];
    const throwAt = async (bytes: Buffer, address: string): Promise<void> => {
      const socket = intrude(port, address);
      await push(socket, [bytes]);
      socket.end();
      await gone(socket);
    };
    const toll = await siege.withstands(async () => {
      await Promise.all([
        ...each(100, (i) => throwAt(garbage[i % garbage.length] ?? message, addressOf(44, i))),
        // A proxy that names somebody who is not allowed, and one who is; and a stranger who poses as a proxy.
        ...each(50, (i) => throwAt(Buffer.concat([proxyV2("198.51.100.7"), message]), addressOf(44, i))),
        ...each(50, (i) => throwAt(Buffer.concat([proxyV2("203.0.113.9"), message]), addressOf(44, i))),
        ...each(50, (i) => throwAt(Buffer.concat([proxyV2("203.0.113.9"), message]), addressOf(45, i))),
      ]);
    });
    assert.ok(toll.turnedAway("proxied", "proxy_header") >= 60, `${toll.turnedAway("proxied", "proxy_header")}`);
    assert.equal(toll.turnedAway("proxied", "not_allowed"), 100);
    assert.equal(toll.settled("absorbed"), 50);
  });
});
