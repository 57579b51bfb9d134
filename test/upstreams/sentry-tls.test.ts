import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import type * as z from "zod";
import { createLogger } from "../../src/base/log.ts";
import type { Delivery } from "../../src/component/delivery.ts";
import { sentry } from "../../src/upstreams/sentry.ts";
import { pinOf } from "../../src/wire/tls-trust.ts";
import { UpstreamClient } from "../../src/wire/upstream-client.ts";
import { makeCertificates, type Pair } from "../support/certificates.ts";
import { eventually } from "../support/input-host.ts";
import { MiniSentry } from "../support/mini-sentry.ts";
import { connectProxy, tlsFront, type ConnectProxy, type TlsFront } from "../support/tls-front.ts";
import { upstreamHost } from "../support/upstream-host.ts";

const NEVER = new AbortController().signal;
const KEY = "0123456789abcdef0123456789abcdef";
const PASSWORD = "hunter22";
const AUTHORIZATION = `Basic ${Buffer.from(`relay:${PASSWORD}`).toString("base64")}`;

const certificates = makeCertificates();
after(() => certificates.remove());
const { server, client, ca } = certificates;
const pin = pinOf(new X509Certificate(readFileSync(server.cert)));
const otherPin = pinOf(new X509Certificate(readFileSync(client.cert)));

type Written = Partial<z.input<typeof sentry.config>>;

interface Behind {
  readonly mini: MiniSentry;
  readonly front: TlsFront;
  deliver(written: Written): Promise<Delivery>;
}

/** A tracker behind TLS with an own authority. */
async function tracker(t: TestContext, shown: Pair = server, requestCert = false): Promise<Behind> {
  const mini = await MiniSentry.start();
  t.after(() => mini.close());
  const front = await tlsFront(t, shown, portOf(mini), requestCert ? { requestCert, ca: readFileSync(ca) } : {});
  return { mini, front, deliver: (written) => deliver(t, `https://${KEY}@localhost:${front.port}/42`, written) };
}

async function deliver(t: TestContext, dsn: string, written: Written): Promise<Delivery> {
  const upstream = sentry.create(sentry.config.parse({ dsn, ...written }), upstreamHost());
  await upstream.start(NEVER);
  t.after(() => upstream.stop(AbortSignal.abort()));
  return upstream.deliver({ kind: "client_report", discarded: [] }, NEVER);
}

function portOf(mini: MiniSentry): number {
  return Number(new URL(mini.dsn()).port);
}

/** Why a delivery will be tried again. */
function cause(delivery: Delivery): string {
  assert.equal(delivery.kind, "retry");
  return delivery.kind === "retry" ? delivery.cause : "";
}

function withPassword({ url }: ConnectProxy): string {
  return url.replace("://", `://relay:${PASSWORD}@`);
}

