import { createSocket, type Socket } from "node:dgram";
import { plainAddress } from "../base/networks.ts";
import type { Component } from "../base/lifecycle.ts";
import { formatAddress, type Address } from "../base/units.ts";
import type { Listening } from "../component/listening.ts";
import type { Access } from "./access/access.ts";
import { listenError } from "./listen-error.ts";

const ALIVE = Buffer.of(0);

/** Answers any datagram with one zero byte: how fluentd's `heartbeat_type udp` asks whether a server is alive. */
export class ForwardHeartbeat implements Component, Listening {
  readonly addresses: string[] = [];
  readonly #input: string;
  readonly #address: () => Address;
  readonly #access: Access;
  #socket: Socket | undefined;

  /** `address` is asked on start, because the port is the one that TCP was given. Only those that `access` admits are answered. */
  constructor(input: string, address: () => Address, access: Access) {
    this.#input = input;
    this.#address = address;
    this.#access = access;
  }

  async start(): Promise<void> {
    const address = this.#address();
    const socket = createSocket(address.host.includes(":") ? "udp6" : "udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(listenError(this.#input, "udp", address, error));
      });
      socket.bind({ address: address.host, port: address.port }, () => {
        socket.removeAllListeners("error");
        resolve();
      });
    });
    this.#socket = socket;
    // What goes wrong now concerns one datagram; its sender asks again.
    socket.on("error", () => {});
    socket.on("message", (_datagram, from) => {
      if (this.#access.admits(plainAddress(from.address), "a heartbeat")) socket.send(ALIVE, from.port, from.address, () => {});
    });
    this.addresses.push(`udp:${formatAddress(address)}`);
  }

  async stop(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
  }
}
