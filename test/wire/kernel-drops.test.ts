import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dropsIn } from "../../src/wire/kernel-drops.ts";

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  523: 0100007F:2FA9 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 83034 2 00000000a3f5a8f2 17
  524: 0200007F:2FA9 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 83035 2 00000000a3f5a8f3 4
  525: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 83036 2 00000000a3f5a8f4 0
`;
const TABLE6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1103: 00000000000000000000000001000000:2FA9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30130 2 000000005f9c1c5a 3
 1104: B80D0120000000000000000001000000:2FA9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30131 2 000000005f9c1c5b 5
 1106: 0000000000000000FFFF00000100007F:2FA9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30133 2 000000005f9c1c5d 6
 1105: 00000000000000000000000000000000:2FA9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 30132 2 000000005f9c1c5c 9
`;

describe("dropsIn", () => {
  it("reads the drops of the socket with this address and port", () => {
    assert.equal(dropsIn(TABLE, "127.0.0.1", 12_201), 17);
    assert.equal(dropsIn(TABLE, "127.0.0.2", 12_201), 4);
    assert.equal(dropsIn(TABLE, "0.0.0.0", 53), 0);
    assert.equal(dropsIn(TABLE6, "::", 12_201), 9);
  });

  it("tells IPv6 sockets on one port apart by their addresses, however those are written", () => {
    assert.equal(dropsIn(TABLE6, "::1", 12_201), 3);
    assert.equal(dropsIn(TABLE6, "2001:db8::1", 12_201), 5);
    assert.equal(dropsIn(TABLE6, "2001:0DB8:0:0:0:0:0:1", 12_201), 5);
    assert.equal(dropsIn(TABLE6, "::ffff:127.0.0.1", 12_201), 6);
    assert.equal(dropsIn(TABLE6, "::1%lo", 12_201), 3);
    assert.equal(dropsIn(TABLE6, "2001:db8::2", 12_201), undefined);
  });

  it("knows nothing of a socket that is not listed", () => {
    assert.equal(dropsIn(TABLE, "127.0.0.1", 53), undefined);
    assert.equal(dropsIn("", "127.0.0.1", 12_201), undefined);
    assert.equal(dropsIn("nonsense 0100007F:2FA9", "127.0.0.1", 12_201), undefined);
  });
});
