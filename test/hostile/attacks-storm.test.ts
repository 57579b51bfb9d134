import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { addressOf, gone, intrude, push } from "../support/attack-sockets.ts";
import { gelfTcpSender, httpSender } from "../support/honest-senders.ts";
import { Siege } from "../support/siege.ts";

const TITLES = 100_000;
const MAX_KEYS = 2_000;
const BUDGET = 6_000;

const INPUTS = `  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }
  web: { type: gelf_http, listen: "127.0.0.1:0", max_requests_per_second_per_peer: 100000 }`;
const trail = `trail: { max_bytes: 16MiB, max_keys: ${MAX_KEYS} }`;

/** A word of letters alone, another for each number: what a template would keep. */
function word(number: number): string {
  let text = "";
  for (let rest = number + 26 ** 4; rest > 0; rest = Math.floor(rest / 26)) text += String.fromCharCode(97 + (rest % 26));
  return text;
}

async function pour(port: number, senders: number, line: (index: number) => string, count: number): Promise<void> {
  const AT_ONCE = 500;
  const each = count / senders;
  await Promise.all(
    Array.from({ length: senders }, async (_, sender) => {
      const socket = intrude(port, addressOf(100, sender));
      const parts = function* (): Generator<Buffer> {
        for (let at = 0; at < each; at += AT_ONCE) {
          const lines = Array.from({ length: Math.min(AT_ONCE, each - at) }, (_, i) => `${line(sender * each + at + i)}\0`);
          yield Buffer.from(lines.join(""));
        }
      };
      await push(socket, parts());
      socket.end();
      await gone(socket);
    }),
  );
}

describe("storms of records", () => {
  let siege: Siege;
  before(async () => {
    // What honest senders say is one issue of its own each, and its rate is not what this is about.
    siege = await Siege.start(INPUTS, `policy: { storm: { per_issue: "100000/min", budget: "${BUDGET}/5m" }, ${trail} }`);
    siege.beside("tcp", await gelfTcpSender(await siege.port("tcp")));
    siege.beside("web", httpSender(await siege.port("web")));
  });
  after(() => siege.close());

  it(`${TITLES} errors of one cause are held back beyond the budget, and hide nobody else's`, async () => {
    const port = await siege.port("tcp");
    const toll = await siege.withstands(() =>
      pour(port, 10, (i) => JSON.stringify({ host: "loud", short_message: `connection ${i} was lost`, level: 3 }), TITLES),
    );
    assert.ok(toll.settled("storm") >= TITLES / 2, `${toll.settled("storm")} were held back`);
  });

  it("fields, tags and labels of ever new names leave tables and metrics as small as they were", async () => {
    const port = await siege.port("tcp");
    const before = (await siege.relay.daemon.metrics()).size;
    await siege.withstands(() =>
      pour(
        port,
        10,
        (i) => {
          const names = Object.fromEntries(Array.from({ length: 20 }, (_, field) => [`_${word(i * 20 + field)}`, i]));
          return JSON.stringify({
            host: `h${i}`,
            short_message: "quiet",
            level: 6,
            _request_id: `r${i}`,
            _service: word(i),
            ...names,
          });
        },
        TITLES / 5,
      ),
    );
    const metrics = await siege.relay.daemon.metrics();
    assert.ok((metrics.get("crumbtrail_trail_keys") ?? 0) <= MAX_KEYS);
    assert.ok(metrics.size <= before + 20, `${metrics.size - before} metrics more`);
  });
});

describe("a storm of new titles", () => {
  let siege: Siege;
  before(async () => {
    siege = await Siege.start(INPUTS, `policy: { storm: { per_issue: "100000/min", budget: "100000/5m" }, ${trail} }`);
    siege.beside("web", httpSender(await siege.port("web")));
  });
  after(() => siege.close());

  it("waits where it came from, in bounded memory, and keeps no honest sender out", async () => {
    const port = await siege.port("tcp");
    const titles = TITLES / 10;
    const toll = await siege.withstands(() =>
      pour(
        port,
        10,
        (i) => JSON.stringify({ host: "loud", short_message: `${word(i)} failed in ${word(i * 7)}`, level: 3 }),
        titles,
      ),
    );
    assert.equal(toll.settled("delivered"), titles + toll.said.length, "a first-seen issue passes always");
  });
});
