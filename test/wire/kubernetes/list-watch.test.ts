import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { ApiClient, type ApiTrouble } from "../../../src/wire/kubernetes/api-client.ts";
import { ListWatch } from "../../../src/wire/kubernetes/list-watch.ts";
import { podOf, type Pod } from "../../../src/wire/kubernetes/pod.ts";
import { ManualClock } from "../../support/clock.ts";
import { eventually } from "../../support/input-host.ts";
import { KubeApi, podObject, status } from "../../support/kube-api.ts";

const kept = { labels: new Map([["version", "release"]]), annotations: new Map<string, string>() };

/** What a list and its watch have told so far: the version label by uid. */
class Told {
  readonly pods = new Map<string, Pod>();
  readonly troubles: { readonly doing: string; readonly trouble: ApiTrouble }[] = [];
  lists = 0;

  replaced(pods: readonly Pod[]): void {
    this.lists += 1;
    this.pods.clear();
    for (const pod of pods) this.pods.set(pod.uid, pod);
  }

  changed(pod: Pod): void {
    this.pods.set(pod.uid, pod);
  }

  removed({ uid }: Pod): void {
    this.pods.delete(uid);
  }

  get text(): string {
    return [...this.pods.values()]
      .map(({ name, labels }) => `${name}@${labels.get("version") ?? ""}`)
      .sort()
      .join(" ");
  }
}

function truth(api: KubeApi): string {
  return api.pods
    .map((object) => podOf(object, kept))
    .map((pod) => `${pod?.name}@${pod?.labels.get("version") ?? ""}`)
    .sort()
    .join(" ");
}

