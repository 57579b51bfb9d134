import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { namesInContainer, namesOf } from "../../src/codec/names.ts";
import { CONTAINERS, ROLES, SPELLINGS, type Dialect } from "../../src/codec/spellings.ts";

const DIALECTS: readonly Dialect[] = ["gelf", "json", "forward", "grpc"];

describe("SPELLINGS", () => {
  it("spells every role", () => {
    const spelled = new Set(SPELLINGS.map(({ role }) => role));
    assert.deepEqual(
      ROLES.filter((role) => !spelled.has(role)),
      [],
    );
  });

  it("spells no role twice in the same way", () => {
    for (const dialect of DIALECTS) {
      const seen = new Set<string>();
      for (const { role, names, dialects } of SPELLINGS) {
        // Forward's messages have an order of their own.
        if (dialects?.includes(dialect) === false || (role === "message" && dialect === "forward")) continue;
        for (const name of names) {
          assert.ok(!seen.has(`${role} ${name}`), `${role} ${name} in ${dialect}`);
          seen.add(`${role} ${name}`);
        }
      }
    }
  });

  it("is found under every name in every dialect where it counts", () => {
    for (const dialect of DIALECTS) {
      for (const { role, names, dialects } of SPELLINGS) {
        if (dialects?.includes(dialect) === false) continue;
        for (const name of names) {
          const meaning = namesOf(dialect).known(name);
          assert.ok(meaning?.role === role || meaning?.otherwise?.role === role, `${role} ${name} in ${dialect}`);
        }
      }
    }
  });

  it("names containers that are not fields of a role themselves, but for a logger's context and a message", () => {
    for (const name of CONTAINERS) assert.ok([undefined, "logger", "message"].includes(namesOf("json").known(name)?.role), name);
  });
});

describe("namesInContainer", () => {
  it("knows by everyday words no record: what could not be reached, a customer's name", () => {
    for (const name of CONTAINERS) {
      const names = namesInContainer("json", name);
      for (const word of ["host", "hostname", "name", "text", "level", "time", "event", "fingerprint"]) {
        const role = names?.known(word)?.role;
        // What is spelled for this container alone counts: `_meta.name`, `record.time`.
        assert.ok(role === undefined || namesOf("json").known(name)?.inside?.known(word)?.role === role, `${name}.${word}`);
      }
      assert.equal(names?.known("user_id")?.role, "userId", name);
    }
  });

  it("knows what is spelled for an object of that name too", () => {
    const names = namesInContainer("json", "resource");
    assert.equal(names?.known("service.name")?.role, "service");
    assert.equal(names?.known("labels")?.inside?.known("pod_name")?.role, "pod");
    assert.equal(namesInContainer("json", "span")?.known("id")?.role, "spanId");
    // The table outside is as it was.
    assert.equal(namesOf("json").known("span")?.inside?.known("method"), undefined);
  });
});

describe("Names", () => {
  it("mends GELF's underscore once, and only in GELF", () => {
    const { name, role } = namesOf("gelf").get("_team");
    assert.equal(name, "team");
    assert.equal(role, undefined);
    assert.equal(namesOf("gelf").get("__pre").name, "_pre");
    assert.equal(namesOf("gelf").get("_").name, "_");
    assert.equal(namesOf("gelf").get("_id").name, "gelf_id");
    assert.equal(namesOf("gelf").get("__id").name, "_id");
    assert.equal(namesOf("json").get("_team").name, "_team");
  });

  it("drops GELF's version but keeps a sender's own", () => {
    assert.equal(namesOf("gelf").get("version").role, "dropped");
    assert.equal(namesOf("gelf").get("_version").role, undefined);
    assert.equal(namesOf("gelf").get("_version").name, "version");
    assert.equal(namesOf("json").get("version").form, "version");
  });

  it("finds GELF's own members better than a sender's of the same name", () => {
    const names = namesOf("gelf");
    assert.equal(names.get("_level").role, "level");
    assert.ok(names.get("level").rank < names.get("_level").rank);
    assert.ok(names.get("_logger").rank < names.get("facility").rank);
  });

  it("unescapes the names of CLEF", () => {
    assert.equal(namesOf("json").get("@@x").name, "@x");
    assert.equal(namesOf("json").get("@@x").role, undefined);
    assert.equal(namesOf("json").get("@x").role, "stack");
  });

  it("knows a dotted name flat, with underscores, and as a member", () => {
    const names = namesOf("json");
    for (const meaning of [
      names.get("error.stack_trace"),
      names.get("error_stack_trace"),
      names.get("error").inside?.get("stack_trace"),
    ]) {
      assert.equal(meaning?.role, "stack");
    }
    assert.equal(names.get("http").inside?.get("request").inside?.get("method").role, "method");
    assert.equal(names.get("error").inside?.get("code").name, "error.code");
  });

  it("looks into containers only for what is unmistakable", () => {
    const names = namesInContainer("json", "context");
    assert.equal(names?.get("user_id").role, "userId");
    assert.equal(names?.get("user_id").name, "context.user_id");
    for (const name of ["level", "timestamp", "component", "status"]) assert.notEqual(names?.get(name).role, "level", name);
    assert.equal(names?.get("timestamp").role, undefined);
    assert.equal(namesInContainer("json", "something"), undefined);
  });

  it("cuts long names and learns only so many", () => {
    const names = namesOf("json");
    assert.equal(names.get("x".repeat(300)).name, `${"x".repeat(197)}...`);
    const before = names.get("host");
    for (let i = 0; i < 10_000; i += 1) names.get(`invented_${i}`);
    assert.equal(names.get("host"), before);
    assert.equal(names.get("invented_3").name, "invented_3");
  });
});
