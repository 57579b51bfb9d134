import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NginxJoin } from "../../src/text/nginx-join.ts";

const HEAD = "2026/08/21 17:00:43 [error] 31#32: *7 ";
const OPEN = `${HEAD}FastCGI sent in stderr: "PHP message: PHP Warning:  x in /a.php on line 1`;
const END = 'PHP message: y" while reading upstream, client: 10.0.0.9, server: s, request: "GET / HTTP/1.1", host: "h"';

describe("NginxJoin", () => {
  it("takes the lines of an entry up to the one that names the client", () => {
    const join = NginxJoin.open(OPEN);

    assert.deepEqual([join?.offer("and more"), join?.offer(END), join?.offer("next")], [true, true, false]);
    assert.equal(join?.text, `${OPEN}\nand more\n${END}`);
    assert.deepEqual([join?.lines, join?.bytes, join?.pending], [3, Buffer.byteLength(`${OPEN}\nand more\n${END}`), 0]);
  });

  it("ends where the next entry begins", () => {
    const join = NginxJoin.open(OPEN);

    assert.equal(join?.offer(`${HEAD}no live upstreams`), false);
    assert.equal(join?.text, OPEN);
  });

  it("lets access lines be that come between", () => {
    const join = NginxJoin.open(OPEN);

    for (const line of ['10.0.0.9 - - [21/Aug/2026:17:00:43 +0000] "GET / HTTP/1.1" 200 1', '{"status":200}'])
      assert.equal(join?.offer(line), false);
  });

  it("counts what it takes, however long and whatever is in it", () => {
    for (const seed of ["\n", "a ", "[", " - ", '"', "2026/"]) {
      const join = NginxJoin.open(OPEN);
      const text = `x${seed.repeat((1 << 20) / seed.length)}`;
      assert.equal(join?.offer(text), true);
      assert.equal(join.bytes, Buffer.byteLength(OPEN) + 1 + text.length);
      assert.equal(join.lines, 1 + text.split("\n").length);
    }
  });

  it("does not wait for more of what is complete, was cut, or names no client anyway", () => {
    const complete = [
      `${HEAD}x, client: 10.0.0.9, server: s`,
      `${HEAD}${"u".repeat(2_040)}`,
      "2026/08/21 17:00:43 [info] 31#32: *7 client 10.0.0.9 closed keepalive connection",
      "2026/08/21 17:00:43 [alert] 31#32: worker process 7 exited on signal 11",
      "nginx: [emerg] unknown directive",
      "no entry",
    ];
    for (const line of complete) assert.equal(NginxJoin.open(line), undefined, line);
  });
});
