// Connections from any address of 127.0.0.0/8.
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { AccessSettings } from "../../src/component/access.ts";
import { parseNetwork, type Network } from "../../src/base/networks.ts";

/** Opens a connection; errors are what its `close` comes with, and it ends with the test. */
export function dialFrom(t: TestContext, port: number, localAddress = "127.0.0.1"): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  return socket;
}

/** Resolves when a connection is closed. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
    socket.resume();
  });
}

export function networksOf(...written: readonly string[]): Network[] {
  return written.map((one) => {
    const network = parseNetwork(one);
    if (network === undefined) throw new Error(`no network: ${one}`);
    return network;
  });
}

/** Settings of an input that lets everybody in, but for what is said. */
export function accessSettings(settings: Partial<AccessSettings>): AccessSettings {
  return { allow: [], ...settings };
}