describe("a list and its watch", () => {
  let api: KubeApi;
  let told: Told;
  let stop: AbortController;
  let running: Promise<void> | undefined;
  let client: ApiClient;
  let directory: string;
  const clock = new ManualClock();

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "crumbtrail-kube-"));
    api = new KubeApi();
    await api.start();
    told = new Told();
    stop = new AbortController();
    running = undefined;
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await client.close();
    await api.stop();
    await rm(directory, { recursive: true });
  });

  function follow(token?: string): void {
    const files = { token, ca: undefined };
    client = new ApiClient({ server: `http://127.0.0.1:${api.port}`, files, agent: "test", clock });
    running = new ListWatch<Pod>({
      client,
      path: "/api/v1/pods",
      query: { fieldSelector: "spec.nodeName=node-1" },
      read: (object) => podOf(object, kept),
      collection: told,
      backoff: { firstMs: 2, maxMs: 20 },
      clock,
      random: () => 0.5,
      troubled: (doing, trouble) => told.troubles.push({ doing, trouble }),
    }).run(stop.signal);
  }

  /** Waits for a watch that was not there before, and nothing but it. */
  const rewatched = (asked: number): Promise<void> =>
    eventually(() => api.watching === 1 && api.asked.slice(asked).some(({ query }) => query.has("watch")), "another watch");
  const agrees = (): Promise<void> => eventually(() => told.lists > 0 && told.text === truth(api), "the same pods");

  it("lists page by page, then follows each change", async () => {
    api.pageSize = 2;
    for (const name of ["a", "b", "c", "d", "e"]) api.put(podObject({ name }));
    follow();
    await eventually(() => api.watching === 1, "a watch");
    assert.equal(told.text, "a@ b@ c@ d@ e@");
    assert.deepEqual(
      api.asked.slice(0, 3).map(({ query }) => query.get("continue")),
      [null, "2:105", "4:105"],
    );

    api.put(podObject({ name: "f" }));
    api.put(podObject({ name: "a", labels: { version: "2" } }));
    api.delete("uid-b");
    await agrees();
    assert.equal(told.text, "a@2 c@ d@ e@ f@");
    assert.equal(told.lists, 1);
    assert.deepEqual(told.troubles, []);
  });

  it("asks for the pods of its node alone, for bookmarks, and for an end of the watch", async () => {
    follow();
    await eventually(() => api.watching === 1, "a watch");
    for (const { query } of api.asked) assert.equal(query.get("fieldSelector"), "spec.nodeName=node-1");
    const watch = api.asked.at(-1)?.query;
    assert.equal(watch?.get("allowWatchBookmarks"), "true");
    assert.equal(watch?.get("resourceVersion"), "100");
    assert.equal(watch?.get("timeoutSeconds"), "450");
    assert.equal(api.asked[0]?.query.get("resourceVersion"), "0");
  });

  it("puts lines together however the server cuts them, within characters too", async () => {
    api.chunkBytes = 3;
    follow();
    await eventually(() => api.watching === 1, "a watch");
    api.put(podObject({ name: "a", labels: { version: "größer-🙂" } }));
    await agrees();
    assert.equal(told.text, "a@größer-🙂");
  });

  it("goes on where it was when the server ends the watch or the connection breaks", async () => {
    api.put(podObject({ name: "a" }));
    follow();
    await eventually(() => api.watching === 1, "a watch");
    api.put(podObject({ name: "b" }));
    await agrees();
    for (const end of [() => api.endWatches(), () => api.cut()]) {
      const before = api.asked.length;
      end();
      api.put(podObject({ name: `after-${before}` }));
      await eventually(() => api.asked.length > before, "another watch");
      await agrees();
    }
    assert.equal(told.lists, 1);
  });

  it("goes on from a bookmark although the server has forgotten everything before it", async () => {
    follow();
    await eventually(() => api.watching === 1, "a watch");
    api.bookmark();
    const asked = api.asked.length;
    api.endWatches();
    api.compact();
    await rewatched(asked);
    assert.equal(api.asked.at(-1)?.query.get("resourceVersion"), "101");
    api.put(podObject({ name: "a" }));
    await agrees();
    assert.equal(told.lists, 1);
  });

  it("lists again when the server no longer knows what has changed, in an event and as a status", async () => {
    api.put(podObject({ name: "a" }));
    follow();
    await eventually(() => api.watching === 1, "a watch");
    const asked = api.asked.length;
    api.expire();
    await eventually(() => told.lists === 2, "the second list");
    // From the server's cache it would be as old as before.
    assert.equal(api.asked.findLast(({ query }) => query.get("watch") === null)?.query.get("resourceVersion"), null);

    await rewatched(asked);
    api.cut();
    api.put(podObject({ name: "b" }));
    api.delete("uid-a");
    api.compact();
    await eventually(() => told.lists === 3, "the third list");
    await agrees();
    assert.equal(told.text, "b@");
  });

  it("starts a list over whose next page the server has forgotten", async () => {
    for (const name of ["a", "b", "c"]) api.put(podObject({ name }));
    api.pageSize = 1;
    let refused = 0;
    api.instead = ({ query }, response) => {
      if (query.get("continue")?.startsWith("1:") !== true || refused === 1) return false;
      refused += 1;
      status(response, 410, "The provided continue parameter is too old");
      return true;
    };
    follow();
    await eventually(() => told.lists === 1, "a list");
    assert.equal(told.text, "a@ b@ c@");
    assert.equal(refused, 1);
  });

  it("reads the token again when the server refuses it", async () => {
    const token = join(directory, "token");
    await writeFile(token, "first\n");
    api.tokens = new Set(["first"]);
    follow(token);
    await eventually(() => api.watching === 1, "a watch");
    assert.equal(api.asked.at(-1)?.authorization, "Bearer first");

    api.tokens = new Set(["second"]);
    api.cut();
    await eventually(() => told.troubles.some(({ trouble }) => trouble.status === 401), "a refusal");
    await writeFile(token, "second\n");
    await eventually(() => api.watching === 1, "a watch with the new token");
    assert.equal(api.asked.at(-1)?.authorization, "Bearer second");
    api.put(podObject({ name: "a" }));
    await agrees();
  });

  it("reads the token again after a minute, before the old one is refused", async () => {
    const token = join(directory, "token");
    await writeFile(token, "first");
    follow(token);
    await eventually(() => api.watching === 1, "a watch");
    await writeFile(token, "second");
    clock.advance(60_000);
    api.endWatches();
    await eventually(() => api.asked.at(-1)?.authorization === "Bearer second", "the new token");
  });

  it("bears any answer, says what is wrong, and goes on when it is over", async () => {
    const answers: ((end: (code: number, text: string) => void, destroy: () => void) => void)[] = [
      (end) => end(500, "internal"),
      (end) => end(403, '{"message":"pods is forbidden"}'),
      (end) => end(200, "{"),
      (end) => end(200, "[]"),
      (end) => end(200, '{"metadata":{"resourceVersion":"7"},"items":"none"}'),
      (end) => end(200, '{"metadata":{"resourceVersion":7},"items":[]}'),
      (_end, destroy) => destroy(),
    ];
    const lists = answers.length;
    api.instead = (_asked, response) => {
      const answer = answers.shift();
      answer?.(
        (code, text) => {
          response.writeHead(code);
          response.end(text);
        },
        () => response.destroy(),
      );
      return answer !== undefined;
    };
    api.put(podObject({ name: "a" }));
    follow();
    await agrees();
    assert.equal(told.troubles.length, lists);
    assert.equal(told.troubles[1]?.trouble.message, "pods is forbidden");
    assert.equal(told.troubles[1]?.trouble.status, 403);
  });

  it("goes on after garbage in a watch, and leaves out objects that are no pods", async () => {
    follow();
    await eventually(() => api.watching === 1, "a watch");
    for (const garbage of [
      "no json\n",
      "null\n",
      '{"type":"SHOUTED","object":{"metadata":{"resourceVersion":"9"}}}\n',
      '{"type":"ADDED"}\n',
    ]) {
      const troubles = told.troubles.length;
      const asked = api.asked.length;
      api.write(garbage);
      await eventually(() => told.troubles.length > troubles, "a complaint");
      await rewatched(asked);
    }
    api.write('{"type":"ADDED","object":{"metadata":{"resourceVersion":"101","name":7}}}\n');
    api.put(podObject({ name: "a" }));
    await agrees();
  });

  it("leaves a server alone for as long as it asks", async () => {
    let refused = 0;
    api.instead = (_asked, response) => {
      refused += 1;
      status(response, 429, "too many requests", { "retry-after": "120" });
      return true;
    };
    follow();
    await eventually(() => told.troubles.length === 1, "a refusal");
    assert.equal(told.troubles[0]?.trouble.retryAfterMs, 120_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(refused, 1);
  });
});

