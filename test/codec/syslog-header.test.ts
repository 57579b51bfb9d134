import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SyslogHeader, type Span } from "../../src/codec/syslog-header.ts";
import { syslogFrame } from "../support/syslog-frames.ts";

/** Where everything lies, from the beginning of the frame. */
function layout(header: SyslogHeader, frameStart: number): unknown {
  const place = ({ start, end }: Span): unknown => (start < 0 ? undefined : [start - frameStart, end - frameStart]);
  const { priority, stamp, host, program, process, messageId, data, message } = header;
  return { priority, spans: [stamp, host, program, process, messageId, data, message].map(place), stated: header.isStated };
}

/** A frame again with some of its digits, or anything else, different: how the messages of one sender differ. */
const again = fc
  .tuple(fc.nat(60), fc.constantFrom(..."0 1 2 3 7 9 : - [ ] a é".split(" "), " "))
  .map(([at, instead]) => (frame: Buffer) => {
    const other = Buffer.from(frame);
    other.write(instead, Math.min(at, Math.max(0, other.length - 2)), "utf8");
    return other;
  });
const same = fc.constant((frame: Buffer) => frame);
const cut = fc.nat(60).map((length) => (frame: Buffer) => frame.subarray(0, length));
const longer = fc
  .constantFrom(" ", ": x", "x y", "\n")
  .map((more) => (frame: Buffer) => Buffer.concat([frame, Buffer.from(more)]));

describe("a syslog header", () => {
  it("is read the same whatever was read before", () => {
    const changes = fc.array(fc.oneof(again, same, cut, longer), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(syslogFrame, changes), { maxLength: 4 }), (groups) => {
        const used = new SyslogHeader();
        for (const [frame, variants] of groups) {
          for (const change of [(bytes: Buffer) => bytes, ...variants]) {
            const changed = change(frame);
            const bytes = Buffer.concat([Buffer.from("noise"), changed, Buffer.from(": 1")]);
            const fresh = new SyslogHeader();
            const end = 5 + changed.length;
            used.read(bytes, 5, end);
            fresh.read(bytes, 5, end);
            assert.deepEqual(layout(used, 5), layout(fresh, 5), changed.toString("latin1"));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("moves on with the clock of a sender, and sees when anything else changes", () => {
    const header = new SyslogHeader();
    const parts = (text: string): readonly (string | undefined)[] => {
      const bytes = Buffer.from(text);
      header.read(bytes, 0, bytes.length);
      return [header.stamp, header.host, header.program, header.message].map((part) => part.text(bytes));
    };

    assert.deepEqual(parts("<190>Nov 20 08:30:12 web1 nginx: a"), ["Nov 20 08:30:12", "web1", "nginx", "a"]);
    assert.deepEqual(parts("<190>Nov 20 23:59:59 web1 nginx: b c"), ["Nov 20 23:59:59", "web1", "nginx", "b c"]);
    assert.deepEqual(parts("<190>Nov 20 23:59:59 web1 nginx: "), ["Nov 20 23:59:59", "web1", "nginx", ""]);
    assert.deepEqual(parts("<190>Nov 20 23:59:59 web2 nginx: d"), ["Nov 20 23:59:59", "web2", "nginx", "d"]);
    assert.deepEqual(parts("<190>Nov 20 2026 08:30:12 asa1 nginx: e"), ["Nov 20 2026 08:30:12", "asa1", "nginx", "e"]);
  });
});
