import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pathMetadata } from "../../../src/wire/files/path-metadata.ts";

const ID = "0123456789abcdef".repeat(4);

function said(path: string, target?: string): Record<string, string> {
  const { log_file, ...rest } = Object.fromEntries(pathMetadata(path, target));
  assert.equal(log_file, path);
  return rest;
}

describe("pathMetadata", () => {
  it("says no more of an ordinary path than the path", () => {
    for (const path of ["/var/log/nginx/error.log", "/srv/containers/a.log", "/srv/pods/web/0.log", "x.log"])
      assert.deepEqual(said(path), {});
  });

  it("reads the links of a Kubernetes node", () => {
    assert.deepEqual(said(`/var/log/containers/web-7c9f-x2_shop_side-car-${ID}.log`), {
      namespace: "shop",
      pod: "web-7c9f-x2",
      container_name: "side-car",
      container_id: ID,
    });
  });

  it("reads the files of pods, rotated ones too", () => {
    const expected = { namespace: "shop", pod: "web-0", container_name: "app", restart_count: "3" };
    const folder = "/var/log/pods/shop_web-0_11111111-2222-3333-4444-555555555555/app";
    for (const file of ["3.log", "3.log.20260102-030405", "3.log.20260102-030405.gz"])
      assert.deepEqual(said(`${folder}/${file}`), expected);
  });

  it("puts together what a link and its target say", () => {
    assert.deepEqual(said(`/var/log/containers/web-0_shop_app-${ID}.log`, "/var/log/pods/shop_web-0_uid/app/0.log"), {
      namespace: "shop",
      pod: "web-0",
      container_name: "app",
      restart_count: "0",
      container_id: ID,
    });
  });

  it("takes what is left of an id where the name of a link was cut, and no container where that was cut too", () => {
    const cutTo251 = (name: string): string => `/var/log/containers/${name.slice(0, 251)}.log`;
    const long = `${"p".repeat(200)}_shop_app-${ID}`;
    assert.equal(said(cutTo251(long))["container_id"], ID.slice(0, 251 - 210));
    assert.equal(said(cutTo251(long))["container_name"], "app");
    const longer = `${"p".repeat(200)}_shop_${"my-container-".repeat(6)}-${ID}`;
    assert.deepEqual(said(cutTo251(longer)), { namespace: "shop", pod: "p".repeat(200) });
    assert.equal(said(cutTo251(longer), "/var/log/pods/shop_p_uid/my-container/0.log")["container_name"], "my-container");
  });

  it("does not take other files in such a folder for a container's", () => {
    for (const name of ["a_b.log", "a_b_c.log", `a_b_c-${ID}.txt`, `A_b_c-${ID}.log`, `_b_c-${ID}.log`, "a_b_c-0123.log"]) {
      assert.deepEqual(said(`/var/log/containers/${name}`), {}, name);
    }
  });

  it("reads the id of a container from Docker's files", () => {
    assert.deepEqual(said(`/var/lib/docker/containers/${ID}/${ID}-json.log`), { container_id: ID });
    assert.deepEqual(said(`/var/log/containers/short.log`, `/var/lib/docker/containers/${ID}/${ID}-json.log.1`), {
      container_id: ID,
    });
  });
});
