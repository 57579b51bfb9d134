import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { describe, it, type TestContext } from "node:test";
import type { Component } from "../../../src/base/lifecycle.ts";
import type { Address } from "../../../src/base/units.ts";
import { isListening } from "../../../src/component/listening.ts";
import { syslogTcp } from "../../../src/inputs/syslog-tcp.ts";
import { syslogUdp } from "../../../src/inputs/syslog-udp.ts";
import { sendSyslogTcp, sendSyslogUdp, syslogMessage } from "../../../src/wire/send/syslog.ts";
import { eventually, portOf, RecordingHost } from "../../support/input-host.ts";

const RECORD = { message: "it broke\nbadly", severity: "error", host: "web-1", timeMs: 1_700_000_000_250 };
const SENT = "<11>1 2023-11-14T22:13:20.250Z web-1 crumbtrail - - - it broke\nbadly";

async function started(t: TestContext, input: Component): Promise<Address> {
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.abort()));
  return { host: "127.0.0.1", port: portOf(isListening(input) ? input.addresses[0] : undefined) };
}

describe("syslogMessage", () => {
  it("is RFC 5424 with a host that has no blanks", () => {
    assert.equal(syslogMessage(RECORD).toString(), SENT);
    assert.match(syslogMessage({ ...RECORD, host: "my host", severity: "odd" }).toString(), /^<14>1 \S+ myhost crumbtrail /);
    assert.match(syslogMessage({ ...RECORD, host: "" }).toString(), /Z - crumbtrail /);
  });
});

describe("sending syslog", () => {
  it("puts a record into syslog_udp and syslog_tcp, whole", async (t) => {
    for (const [spec, send] of [
      [syslogUdp, sendSyslogUdp],
      [syslogTcp, sendSyslogTcp],
    ] as const) {
      const host = new RecordingHost();
      const config = spec.config.parse({ listen: "127.0.0.1:0" });
      const create = spec.create as (given: typeof config, to: RecordingHost) => Component;
      await send(await started(t, create(config, host)), RECORD, 2_000);
      await eventually(() => host.frames.length === 1, spec.type);

      assert.deepEqual(host.frames, [SENT]);
    }
  });

  it("says that nobody listens, and what UDP cannot carry", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const deserted = { host: "127.0.0.1", port };

    for (const send of [sendSyslogUdp, sendSyslogTcp])
      await assert.rejects(send(deserted, RECORD, 2_000), {
        code: "RELAY_UPSTREAM_UNAVAILABLE",
        message: `nobody listens on 127.0.0.1:${port}`,
      });
    await assert.rejects(
      sendSyslogUdp(deserted, { ...RECORD, message: "x".repeat(70_000) }, 2_000),
      /too long for syslog over UDP; send it over TCP/,
    );
  });
});
