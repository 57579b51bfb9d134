// The client libraries that programs really log with, each as its manual says, and the bytes that others once sent.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { createLogger, format, type Logger, type transport as Transport } from "winston";

// These three come without an export that a typed import could name.
const require = createRequire(import.meta.url);

/** Compiled tests lie one folder deeper than their sources, where the fixtures stay. */
const FIXTURES = fileURLToPath(new URL("../../../test/fixtures/", import.meta.url));

/** Recorded bytes: "gelf/syslog-ng-gelf-tcp-conn1.bin". */
export function fixture(path: string): Buffer {
  return readFileSync(FIXTURES + path);
}

/** Sends bytes over a connection of their own and ends it; what came back once the relay has closed its side too. */
export async function replay(port: number, ...parts: readonly (Uint8Array | string)[]): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  const answers: Buffer[] = [];
  socket.on("data", (bytes) => answers.push(bytes));
  socket.on("error", () => {});
  await once(socket, "connect");
  for (const part of parts) {
    // In pieces of their own on the wire, not joined by the kernel.
    await new Promise<void>((resolve) => {
      socket.write(part, () => setImmediate(resolve));
    });
  }
  socket.end();
  await once(socket, "close");
  return Buffer.concat(answers);
}

type GelfProLevel = "error" | "warning" | "info" | "debug";

/** gelf-pro: one connection or socket a message; each call resolves when it is sent. */
export class GelfPro {
  readonly #logger: GelfProModule;

  constructor(adapterName: "udp" | "tcp", port: number) {
    const module = require("gelf-pro") as GelfProModule;
    this.#logger = Object.create(module) as GelfProModule;
    this.#logger.setConfig({ adapterName, adapterOptions: { host: "127.0.0.1", port, protocol: "udp4" } });
  }

  log(level: GelfProLevel, message: string | Error, extra: object = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#logger[level](message, extra, (error) => (error ? reject(error) : resolve()));
    });
  }
}

type GelfProModule = Record<
  GelfProLevel,
  (message: string | Error, extra: object, done: (error?: Error | null) => void) => void
> & { setConfig(config: object): void };

/** winston with the transport winston-gelf, which sends through gelf-pro. */
export function winstonGelf(adapterName: "udp" | "tcp", port: number): Logger {
  const WinstonGelf = require("winston-gelf") as new (options: object) => Transport;
  const gelfPro = { adapterName, adapterOptions: { host: "127.0.0.1", port, protocol: "udp4" } };
  return createLogger({ level: "debug", transports: [new WinstonGelf({ gelfPro })] });
}

/** winston with the transport winston-log2gelf, and how to end its connection. */
export function winstonLog2gelf(protocol: "tcp" | "http", port: number): { readonly logger: Logger; end(): void } {
  const Log2gelf = require("winston-log2gelf") as new (options: object) => Transport & { end(): void };
  const transport = new Log2gelf({
    hostname: "shop-7",
    host: "127.0.0.1",
    port,
    protocol,
    level: "error",
    service: "shop",
    environment: "staging",
    release: "shop@1.4.2",
    _team: "payments",
  });
  const logger = createLogger({ format: format.errors({ stack: true }), transports: [transport] });
  return { logger, end: () => transport.end() };
}
