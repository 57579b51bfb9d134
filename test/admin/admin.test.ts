import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { Admin, type AdminOptions } from "../../src/admin/admin.ts";
import { networksOf } from "../support/senders.ts";

async function started(
  t: TestContext,
  options: Partial<AdminOptions> & { ready?: boolean } = {},
): Promise<(path: string, token?: string) => Promise<Response>> {
  const relay = {
    readiness: () => ({ ready: options.ready ?? true, causes: options.ready === false ? [{ cause: "starting" }] : [] }),
    status: () => ({ version: "0" }),
    metricsText: async () => ({ contentType: "text/plain; version=0.0.4", text: "up 1\n" }),
  };
  const admin = new Admin({ address: { host: "127.0.0.1", port: 0 }, token: undefined, relay, ...options });
  await admin.start();
  t.after(() => admin.stop());
  const port = admin.address?.port ?? 0;
  return (path, token) =>
    fetch(`http://127.0.0.1:${port}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
}

describe("Admin", () => {
  it("answers on its four paths", async (t) => {
    const get = await started(t);
    const answers = await Promise.all(["/livez", "/readyz", "/metrics", "/status", "/nothing"].map((path) => get(path)));

    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 404],
    );
    assert.equal(await answers[2]?.text(), "up 1\n");
    assert.match(answers[2]?.headers.get("content-type") ?? "", /^text\/plain/);
  });

  it("answers /readyz with 503 and the causes", async (t) => {
    const get = await started(t, { ready: false });
    const response = await get("/readyz");

    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { ready: false, causes: [{ cause: "starting" }] });
    assert.equal((await get("/livez")).status, 200);
  });

  it("asks for the token beyond loopback, for what tells about traffic", async (t) => {
    const get = await started(t, { address: { host: "0.0.0.0", port: 0 }, token: "secret" });
    const codes = await Promise.all([
      get("/livez"),
      get("/readyz"),
      get("/metrics"),
      get("/status", "wrong"),
      get("/metrics", "secret"),
    ]);

    assert.deepEqual(
      codes.map(({ status }) => status),
      [200, 200, 401, 401, 200],
    );
  });

  it("tells those in the list, beyond loopback without a token, and asks them for it where there is one", async (t) => {
    const address = { host: "0.0.0.0", port: 0 };
    const open = await started(t, { address, allow: networksOf("127.0.0.0/8") });
    const shut = await started(t, { address, allow: networksOf("10.0.0.0/8"), token: "secret" });
    const both = await started(t, { address, allow: networksOf("127.0.0.1"), token: "secret" });
    const loopback = await started(t, { allow: networksOf("10.0.0.0/8") });
    const codes = await Promise.all([
      open("/metrics"),
      shut("/metrics", "secret"),
      shut("/livez"),
      shut("/readyz"),
      both("/status"),
      both("/status", "secret"),
      loopback("/status"),
    ]);

    assert.deepEqual(
      codes.map(({ status }) => status),
      [200, 403, 200, 200, 401, 200, 403],
    );
    assert.equal(codes[4]?.headers.get("www-authenticate"), 'Bearer realm="crumbtrail"');
  });

  it("tells nothing beyond loopback without a token", async (t) => {
    const get = await started(t, { address: { host: "0.0.0.0", port: 0 } });

    assert.equal((await get("/metrics")).status, 403);
  });

  it("says in plain words that its port is taken", async (t) => {
    const first = new Admin({
      address: { host: "127.0.0.1", port: 0 },
      token: undefined,
      relay: { readiness: () => ({ ready: true }), status: () => ({}), metricsText: async () => ({ contentType: "", text: "" }) },
    });
    await first.start();
    t.after(() => first.stop());

    await assert.rejects(started(t, { address: first.address ?? { host: "", port: 0 } }), {
      code: "RELAY_LISTEN",
      message: /admin\.listen/,
    });
  });
});
