import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recordFromLine, recordFromObject } from "../../src/codec/normalise.ts";
import type { Dialect } from "../../src/codec/spellings.ts";
import { provenance } from "../support/provenance.ts";

const DIALECTS: readonly Dialect[] = ["gelf", "json", "forward", "grpc"];

describe("where a record certainly comes from", () => {
  const place = new Map([
    ["log_file", "/var/log/pods/shop_web-1_u/app/0.log"],
    ["namespace", "shop"],
    ["pod", "web-1"],
    ["container_name", "app"],
  ]);

  const read = (members: Record<string, unknown>, dialect: Dialect) =>
    Object.fromEntries(recordFromObject(members, provenance({ place }), dialect).fields);

  it("stands whatever the record says of itself, by whatever name; its own values move aside", () => {
    const lies = { namespace: "payments", pod: "pay-1", "kubernetes.container_name": "vault", log_file: "/etc/passwd" };
    for (const dialect of DIALECTS) {
      const fields = read({ message: "m", ...lies }, dialect);
      const { namespace, pod, container_name, log_file } = fields;
      assert.deepEqual([namespace, pod, container_name, log_file], ["shop", "web-1", "app", place.get("log_file")]);
      assert.deepEqual(
        [fields["log_namespace"], fields["log_pod"], fields["log_log_file"]],
        ["payments", "pay-1", "/etc/passwd"],
      );
    }
  });

  it("stands against an object that a collector would attach", () => {
    const fields = read({ message: "m", kubernetes: { namespace_name: "payments", pod_name: "pay-1" } }, "json");
    assert.deepEqual([fields["namespace"], fields["pod"]], ["shop", "web-1"]);
  });

  it("is that of a raw line too", () => {
    const record = recordFromLine("hello", provenance({ place }), new Map([["namespace", "payments"]]));
    assert.equal(record.fields.get("namespace"), "shop");
  });
});
