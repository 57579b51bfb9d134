import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { mysql } from "../../../src/text/traces/mysql.ts";
import { withstand } from "./hostile.ts";

describe("mysql", () => {
  it("joins the report of a crash whose first line says no level", () => {
    const join = openJoin("11:40:21 UTC - mysqld got signal 11 ;", false);

    assert.equal(join?.offer("This could be because you hit a bug."), true);
    assert.equal(join?.offer(""), true);
    assert.equal(join?.offer("/usr/sbin/mysqld(my_print_stacktrace+0x2c)[0x55f48c960d9c]"), true);
    assert.equal(join?.offer("2026-11-20T11:40:22.018914Z mysqld_safe mysqld restarted"), false);
  });

  it("reads frames without a function and names in C++", () => {
    const text = [
      "11:40:21 UTC - mysqld got signal 6 ;",
      "/lib64/libpthread.so.0 [0x331500eb10]",
      "/usr/sbin/mysqld(Item::val(int, char const*)+0x3d) [0x1f2a3bd]",
    ].join("\n");

    assert.deepEqual(parseTrace(text)?.trace.values[0]?.frames, [
      { function: "Item::val(int, char const*)", in_app: true, package: "/usr/sbin/mysqld" },
      { in_app: false, package: "/lib64/libpthread.so.0" },
    ]);
  });

  it("finds nothing in a crash without a stack", () => {
    assert.equal(parseTrace("11:40:21 UTC - mysqld got signal 11 ;\nThis could be because you hit a bug."), undefined);
  });

  it("gets through hostile megabytes", () => {
    withstand(
      mysql,
      [
        "mysqld got signal 11 ;\n",
        "\nmysqld(f+0x1)[0x1]",
        "(+0x1)[0x1] ",
        "ERROR 1064 (42000): x\n",
        "a(",
        "+0x1",
        "/",
        " got signal ",
      ],
      ["mysqld got signal 11 ;\n", "ERROR 1064 (42000): x\n", "mysqld("],
    );
  });
});