describe("a list and its watch through any trouble", () => {
  const clock = new ManualClock();

  it("comes to the same pods as a fresh list, whatever happens on the way", async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ put: fc.constantFrom("a", "b", "c", "d"), version: fc.constantFrom("1", "2", "3") }) },
      { weight: 3, arbitrary: fc.record({ drop: fc.constantFrom("a", "b", "c", "d") }) },
      {
        weight: 3,
        arbitrary: fc.record({ fault: fc.constantFrom("cut", "end", "expire", "compact", "bookmark", "garbage", "wait") }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 200 }), async (steps, chunkBytes) => {
        const own = new KubeApi();
        await own.start();
        own.chunkBytes = chunkBytes;
        own.pageSize = 3;
        const seen = new Told();
        const end = new AbortController();
        const ownClient = new ApiClient({
          server: `http://127.0.0.1:${own.port}`,
          files: { token: undefined, ca: undefined },
          agent: "test",
          clock,
        });
        const run = new ListWatch<Pod>({
          client: ownClient,
          path: "/api/v1/pods",
          query: { fieldSelector: "spec.nodeName=node-1" },
          read: (object) => podOf(object, kept),
          collection: seen,
          backoff: { firstMs: 1, maxMs: 4 },
          clock,
          random: () => 0.5,
          troubled: () => {},
        }).run(end.signal);
        for (const one of steps) {
          if ("put" in one) own.put(podObject({ name: one.put, labels: { version: one.version } }));
          else if ("drop" in one) own.delete(`uid-${one.drop}`);
          else if (one.fault === "cut") own.cut();
          else if (one.fault === "end") own.endWatches();
          else if (one.fault === "expire") own.expire();
          else if (one.fault === "compact") own.compact();
          else if (one.fault === "bookmark") own.bookmark();
          else if (one.fault === "garbage") own.write('{"type": nonsense}\n');
          else await new Promise((resolve) => setTimeout(resolve, 3));
        }
        try {
          await eventually(() => seen.lists > 0 && seen.text === truth(own), "the same pods");
        } finally {
          end.abort();
          await run;
          await ownClient.close();
          await own.stop();
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
