import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { tryPort } from "../../src/wire/port-trial.ts";

describe("tryPort", () => {
  it("finds a TCP port taken while someone listens, and free afterwards", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };

    assert.equal(await tryPort("tcp", address), "EADDRINUSE");
    server.close();
    await once(server, "close");
    assert.equal(await tryPort("tcp", address), undefined);
    // The trial itself holds nothing.
    assert.equal(await tryPort("tcp", address), undefined);
  });

  it("finds a UDP port taken while someone is bound to it, and free afterwards", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const address = { host: "127.0.0.1", port: socket.address().port };

    assert.equal(await tryPort("udp", address), "EADDRINUSE");
    socket.close();
    await once(socket, "close");
    assert.equal(await tryPort("udp", address), undefined);
  });

  it("names an address that is none of this machine's", async () => {
    assert.equal(await tryPort("tcp", { host: "203.0.113.7", port: 4_000 }), "EADDRNOTAVAIL");
    assert.equal(await tryPort("udp", { host: "203.0.113.7", port: 4_000 }), "EADDRNOTAVAIL");
  });
});
