import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nginxKind } from "../../src/text/nginx-kind.ts";

const SAME: readonly (readonly [kind: string, ...messages: string[]])[] = [
  [
    "open() <str> failed (2: No such file or directory)",
    'open() "/srv/a.html" failed (2: No such file or directory)',
    'open() "/srv/mi ss"ing\n.html" failed (2: No such file or directory)',
  ],
  ["open() <str> failed (13: Permission denied)", 'open() "/srv/a" failed (13: Permission denied)'],
  ["open() <str> (36: File name too long)", 'open() "/srv/mmmmm... (36: File name too long)'],
  [
    "directory index of <str> is forbidden",
    'directory index of "/srv/" is forbidden',
    'directory index of "/srv/a b/" is forbidden',
  ],
  [
    "client intended to send too large body: <size>",
    "client intended to send too large body: 2000 bytes",
    "client intended to send too large body: 10485761 bytes",
  ],
  [
    "limiting requests, excess: <num> by zone one",
    'limiting requests, excess: 1.987 by zone "one"',
    'limiting requests, excess: 0.200 by zone "one"',
  ],
  ["user <str>: password mismatch", 'user "bob": password mismatch', 'user "o"brien": password mismatch'],
  ["user <str> was not found in <str>", 'user "eve" was not found in "/etc/nginx/htpasswd"'],
  [
    "<host> could not be resolved (3: Host not found)",
    "shop could not be resolved (3: Host not found)",
    "a.b.c could not be resolved (3: Host not found)",
  ],
  [
    "upstream timed out (110: Connection timed out) while reading response header from upstream",
    "upstream timed out (110: Connection timed out) while reading response header from upstream",
  ],
  [
    "client sent invalid Content-Length header while reading client request headers",
    'client sent invalid "Content-Length" header while reading client request headers',
  ],
  ["worker process <num> exited on signal <num>", "worker process 26073 exited on signal 11"],
];

describe("nginxKind", () => {
  for (const [kind, ...messages] of SAME) {
    it(`tells of: ${kind}`, () => {
      for (const message of messages) assert.equal(nginxKind(message).replaceAll('"', ""), kind, message);
    });
  }

  it("tells errors of the system apart by their numbers", () => {
    const refused = nginxKind("connect() failed (111: Connection refused) while connecting to upstream");
    const unreachable = nginxKind("connect() failed (113: No route to host) while connecting to upstream");

    assert.notEqual(refused, unreachable);
    assert.match(refused, /\(111: /);
  });

  it("gets through hostile megabytes", () => {
    for (const seed of ['"', '() "', "(1: ", "zone ", '" header', "a ", "could not be resolved", "\n"]) {
      assert.ok(nginxKind(`open() ${seed.repeat((1 << 20) / seed.length)}`).length < 5_000);
    }
  });
});
