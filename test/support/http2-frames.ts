// HTTP/2 by hand, for frames that no library would send (RFC 9113, RFC 7541).

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const FRAME = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, window: 8, continuation: 9 } as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;

/** A frame of a stream; 0: of the connection. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header that no table keeps. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

/** A header that goes into the dynamic table, where its index is 62. */
export function indexed(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0x40), text(name), text(value)]);
}

/** What begins a call of a method of the relay. */
export function callHeaders(path = "/crumbtrail.v1.LogRelay/Stream"): Buffer {
  // POST and http are in the static table.
  return Buffer.concat([
    Buffer.of(0x83, 0x86),
    literal(":path", path),
    literal(":authority", "relay"),
    literal("content-type", "application/grpc"),
    literal("te", "trailers"),
  ]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string as it is, its length as an integer of a 7-bit prefix. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  while (rest >= 128) {
    length.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}
