import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { addressOf, connectionsHere, crowd } from "../support/attack-sockets.ts";
import {
  forwardSender,
  gelfTcpSender,
  grpcSender,
  httpSender,
  syslogTcpSender,
  type HonestSender,
} from "../support/honest-senders.ts";
import { Siege } from "../support/siege.ts";

const WANTED = 10_000;
const MAX = 2_000;
const PER_PEER = 500;
/** Attackers of the second wave are few each. */
const EACH = 50;

const LIMITS = `listen: "127.0.0.1:0", max_connections: ${MAX}, max_connections_per_peer: ${PER_PEER}`;
const TYPES = ["gelf_tcp", "syslog_tcp", "forward", "gelf_http", "grpc"] as const;
const INPUTS = TYPES.map((type) => `  ${type}: { type: ${type}, ${LIMITS} }`).join("\n");

const SENDERS: Readonly<Record<(typeof TYPES)[number], (port: number) => HonestSender | Promise<HonestSender>>> = {
  gelf_tcp: gelfTcpSender,
  syslog_tcp: syslogTcpSender,
  forward: forwardSender,
  gelf_http: httpSender,
  grpc: grpcSender,
};

describe("crowds of connections", () => {
  let siege: Siege;
  before(async () => {
    siege = await Siege.start(INPUTS, "max_memory: 512MiB");
    for (const type of TYPES) {
      const port = await siege.port(type, type === "gelf_http" ? "http" : "tcp");
      siege.beside(type, await SENDERS[type](port));
    }
  });
  after(() => siege.close());

  for (const [index, type] of TYPES.entries()) {
    it(`${WANTED} connections to ${type} from one address leave room for all others`, async (t) => {
      const port = await siege.port(type, type === "gelf_http" ? "http" : "tcp");
      const wanted = connectionsHere(WANTED);
      if (wanted < WANTED) t.diagnostic(`only ${wanted} connections: this machine allows no more open files`);
      const toll = await siege.withstands(async () => {
        const sockets = await crowd(port, wanted, () => addressOf(70 + index, 1));
        await siege.turnsAway(type, "too_many_per_peer", wanted - PER_PEER);
        for (const socket of sockets) socket.destroy();
        await siege.emptiesTo(type, 2);
      });
      assert.equal(toll.turnedAway(type, "too_many_per_peer"), wanted - PER_PEER);
    });
  }

  it("beyond max_connections from many addresses, those that are there go on, and new ones get in as soon as there is room", async () => {
    const [tcp, syslog] = [await siege.port("gelf_tcp"), await siege.port("syslog_tcp")];
    const toll = await siege.withstands(async () => {
      const sockets = [
        ...(await crowd(tcp, MAX + 1_000, (i) => addressOf(80, Math.floor(i / EACH)))),
        ...(await crowd(syslog, MAX + 1_000, (i) => addressOf(81, Math.floor(i / EACH)))),
      ];
      // Senders that are connected already, and those of other inputs, do not notice.
      await siege.turnsAway("gelf_tcp", "too_many_connections", 1_000);
      await siege.turnsAway("syslog_tcp", "too_many_connections", 1_000);
      for (const socket of sockets) socket.destroy();
      await siege.emptiesTo("gelf_tcp", 1);
      await siege.emptiesTo("syslog_tcp", 1);
    });
    assert.ok(toll.turnedAway("gelf_tcp", "too_many_connections") >= 1_000);
    const late = await gelfTcpSender(tcp);
    await late.say("somebody who came late");
    await siege.relay.mini.waitFor("the late one", (mini) => JSON.stringify(mini.events().at(-1)).includes("came late"));
    late.close();
  });
});
