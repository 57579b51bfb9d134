import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../src/text/join.ts";
import { parseTrace } from "../../src/text/trace.ts";
import { beginsLikeSyslog, behindLead, leadOf } from "../../src/text/syslog-lead.ts";
import { goldenFiles } from "../support/golden.ts";

const LEAD = "Nov 20 10:47:40 web1 shop[812]: ";

describe("leadOf", () => {
  it("knows what syslog's files, the protocol and journalctl write before a line", () => {
    for (const [lead, who] of [
      [LEAD, "web1 shop[812]"],
      ["<11>Nov  2 10:47:40 web1 shop: ", "web1 shop"],
      ["2026-11-20T10:47:40.418123+01:00 web1 shop/worker[9]: ", "web1 shop/worker[9]"],
      ["2026-11-20T10:47:40Z web1 shop: ", "web1 shop"],
    ] as const) {
      assert.deepEqual(leadOf(`${lead}said`), { length: lead.length, who });
      assert.deepEqual(leadOf(lead.trimEnd()), { length: lead.length - 1, who }, "an empty line");
    }
    for (const line of ["", "Nov 20 10:47:40 said", "2026-11-20T10:47:40Z INFO shop said", "Nov 20, 2026 10:37:37 AM a b", "<p>"])
      assert.equal(leadOf(line), undefined, line);
  });

  it("looks at the beginning only", () => {
    for (const seed of ["Nov 20 10:47:40 ", "<1", "a", "Nov 20 10:47:40 web1 a"])
      assert.equal(leadOf(seed.repeat((1 << 20) / seed.length)), undefined);
  });
});

describe("behindLead", () => {
  it("restores the tabs that rsyslog wrote as numbers", () => {
    const line = `${LEAD}#011#011at a.b.C.d(C.java:1) #011`;

    assert.equal(behindLead(line, leadOf(line) ?? { length: 0, who: "" }), "\t\tat a.b.C.d(C.java:1) #011");
  });
});

describe("openJoin", () => {
  it("joins traces whose every line has the same lead, whatever its second, and reads them as without it", () => {
    let joined = 0;
    for (const { name, input } of goldenFiles("traces", ["text", "trace"])) {
      const lines = input.trimEnd().split("\n");
      const first = lines[0] ?? "";
      if (lines.length < 3 || leadOf(first) !== undefined || openJoin(first, false) === undefined) continue;
      const [plain, led] = [openJoin(first, true), openJoin(LEAD + first, true)];
      for (const [i, line] of lines.slice(1).entries()) {
        const taken = plain?.offer(line, "loud");
        const said = line === "" ? "" : ` ${line}`;
        assert.equal(led?.offer(`Nov 20 10:47:4${i % 10} web1 shop[812]:${said}`, "loud"), taken, `${name}: ${line}`);
        if (taken !== true) break;
      }
      assert.equal(led?.text, `${LEAD}${plain?.text ?? ""}`, name);
      joined += 1;
    }
    assert.ok(joined > 100);
  });

  it("reads a trace from journalctl like one from the program itself", () => {
    const lines = [
      "Traceback (most recent call last):",
      '  File "/srv/shop/cart.py", line 3, in add',
      "    charge(order)",
      "shop.cart.OutOfStock: no B-2 left",
    ];
    const join = openJoin(`${LEAD}${lines[0] ?? ""}`, false);
    for (const line of lines.slice(1)) assert.equal(join?.offer(LEAD + line, "kin"), true, line);

    assert.deepEqual(parseTrace(join?.text ?? "")?.trace, parseTrace(lines.join("\n"))?.trace);
  });

  it("ends the trace at another program's line, and at a new record of the same one", () => {
    const open = (): ReturnType<typeof openJoin> => openJoin(`${LEAD}java.lang.IllegalStateException: no`, true);

    assert.equal(open()?.offer("Nov 20 10:47:40 web1 sshd[9]: \tat a.b.C.d(C.java:1)", "loud"), false);
    assert.equal(open()?.offer("Nov 20 10:47:40 web2 shop[812]: \tat a.b.C.d(C.java:1)", "loud"), false);
    assert.equal(open()?.offer(`${LEAD}ERROR no`, "loud"), false);
    assert.equal(open()?.offer(`${LEAD}\tat a.b.C.d(C.java:1)`, "loud"), true);
    assert.equal(open()?.offer("\tat a.b.C.d(C.java:1)", "loud"), true, "and takes lines that it split off");
  });
});

describe("beginsLikeSyslog", () => {
  it("knows a priority and a month", () => {
    for (const line of ["<13>x", LEAD, "Dec 01"]) assert.equal(beginsLikeSyslog(line), true, line);
    for (const line of ["2026-11-20T10:47:40Z web1 shop: x", "November", "<a>", ""])
      assert.equal(beginsLikeSyslog(line), false, line);
  });
});
