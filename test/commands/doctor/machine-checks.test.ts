import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Check } from "../../../src/commands/doctor/check.ts";
import { portCheck } from "../../../src/commands/doctor/port-checks.ts";
import { openFilesIn, processChecks } from "../../../src/commands/doctor/process-checks.ts";
import { udpChecks, type UdpFacts } from "../../../src/commands/doctor/udp-checks.ts";

const MIB = 1 << 20;

function lines(checks: readonly Check[]): string[] {
  return checks.map(({ verdict, what, todo }) => `${verdict} ${what}${todo === undefined ? "" : `; ${todo}`}`);
}

describe("udpChecks", () => {
  const good: UdpFacts = {
    group: "input edge",
    address: "0.0.0.0:12201",
    wanted: 4 * MIB,
    given: 4 * MIB,
    max: 8 * MIB,
    usual: 212_992,
    drops: undefined,
  };
  const checked = (facts: Partial<UdpFacts>): string[] => lines(udpChecks({ ...good, ...facts }));

  it("is content where the kernel gives what is asked for", () => {
    assert.deepEqual(checked({}), ["ok the kernel gives the receive buffer of 4MiB (receive_buffer)"]);
  });

  it("names the exact command where the kernel gives less", () => {
    const [line = ""] = checked({ given: 212_992, max: 212_992 });
    assert.match(line, /^warn .* 208KiB instead of 4MiB .*; run: sysctl -w net\.core\.rmem_max=4194304$/);
  });

  it("warns of a receive buffer below the kernel's default, which is named doubled", () => {
    assert.match(checked({ wanted: 65_536, given: 65_536 })[0] ?? "", /^warn receive_buffer: 64KiB is less than the 104KiB/);
    assert.match(checked({ wanted: 106_496, given: 106_496 })[0] ?? "", /^ok /);
  });

  it("tells what was dropped of the socket that is bound now, and how to double its buffer", () => {
    assert.match(
      checked({ drops: 0 })[1] ?? "",
      /^ok the kernel dropped nothing of the socket that is bound to 0\.0\.0\.0:12201/,
    );
    assert.match(checked({ drops: 7 })[1] ?? "", /^warn the kernel dropped 7 datagrams .*; .*set receive_buffer: 8MiB/);
    assert.match(checked({ drops: 7, given: MIB, max: MIB })[1] ?? "", /sysctl -w net\.core\.rmem_max=4194304$/);
  });

  it("says nothing where nothing could be tried", () => {
    assert.deepEqual(checked({ given: undefined }), []);
  });
});

describe("processChecks", () => {
  const checked = (node: string, maxOpenFiles: number | undefined, connections: Record<string, number> = {}): string[] =>
    lines(processChecks({ node, maxOpenFiles, connections: new Map(Object.entries(connections)) }));

  it("takes Node from 20.19 on", () => {
    assert.match(checked("18.20.4", undefined)[0] ?? "", /^fail Node 18\.20\.4 is older than 20\.19/);
    assert.match(checked("20.18.9", undefined)[0] ?? "", /^fail /);
    assert.deepEqual(checked("20.19.0", undefined), ["ok Node 20.19.0"]);
    assert.deepEqual(checked("26.0.1", undefined), ["ok Node 26.0.1"]);
  });

  it("warns where one input cannot have its connections, and notes where all together cannot", () => {
    assert.match(
      checked("26.0.0", 1_024, { tcp: 20_000 })[1] ?? "",
      /^warn .*"tcp" before its max_connections of 20000; .*LimitNOFILE=20200/,
    );
    assert.match(checked("26.0.0", 25_000, { tcp: 20_000, forward: 20_000 })[1] ?? "", /^note .*less than the 40200/);
    assert.match(checked("26.0.0", 65_536, { tcp: 20_000, forward: 20_000 })[1] ?? "", /^ok /);
  });

  it("reads the soft limit", () => {
    const text =
      "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n";
    assert.equal(openFilesIn(text), 1_024);
    assert.equal(openFilesIn("Max open files            unlimited            unlimited            files\n"), undefined);
    assert.equal(openFilesIn(""), undefined);
  });
});

describe("portCheck", () => {
  const checked = (trouble: string | undefined): string =>
    lines([portCheck({ group: "ports", protocol: "tcp", address: "0.0.0.0:80 (web)", port: 80, trouble })])[0] ?? "";

  it("says whether an input could listen, and what stands against it", () => {
    assert.equal(checked(undefined), "ok tcp 0.0.0.0:80 (web) is free");
    assert.match(
      checked("EADDRINUSE"),
      /^fail tcp 0\.0\.0\.0:80 \(web\) is already in use; see by whom: ss -ltnp 'sport = :80'$/,
    );
    assert.match(checked("EACCES"), /CAP_NET_BIND_SERVICE/);
    assert.match(checked("EADDRNOTAVAIL"), /no address of this machine/);
    assert.match(checked("EMFILE"), /^fail .*\(EMFILE\)/);
  });
});
