import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { describe, it, type TestContext } from "node:test";
import type { Component } from "../../../src/base/lifecycle.ts";
import type { Address } from "../../../src/base/units.ts";
import { isListening } from "../../../src/component/listening.ts";
import { gelfHttp } from "../../../src/inputs/gelf-http.ts";
import { gelfTcp } from "../../../src/inputs/gelf-tcp.ts";
import { gelfUdp } from "../../../src/inputs/gelf-udp.ts";
import { gelfDatagrams, gelfMessage, sendGelfHttp, sendGelfTcp, sendGelfUdp } from "../../../src/wire/send/gelf.ts";
import { eventually, portOf, RecordingHost } from "../../support/input-host.ts";

const RECORD = { message: "it broke", severity: "error", host: "web-1", timeMs: 1_700_000_000_250 };
const WAYS = [
  ["gelf_udp", gelfUdp, sendGelfUdp],
  ["gelf_tcp", gelfTcp, sendGelfTcp],
  ["gelf_http", gelfHttp, sendGelfHttp],
] as const;

async function started(t: TestContext, input: Component): Promise<Address> {
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.abort()));
  return { host: "127.0.0.1", port: portOf(isListening(input) ? input.addresses[0] : undefined) };
}

/** A port on which nobody listens. */
async function deserted(): Promise<Address> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { host: "127.0.0.1", port };
}

describe("gelfMessage", () => {
  it("is GELF 1.1 with a syslog level and seconds", () => {
    assert.deepEqual(JSON.parse(gelfMessage(RECORD).toString()), {
      version: "1.1",
      host: "web-1",
      short_message: "it broke",
      timestamp: 1_700_000_000.25,
      level: 3,
      _logger: "crumbtrail",
    });
    assert.equal(JSON.parse(gelfMessage({ ...RECORD, severity: "odd" }).toString()).level, 6);
  });

  it("has the first line as short message and all lines as full message", () => {
    const { short_message: short, full_message: full } = JSON.parse(gelfMessage({ ...RECORD, message: "a\nb" }).toString());
    assert.deepEqual([short, full], ["a", "a\nb"]);
  });
});

describe("gelfDatagrams", () => {
  it("leaves a short message whole, cuts a longer one, and gives up on one of more than 128 chunks", () => {
    const id = Buffer.alloc(8);
    const noise = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, i) => (i * i * 7_919 + i) % 253));
    assert.equal(gelfDatagrams(noise(1_420), id)?.length, 1);
    assert.equal(gelfDatagrams(noise(1_421), id)?.length, 2);
    assert.equal(gelfDatagrams(noise(1_408 * 128), id)?.length, 128);
    assert.ok((gelfDatagrams(Buffer.alloc(1 << 20, "x"), id)?.length ?? 0) < 10);
    assert.equal(gelfDatagrams(Buffer.from(Array.from({ length: 1 << 20 }, () => Math.random() * 256)), id), undefined);
  });
});

for (const [type, spec, send] of WAYS) {
  describe(`sending to ${type}`, () => {
    it("brings one record in", async (t) => {
      const host = new RecordingHost();
      const target = await started(
        t,
        (spec as typeof gelfUdp).create(spec.config.parse({ listen: "127.0.0.1:0" }) as never, host),
      );
      const long = { ...RECORD, message: "long ".repeat(100_000) };

      await send(target, RECORD, 10_000);
      await send(target, long, 10_000);
      await eventually(() => host.frames.length === 2, "two frames");

      assert.deepEqual(host.frames, [gelfMessage(RECORD).toString(), gelfMessage(long).toString()]);
    });

    it("says when nobody listens", async () => {
      const target = await deserted();
      await assert.rejects(send(target, RECORD, 10_000), {
        code: "RELAY_UPSTREAM_UNAVAILABLE",
        message: `nobody listens on 127.0.0.1:${target.port}`,
      });
    });
  });
}

describe("sendGelfHttp", () => {
  it("repeats what the relay had against the record", async (t) => {
    const host = new RecordingHost();
    host.answer = () => ({ accepted: 0, malformed: 1, safe: true, held: undefined });
    const target = await started(t, gelfHttp.create(gelfHttp.config.parse({ listen: "127.0.0.1:0" }), host));
    await assert.rejects(sendGelfHttp(target, RECORD, 10_000), {
      code: "RELAY_UPSTREAM_UNAVAILABLE",
      message: /answered 400: \{"error":"no record; the body begins with/,
    });
  });

  it("gives up after the timeout", async (t) => {
    const host = new RecordingHost();
    host.answer = () => new Promise(() => {});
    const target = await started(t, gelfHttp.create(gelfHttp.config.parse({ listen: "127.0.0.1:0" }), host));
    await assert.rejects(sendGelfHttp(target, RECORD, 50), { code: "RELAY_UPSTREAM_UNAVAILABLE" });
  });
});
