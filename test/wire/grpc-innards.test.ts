import { strict as assert } from "node:assert";
import { once } from "node:events";
import { connect } from "node:http2";
import { createServer, type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { Server, ServerCredentials, ServerInterceptingCall, status, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { forgetFrames, widenWindow } from "../../src/wire/grpc-innards.ts";
import { until } from "../support/grpc-relay.ts";

const PATH = "/test.Echo/Stream";
const raw = (bytes: Buffer): Buffer => bytes;

/** A server whose calls are seen at each of their messages; resolves with its port. */
async function serve(
  onMessage: (call: ServerInterceptingCallInterface, message: Buffer) => void,
): Promise<{ port: number; stop: () => void }> {
  const server = new Server({
    "grpc.enable_channelz": 0,
    interceptors: [
      (_, call) =>
        new ServerInterceptingCall(call, {
          start: () => {
            widenWindow(call);
            call.start({
              onReceiveMetadata: () => call.startRead(),
              onReceiveMessage: (message: Buffer) => {
                onMessage(call, message);
                call.startRead();
              },
              onReceiveHalfClose: () => call.sendStatus({ code: status.OK, details: "OK" }),
              onCancel: () => {},
            });
          },
        }),
    ],
  });
  const method = { path: PATH, requestStream: true, responseStream: true };
  const both = { requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw };
  server.addService({ Stream: { ...method, ...both } }, {});
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = createServer((socket) => injector.injectConnection(socket)).listen(0, "127.0.0.1");
  await once(sockets, "listening");
  const stop = (): void => {
    sockets.close();
    server.forceShutdown();
  };
  return { port: (sockets.address() as AddressInfo).port, stop };
}

/** Length-prefixed messages as they come in DATA frames. */
function framed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      return [head, message];
    }),
  );
}

describe("what grpc-js has no option for", () => {
  it("lets go of a message's frames, wherever the frames end", async (t) => {
    const seen: Buffer[] = [];
    let held = 0;
    const { port, stop } = await serve((call, message) => {
      seen.push(message);
      forgetFrames(call);
      const { decoder } = call as { readonly decoder?: { readonly readState: number; readonly readPartialMessage: Buffer[] } };
      assert.ok(decoder !== undefined, "calls of this grpc-js have a decoder");
      if (decoder.readState === 0) held += decoder.readPartialMessage.length;
    });
    t.after(stop);
    const session = connect(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    const messages = [1, 70_000, 0, 3, 20_000, 5].map((length, index) => Buffer.alloc(length, index));
    const bytes = framed(messages);

    for (const size of [bytes.length, 16_384, 7_001]) {
      seen.length = 0;
      const stream = session.request({ ":method": "POST", ":path": PATH, "content-type": "application/grpc" });
      for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
      stream.end();
      stream.resume();
      await once(stream, "close");
      assert.deepEqual(seen, messages, `pieces of ${size} bytes`);
    }
    assert.equal(held, 0);
  });

  it("opens the window of a connection with its first call", async (t) => {
    const { port, stop } = await serve(() => {});
    t.after(stop);
    const session = connect(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    await once(session, "remoteSettings");
    assert.equal(session.state.remoteWindowSize, 65_535);

    for (let call = 0; call < 2; call += 1) {
      const stream = session.request({ ":method": "POST", ":path": PATH, "content-type": "application/grpc" });
      stream.end();
      stream.resume();
      await once(stream, "close");
      await until(() => session.state.remoteWindowSize === 1 << 20, "a window of a megabyte");
    }
  });

  it("leaves calls alone that are made otherwise", () => {
    const odd = [{}, { decoder: {} }, { decoder: { readState: 0, readPartialMessage: "x" } }, { stream: {} }];
    for (const call of odd as unknown as ServerInterceptingCallInterface[]) {
      const before = structuredClone(call);
      forgetFrames(call);
      widenWindow(call);
      assert.deepEqual(call, before);
    }
  });
});
