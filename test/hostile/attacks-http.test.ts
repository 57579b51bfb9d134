import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { addressOf, gone, intrude, push, trickle } from "../support/attack-sockets.ts";
import { httpSender } from "../support/honest-senders.ts";
import { post } from "../support/real-senders-hostile.ts";
import { Siege } from "../support/siege.ts";

const INPUTS = `  web: { type: gelf_http, listen: "127.0.0.1:0", header_timeout: 1s, request_timeout: 2s, idle_timeout: 3s, max_body_bytes: 1MiB, max_requests_per_second_per_peer: 1000 }`;
const ATTACKERS = 100;
const HEAD = "POST /gelf HTTP/1.1\r\nHost: a\r\n";

const each = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));

describe("attacks on gelf_http", () => {
  let siege: Siege;
  let port: number;
  before(async () => {
    siege = await Siege.start(INPUTS);
    port = await siege.port("web");
    siege.beside("web", httpSender(port));
  });
  after(() => siege.close());

  it("slow senders of headers and of bodies are let go of, and counted", async () => {
    const slow = (index: number): Promise<void> => {
      const socket = intrude(port, addressOf(30, index));
      const heads = [
        "POST /",
        "POST /gelf HTTP/1.1\r\nX",
        `${HEAD}X: `,
        `${HEAD}Content-Length: 100000\r\n\r\n`,
        `${HEAD}Transfer-Encoding: chunked\r\n\r\nffff\r\n`,
      ];
      return trickle(socket, heads[index % heads.length] ?? "");
    };
    const toll = await siege.withstands(async () => void (await Promise.all(each(ATTACKERS, slow))));
    assert.ok(toll.turnedAway("web", "slow") >= ATTACKERS, `${toll.turnedAway("web", "slow")} of ${ATTACKERS} were told of`);
    await siege.emptiesTo("web", 1);
  });

  it("connections that say nothing, and those that ask without reading the answers, are let go of", async () => {
    const request = `${HEAD}Content-Length: 0\r\n\r\n`;
    const toll = await siege.withstands(async () => {
      const silent = each(ATTACKERS, (i) => intrude(port, addressOf(31, i)));
      const deaf = each(20, (i) => {
        const socket = intrude(port, addressOf(31, 1_000 + i));
        socket.pause();
        // Answers to so many requests fill every buffer on the way.
        socket.write(request.repeat(20_000));
        return socket;
      });
      await Promise.all(silent.map(gone));
      // One that does not read sees the end only when it looks.
      for (const socket of deaf) socket.resume();
      await Promise.all(deaf.map(gone));
    });
    assert.ok(toll.turnedAway("web", "rate_limited") > 0);
    await siege.emptiesTo("web", 1);
  });

  it("many, large and endless headers are refused before they are kept", async () => {
    const attacks: readonly ((index: number) => Promise<void>)[] = [
      (index) => push(intrude(port, addressOf(32, index)), [Buffer.from(`${HEAD}${"a: b\r\n".repeat(2_000)}\r\n`)]),
      (index) => push(intrude(port, addressOf(32, index)), [Buffer.from(`${HEAD}${"a: b\r\n".repeat(900)}\r\n`)]),
      (index) => push(intrude(port, addressOf(32, index)), [Buffer.from(HEAD), ...each(200, () => Buffer.alloc(65_536, "x"))]),
      (index) => push(intrude(port, addressOf(32, index)), [Buffer.from(`GET /${"x".repeat(100_000)}`)]),
    ];
    const toll = await siege.withstands(async () => {
      await Promise.all(each(ATTACKERS, async (i) => attacks[i % attacks.length]?.(i)));
    });
    assert.ok(toll.turnedAway("web", "headers") >= ATTACKERS / 2, `${toll.turnedAway("web", "headers")} were counted`);
  });

  it("a promise of 10 TB, and a body without end, end at the limit", async () => {
    const piece = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, 0x20), Buffer.from("\r\n")]);
    const toll = await siege.withstands(async () => {
      await Promise.all(
        each(40, async (index) => {
          const socket = intrude(port, addressOf(33, index));
          const head = index % 2 === 0 ? "Content-Length: 10995116277760" : "Transfer-Encoding: chunked";
          await push(socket, [Buffer.from(`${HEAD}${head}\r\n\r\n`), ...each(100, () => piece)]);
          await gone(socket);
        }),
      );
    });
    assert.equal(toll.settled("too_large"), 40);
  });

  it("zip bombs are refused by their ratio and size, whatever the header calls them", async () => {
    const blanks = Buffer.alloc(100 << 20, 0x20);
    const bodies = [
      gzipSync(blanks, { level: 9 }),
      deflateSync(blanks, { level: 9 }),
      gzipSync(gzipSync(blanks)),
      Buffer.concat(each(300, () => gzipSync(blanks.subarray(0, 200_000)))),
    ];
    const encodings = ["gzip", "deflate", "br", ""];
    const statuses = new Map<number, number>();
    const toll = await siege.withstands(async () => {
      for (const body of bodies) {
        await Promise.all(
          encodings.map(async (encoding, i) => {
            const headers: Record<string, string> = encoding === "" ? {} : { "content-encoding": encoding };
            const status = await post(port, addressOf(34, i), body, headers);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }),
        );
      }
    });
    assert.deepEqual([...statuses].toSorted(), [
      [400, 4],
      [413, 12],
    ]);
    assert.equal(toll.settled("too_large"), 12);
    assert.ok(toll.settled("malformed") >= 4, "what is in the nested one is no JSON");
  });

  it("more requests than one sender may send cost nobody else", async () => {
    const toll = await siege.withstands(async () => {
      const request = async (round: number): Promise<void> => {
        const socket = intrude(port, addressOf(35, 1));
        const last = `${HEAD}Connection: close\r\nContent-Length: 2\r\n\r\n{}`;
        await push(socket, [Buffer.from(`${HEAD}Content-Length: 2\r\n\r\n{}`.repeat(round % 90) + last)]);
        await gone(socket);
      };
      for (let round = 0; round < 20; round += 1) await Promise.all(each(20, (i) => request(i + 50)));
    });
    assert.ok(toll.turnedAway("web", "rate_limited") > 0);
  });
});