describe("sentry over TLS", () => {
  it("trusts the authority in tls.ca, and nobody else's", async (t) => {
    const { front, mini, deliver: attempt } = await tracker(t);

    assert.match(cause(await attempt({})), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    assert.match(cause(await attempt({ tls: { ca: certificates.stranger.cert } })), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    assert.equal(front.bytes(), 0);
    assert.equal((await attempt({ tls: { ca } })).kind, "delivered");
    assert.equal(mini.clientReports().length, 1);
  });

  it("takes no certificate for another name", async (t) => {
    const elsewhere = certificates.issue("elsewhere", "/CN=sentry.example", "DNS:sentry.example");
    const { front, deliver: attempt } = await tracker(t, elsewhere);
    const ownPin = pinOf(new X509Certificate(readFileSync(elsewhere.cert)));

    assert.match(cause(await attempt({ tls: { ca } })), /ERR_TLS_CERT_ALTNAME_INVALID/);
    assert.match(cause(await attempt({ tls: { ca, pin: [ownPin] } })), /ERR_TLS_CERT_ALTNAME_INVALID/);
    assert.equal(front.bytes(), 0);
  });

  it("shows its own certificate where the tracker asks for one", async (t) => {
    const { front, deliver: attempt } = await tracker(t, server, true);

    assert.equal((await attempt({ tls: { ca } })).kind, "retry");
    assert.equal((await attempt({ tls: { ca, ...client } })).kind, "delivered");
    assert.deepEqual(front.clients, ["CN=a sender"]);
  });

  it("sends to a key that is pinned, and not a byte to another, which it names", async (t) => {
    const { front, deliver: attempt } = await tracker(t);

    assert.equal(
      cause(await attempt({ tls: { ca, pin: [otherPin] } })),
      `ERR_TLS_PIN: the tracker's key is ${pin}, which is not in tls.pin`,
    );
    assert.equal(front.bytes(), 0);
    assert.equal((await attempt({ tls: { ca, pin: [otherPin, pin] } })).kind, "delivered");
    assert.equal((await attempt({ tls: { ca, pin: [pin.replace("/", "//")] } })).kind, "delivered");
  });

  it("does not take a pin in place of an authority", async (t) => {
    const { deliver: attempt } = await tracker(t);
    assert.match(cause(await attempt({ tls: { pin: [pin] } })), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
  });

  it("does not start with a file that is of no use, and names its field", async (t) => {
    const { deliver: attempt } = await tracker(t);
    const missing = join(certificates.folder, "missing.pem");
    const cases: readonly (readonly [Written["tls"], RegExp])[] = [
      [{ ca: missing }, /^upstreams\.default\.tls\.ca: .*missing\.pem: there is no such file/],
      [{ ca: server.key }, /^upstreams\.default\.tls\.ca: .*server\.key holds no PEM certificate/],
      [{ cert: client.cert, key: server.key }, /^upstreams\.default\.tls\.key: .*server\.key does not belong to/],
    ];
    for (const [tls, message] of cases) await assert.rejects(attempt({ tls }), { code: "RELAY_BAD_CONFIG", message });
  });

  it("is checked with the configuration: pairs, pins, and that there is TLS at all", () => {
    const wrong = (written: Written): string[] => {
      const parsed = sentry.config.safeParse({ dsn: `https://${KEY}@localhost/42`, ...written });
      return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
    };
    assert.deepEqual(wrong({ tls: { ca: "a", cert: "b", key: "c", pin: [pin] }, proxy: "http://a:b@proxy:3128" }), []);
    assert.match(wrong({ tls: { cert: "b" } })[0] ?? "", /^tls\.cert: .*add key/);
    assert.match(wrong({ tls: { key: "b" } })[0] ?? "", /^tls\.key: .*add cert/);
    assert.match(wrong({ tls: { pin: ["sha256/abc"] } })[0] ?? "", /^tls\.pin\.0: a pin looks like/);
    assert.match(wrong({ dsn: `http://${KEY}@localhost/42`, tls: {} })[0] ?? "", /^tls: without https in the DSN/);
    for (const proxy of ["proxy:3128", "socks5://proxy", "http://proxy/path", "http://a:b%@proxy"]) {
      assert.match(wrong({ proxy })[0] ?? "", /^proxy: expected a proxy such as/, proxy);
    }
  });
});

describe("sentry through a proxy", () => {
  it("tunnels with user and password, and judges the tracker inside", async (t) => {
    const { front, mini, deliver: attempt } = await tracker(t);
    const proxy = await connectProxy(t, { authorization: AUTHORIZATION });
    const way = { proxy: withPassword(proxy) };

    assert.equal((await attempt({ ...way, tls: { ca, pin: [pin] } })).kind, "delivered");
    assert.deepEqual(proxy.asked, [[`CONNECT localhost:${front.port}`, AUTHORIZATION]]);
    assert.equal(mini.requests[0]?.headers["proxy-authorization"], undefined);
    const bytes = front.bytes();
    assert.match(cause(await attempt(way)), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    assert.match(cause(await attempt({ ...way, tls: { ca, pin: [otherPin] } })), /ERR_TLS_PIN: the tracker's key is sha256/);
    assert.equal(front.bytes(), bytes);
  });

  it("waits while the proxy refuses or is not there, and says which one without its password", async (t) => {
    const { deliver: attempt } = await tracker(t);
    const proxy = await connectProxy(t, { authorization: "Basic other" });
    const refused = cause(await attempt({ proxy: withPassword(proxy), tls: { ca } }));
    const gone = cause(await attempt({ proxy: `http://relay:${PASSWORD}@127.0.0.1:1`, tls: { ca } }));

    assert.equal(refused, `the proxy ${proxy.url} answers 407 to CONNECT`);
    assert.match(gone, /ECONNREFUSED.* \(through the proxy http:\/\/127\.0\.0\.1:1\)$/);
    assert.doesNotMatch(refused + gone, new RegExp(PASSWORD));
  });

  it("speaks TLS to a proxy with https, which the authority in tls.ca may have signed", async (t) => {
    const { deliver: attempt } = await tracker(t);
    const proxy = await connectProxy(t, { tls: server });
    assert.equal((await attempt({ proxy: proxy.url, tls: { ca, pin: [pin] } })).kind, "delivered");
    assert.equal(proxy.asked.length, 1);
  });

  it("asks the proxy for an http URL without a tunnel, and waits when it wants other credentials", async (t) => {
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    const proxy = await connectProxy(t, { authorization: AUTHORIZATION });
    const delivered = await deliver(t, mini.dsn(), { proxy: withPassword(proxy) });
    const refused = await deliver(t, mini.dsn(), { proxy: proxy.url });

    assert.equal(delivered.kind, "delivered");
    assert.deepEqual(proxy.asked[0], [`POST http://127.0.0.1:${portOf(mini)}/api/42/envelope/`, AUTHORIZATION]);
    assert.match(cause(refused), /407/);
  });

  it("takes the proxy from the environment unless the configuration says otherwise", async (t) => {
    const { front } = await tracker(t, certificates.issue("named", "/CN=x", "DNS:tracker.test"));
    const proxy = await connectProxy(t);
    const names = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"];
    const before = names.map((name) => [name, process.env[name]] as const);
    t.after(() => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });
    for (const name of names) delete process.env[name];
    process.env["HTTPS_PROXY"] = proxy.url;
    const outcomes: string[] = [];
    for (const [noProxy, written] of [
      ["", {}],
      ["", { proxy: "" }],
      [`tracker.test:${front.port}`, {}],
      ["tracker.test", { proxy: proxy.url }],
    ] as const) {
      process.env["NO_PROXY"] = noProxy;
      const { kind } = await deliver(t, `https://${KEY}@tracker.test:${front.port}/42`, { tls: { ca }, ...written });
      outcomes.push(`${kind} ${proxy.asked.length}`);
    }
    // Without the proxy nobody knows the name.
    assert.deepEqual(outcomes, ["delivered 1", "retry 1", "retry 1", "delivered 2"]);
  });
});

describe("the connections to an upstream", () => {
  it("are made with new files once these change, and with the old ones while the new ones are of no use", async (t) => {
    const other = makeCertificates();
    t.after(() => other.remove());
    const { front } = await tracker(t);
    const trusted = join(certificates.folder, "trusted.pem");
    copyFileSync(ca, trusted);
    const log = createLogger("silent");
    const said: string[] = [];
    log.info = log.warn = (...words: unknown[]) => void said.push(String(words.at(-1)));
    const origin = `https://localhost:${front.port}`;
    const options = { origin, place: "upstreams.default", tls: { ca: trusted }, proxy: "", connections: 1, timeoutMs: 5_000 };
    const upstream = new UpstreamClient({ ...options, log, reloadEveryMs: 20 });
    await upstream.start();
    t.after(() => upstream.close(AbortSignal.abort()));
    const ask = async (): Promise<number> => {
      const dispatcher = await upstream.dispatcher();
      const { statusCode, body } = await dispatcher.request({ origin, method: "GET", path: "/" });
      await body.dump();
      return statusCode;
    };
    assert.ok((await ask()) > 0);
    copyFileSync(server.key, trusted);
    await eventually(() => said.length === 1, "a warning");
    assert.match(said[0] ?? "", /^the old files stay in use.*trusted\.pem holds no PEM certificate/);
    assert.ok((await ask()) > 0);
    front.show(other.server);
    copyFileSync(other.ca, trusted);
    await eventually(() => said.length === 2, "the news");
    assert.ok((await ask()) > 0);
    assert.equal(front.clients.length, 2);
  });
});
