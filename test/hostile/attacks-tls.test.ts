import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { addressOf, gone, intrude, push, trickle } from "../support/attack-sockets.ts";
import { makeCertificates, type Certificates } from "../support/certificates.ts";
import { gelfTcpSender, syslogTcpSender } from "../support/honest-senders.ts";
import { SClient } from "../support/s-client.ts";
import { Siege } from "../support/siege.ts";

const TYPES = ["gelf_tcp", "syslog_tcp", "forward", "gelf_http", "grpc"] as const;

const each = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));

/** The record of a ClientHello of which nothing but its head is right. */
const HELLO = Buffer.concat([Buffer.from("16030102000100 01fc0303".replaceAll(" ", ""), "hex"), Buffer.alloc(505, 7)]);

describe("attacks on TLS", () => {
  let certificates: Certificates;
  let siege: Siege;
  const ports: number[] = [];
  before(async () => {
    certificates = makeCertificates();
    const { cert, key } = certificates.server;
    const tls = `tls: { cert: "${cert}", key: "${key}", handshake_timeout: 1s }`;
    const secure = TYPES.map((type) => `  ${type}: { type: ${type}, listen: "127.0.0.1:0", ${tls} }`);
    siege = await Siege.start([...secure, `  plain: { type: gelf_tcp, listen: "127.0.0.1:0" }`].join("\n"));
    for (const type of TYPES) ports.push(await siege.port(type, type === "gelf_http" ? "http" : "tcp"));
    const ca = readFileSync(certificates.ca);
    siege.beside("gelf_tcp", await gelfTcpSender(await siege.port("gelf_tcp"), ca));
    siege.beside("syslog_tcp", await syslogTcpSender(await siege.port("syslog_tcp"), ca));
    siege.beside("plain", await gelfTcpSender(await siege.port("plain")));
  });
  after(async () => {
    await siege.close();
    certificates.remove();
  });

  const onEach = async (
    block: number,
    attack: (port: number, address: string, index: number) => Promise<void>,
  ): Promise<void> => {
    await Promise.all(ports.flatMap((port, p) => each(20, (i) => attack(port, addressOf(block, p * 100 + i), i))));
  };
  const emptied = async (): Promise<void> => {
    for (const type of TYPES) await siege.emptiesTo(type, 1);
  };

  it("garbage and plain text on TLS ports, and TLS on a plain one, cost only their connections", async () => {
    const said = [
      Buffer.alloc(100_000, 0xa5),
      Buffer.from('{"short_message":"in the clear","level":3}\0'),
      Buffer.from("POST /gelf HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      HELLO,
      Buffer.concat([HELLO, Buffer.alloc(50_000, 0x16)]),
      Buffer.from("1503010002022f", "hex"),
      Buffer.from("8080010301004b0000001000", "hex"),
    ];
    const plain = await siege.port("plain");
    const toll = await siege.withstands(async () => {
      await onEach(90, async (port, address, index) => {
        const socket = intrude(port, address);
        await push(socket, [said[index % said.length] ?? HELLO]);
        socket.end();
        await gone(socket);
      });
      const socket = intrude(plain, addressOf(91, 1));
      await push(socket, [HELLO]);
      socket.end();
      await gone(socket);
    });
    assert.equal(toll.settled("delivered"), toll.said.length, "nothing that came in the clear was taken");
    await emptied();
  });

  it("handshakes that are left, or trickle in, are let go of", async () => {
    await siege.withstands(async () => {
      await onEach(92, (port, address, index) => {
        const socket = intrude(port, address);
        if (index % 3 === 0) return gone(socket);
        return trickle(socket, index % 3 === 1 ? HELLO.subarray(0, 50) : Buffer.of(0x16), 3);
      });
    });
    await emptied();
  });

  it("whoever asks for another handshake within TLS 1.2 is sent away", async (t) => {
    await siege.withstands(async () => {
      await Promise.all(
        ports.map(async (port) => {
          const client = new SClient(t, { port, ca: certificates.ca, more: ["-tls1_2", "-alpn", "h2,http/1.1"] });
          assert.ok(await client.says(/Cipher is/), client.said);
          for (let i = 0; i < 20 && !client.isGone; i += 1) client.write("R\n");
          assert.ok(await client.says(/RENEGOTIATING[^]*(no renegotiation|unexpected record|closed|errno)/i), client.said);
          await client.quit();
        }),
      );
    });
    await emptied();
  });
});
