import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ForwardGuesses } from "../../src/wire/forward-guesses.ts";
import { array, asStr, capture, entry, headed, hex, msgpack } from "../support/forward-bytes.ts";
import { HandshakeLine, HAND, SECRETS, packed, pingFor, sha512, type Hand } from "../support/forward-handshake.ts";
import { eventually } from "../support/input-host.ts";
import { ManualClock } from "../support/clock.ts";

const record = array("t", asStr(entry({ message: "m" })), { chunk: "c" });

describe("ForwardHandshake", () => {
  it("greets first, in one write, with a nonce and a salt of this connection alone", () => {
    const helos = Array.from({ length: 50 }, () => new HandshakeLine().helo);
    for (const { nonce, auth } of helos) assert.deepEqual([nonce.length, auth.length], [16, 16]);
    assert.equal(new Set(helos.flatMap(({ nonce, auth }) => [nonce.toString("hex"), auth.toString("hex")])).size, 100);
    assert.equal(new HandshakeLine({ users: {} }).helo.auth.length, 0);
  });

  it("opens to who knows key and password, and passes on what comes behind", async () => {
    const line = new HandshakeLine();

    line.session.data(pingFor(line.helo));
    assert.equal(line.pong.accepted, true);
    assert.deepEqual([line.opened, line.taken, line.written.length, line.messages], [1, "", 2, 1]);
    line.session.data(record);
    line.session.data(record);
    await line.session.answered();
    await line.session.end();

    assert.equal(line.taken, msgpack(record, record).toString("hex"));
    assert.deepEqual([line.opened, line.ended, line.host.counted], [1, 1, { "forward_handshakes accepted": 1 }]);
    assert.deepEqual([line.host.refused, line.host.complaints, line.closed, line.finished], [{}, [], false, false]);
  });

  it("is the same however the bytes are cut, with records in the same piece", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 700 }), { maxLength: 12 }),
        fc.constantFrom("str" as const, "bin" as const),
        (cuts, as) => {
          const line = new HandshakeLine();
          const bytes = Buffer.concat([pingFor(line.helo, HAND, as), record, record]);
          const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < bytes.length), bytes.length])].toSorted(
            (a, b) => a - b,
          );
          let start = 0;
          for (const end of ends) {
            line.session.data(bytes.subarray(start, end));
            start = end;
          }
          assert.equal(line.taken, msgpack(record, record).toString("hex"));
          assert.equal(line.written.length, 2);
          void line.session.end();
        },
      ),
    );
  });

  const wrong: Readonly<Record<string, { readonly hand?: Partial<Hand>; readonly stale?: "nonce" | "auth" }>> = {
    key: { hand: { sharedKey: "k 2" } },
    nonce: { stale: "nonce" },
    user: { hand: { user: "eve" } },
    password: { hand: { password: "pw" } },
    "salt of the password": { stale: "auth" },
  };
  for (const [what, { hand, stale }] of Object.entries(wrong)) {
    it(`refuses a wrong ${what}, says so, and takes nothing`, async () => {
      for (const as of ["str", "bin"] as const) {
        const line = new HandshakeLine();
        const helo = stale === undefined ? line.helo : { ...line.helo, [stale]: new HandshakeLine().helo[stale] };
        const isKey = what === "key" || what === "nonce";

        line.session.data(Buffer.concat([pingFor(helo, { ...HAND, ...hand }, as), record]));
        line.session.data(record);
        await line.session.end();

        assert.equal(line.pong.reason.toString(), isKey ? "shared_key mismatch" : "username/password mismatch");
        assert.deepEqual([line.opened, line.finished, line.written.length], [0, true, 2]);
        assert.deepEqual(line.host.counted, { [`forward_handshakes wrong_${isKey ? "key" : "user"}`]: 1 });
        assert.deepEqual(line.causes, [isKey ? "handshake_wrong_key" : "handshake_wrong_user"]);
        assert.deepEqual(line.host.refused, {}, "a PING is no record");
      }
    });
  }

  it("refuses a PING that was right on another connection", () => {
    const [first, second] = [new HandshakeLine(), new HandshakeLine()];
    const ping = pingFor(first.helo);
    first.session.data(ping);
    second.session.data(ping);
    assert.deepEqual([first.opened, second.opened], [1, 0]);

    const recorded = new HandshakeLine({ sharedKey: "s3cr3t", users: { bob: "hunter2" } });
    recorded.session.data(capture("secure-conn1.c2s"));
    assert.deepEqual([recorded.opened, recorded.causes], [0, ["handshake_wrong_key"]]);
    for (const line of [first, second, recorded]) void line.session.end();
  });

  const strange: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    "records of a sender without a key": [
      record,
      /sent records without a handshake.*nothing was taken: give it this input's shared_key/,
    ],
    "Message mode": [array("t", 1, { message: "m" }), /sent records without a handshake/],
    JSON: [Buffer.from('["t",1,{"message":"m"}]'), /sent records without a handshake/],
    TLS: [hex("16030100"), /speaks TLS, and this input does not/],
    HTTP: [Buffer.from("GET / HTTP/1.1\r\n\r\n"), /neither a handshake nor records \(GET \/ HTTP/],
    nil: [hex("c0"), /neither a handshake nor records/],
    "no msgpack": [hex("96 c1"), /PING is not one/],
    "a HELO": [array("HELO", { nonce: "n" }), /without a handshake/],
    "a PING with a number": [array("PING", "h", "s", "d", "u", 1), /PING is not one/],
    "six values that are none": [array("GNIP", "h", "s", "d", "u", "p"), /PING is not one/],
    "a PING without an end": [
      Buffer.concat([hex("96 a450494e47"), headed(0xdb, 0xffff_ffff), Buffer.alloc(3_000)]),
      /longer than 2KiB/,
    ],
    "deep nesting": [Buffer.concat([hex("96"), Buffer.alloc(3_000, 0x91)]), /PING is not one/],
  };
  for (const [what, [bytes, message]] of Object.entries(strange)) {
    it(`takes ${what} for no handshake: one answer, one count, one complaint, no record`, async () => {
      const line = new HandshakeLine();
      line.session.data(bytes);
      line.session.data(record);
      line.session.data(pingFor(line.helo));
      await line.session.end();

      assert.deepEqual([line.opened, line.finished, line.taken, line.written.length], [0, true, "", 2]);
      assert.equal(line.pong.reason.toString(), "invalid ping message");
      assert.deepEqual([line.host.refused, line.host.counted], [{ malformed: 1 }, { "forward_handshakes invalid": 1 }]);
      assert.deepEqual(line.causes, ["no_handshake"]);
      assert.match(line.host.complaints[0]?.message ?? "", message);
    });
  }

  it("keeps no more than a PING can have, however slowly it comes", async () => {
    const line = new HandshakeLine();
    line.session.data(hex("96 a450494e47 db00ffffff"));
    let sent = 0;
    while (!line.finished && sent < 10_000) {
      line.session.data(Buffer.alloc(1));
      sent += 1;
    }
    assert.ok(sent < 2_048 && line.finished);
    await line.session.end();
  });

  it("counts a PING that the connection's end cut off, and nothing for a connection without a byte", async () => {
    const [cut, silent] = [new HandshakeLine(), new HandshakeLine()];
    cut.session.data(pingFor(cut.helo).subarray(0, 40));
    await cut.session.end();
    await silent.session.end();
    assert.deepEqual([cut.host.refused, cut.causes], [{ malformed: 1 }, ["cut_off"]]);
    assert.deepEqual([silent.host.refused, silent.causes, silent.host.counted], [{}, [], {}]);
  });

  for (const first of ["", "96a450"]) {
    it(`closes a connection that ${first === "" ? "says nothing" : "stops within a PING"} for too long, once`, async () => {
      const line = new HandshakeLine({}, { timeoutMs: 10 });
      if (first !== "") line.session.data(hex(first));
      await eventually(() => line.closed, "it is closed");
      line.session.data(pingFor(line.helo));
      await line.session.end();
      assert.deepEqual(
        [line.opened, line.host.counted, line.causes],
        [0, { "forward_handshakes timed_out": 1 }, ["handshake_timed_out"]],
      );
      assert.match(line.host.complaints[0]?.message ?? "", /within 10ms \(handshake_timeout\)/);
    });
  }

  it("lets a sender that knows the key take all the time it wants", async () => {
    const line = new HandshakeLine({}, { timeoutMs: 10 });
    line.session.data(pingFor(line.helo));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([line.closed, line.causes], [false, []]);
    await line.session.end();
  });

  it("answers slowly after a failure, to right and wrong alike, and refuses the seventeenth at once", async () => {
    const guesses = new ForwardGuesses(new ManualClock(), 30);
    const bad = new HandshakeLine({}, { guesses });
    bad.session.data(pingFor(bad.helo, { ...HAND, sharedKey: "a" }));
    assert.equal(bad.written.length, 2, "the first failure is answered at once");

    const lines = Array.from({ length: 17 }, () => new HandshakeLine({}, { guesses }));
    const waits = lines.map((line, i) =>
      line.session.data(Buffer.concat([pingFor(line.helo, { ...HAND, sharedKey: i === 3 ? "k 1" : "a" }), record])),
    );
    const other = new HandshakeLine({}, { guesses, peer: "10.0.0.8" });
    other.session.data(pingFor(other.helo));

    assert.equal(other.opened, 1, "another peer is not delayed");
    assert.deepEqual(
      lines.map(({ written }) => written.length),
      [...Array.from({ length: 16 }, () => 1), 2],
    );
    assert.equal(lines[16]?.pong.reason.toString(), "too many failures");
    assert.deepEqual(lines[16]?.causes, ["handshake_too_many"]);
    await Promise.all(waits.map((wait) => Promise.resolve(wait)));
    assert.deepEqual(
      lines.map(({ opened }) => opened),
      lines.map((_, i) => (i === 3 ? 1 : 0)),
    );
    assert.equal(lines[3]?.taken, record.toString("hex"));
    for (const line of [bad, ...lines, other]) await line.session.end();
  });

  it("shows no secret in what it complains about", async () => {
    const secrets = [SECRETS.sharedKey, ...Object.values(SECRETS.users)];
    for (const bytes of [record, Buffer.from(`["${secrets.join()}`)]) {
      const line = new HandshakeLine();
      line.session.data(bytes);
      await line.session.end();
      for (const { message } of line.host.complaints) assert.ok(!secrets.some((secret) => message.includes(secret)), message);
    }
  });

  it("never throws and never opens, whatever a stranger sends", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(hex("96"), hex("96 a450494e47"), packed("web-1"), packed(sha512("x")), record, headed(0xdb, 0x7fff_ffff)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const line = new HandshakeLine();
        for (const bytes of pieces) line.session.data(bytes);
        void line.session.end();
        assert.equal(line.opened, 0);
        assert.ok(line.host.complaints.length <= 1 && (line.host.refused["malformed"] ?? 0) <= 1);
      }),
    );
  });
});
