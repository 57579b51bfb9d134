// Headers of the PROXY protocol, as proxies write them.
import { isIPv4, SocketAddress } from "node:net";

export function proxyV1(source: string, destination = isIPv4(source) ? "192.0.2.1" : "2001:db8::ffff", port = 56_324): Buffer {
  return Buffer.from(`PROXY ${isIPv4(source) ? "TCP4" : "TCP6"} ${source} ${destination} ${port} 443\r\n`, "latin1");
}

export interface V2Options {
  readonly port?: number;
  /** Version and command: 0x21 PROXY, 0x20 LOCAL. */
  readonly command?: number;
  /** What follows the addresses. */
  readonly more?: Buffer;
}

export function proxyV2(source: string, { port = 56_324, command = 0x21, more = Buffer.alloc(0) }: V2Options = {}): Buffer {
  const address = isIPv4(source) ? Buffer.from(source.split(".").map(Number)) : bytesOf6(source);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(port, 0);
  ports.writeUInt16BE(443, 2);
  const body = Buffer.concat([address, Buffer.alloc(address.length, 1), ports, more]);
  const head = Buffer.from("0d0a0d0a000d0a515549540a00000000", "hex");
  head[12] = command;
  head[13] = isIPv4(source) ? 0x11 : 0x21;
  head.writeUInt16BE(body.length, 14);
  return Buffer.concat([head, body]);
}

function bytesOf6(address: string): Buffer {
  let text = new SocketAddress({ address, family: "ipv6" }).address;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(2).map(Number);
    text = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [before = "", after] = text.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => "0"), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}
