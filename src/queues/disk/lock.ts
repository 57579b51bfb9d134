import { randomUUID } from "node:crypto";
import { lstat, open, rm, type FileHandle } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "../../base/log.ts";
import { codeOf, RelayError } from "../../base/errors.ts";
import { reasonOf } from "./trouble.ts";

/** A socket's path must fit into sockaddr_un, with its closing zero. */
const MAX_PATH_BYTES = 103;
/** How long somebody who takes a dead owner's lock at the same moment may need to do so. */
const RIVAL_MS = 50;
const ANSWER_MS = 1_000;
const MAX_TRIES = 5;
/** What a file system says that has no sockets, or not under this name. */
const NO_SOCKETS = new Set(["EOPNOTSUPP", "ENOTSUP", "EPERM", "ENOSYS", "EINVAL", "ENAMETOOLONG", "EAFNOSUPPORT"]);

const NOBODY = new Set(["ECONNREFUSED", "ENOENT", "ENOTSOCK", "ECONNRESET", "EPIPE"]);

type Answer = { readonly kind: "none" } | { readonly kind: "silent" } | { readonly kind: "token"; readonly token: string };

/**
 * Keeps a directory for one process: a Unix domain socket in it that its owner listens on. A dead owner answers nobody,
 * however it died, and whatever process ids are called in another container.
 */
export class DirectoryLock {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #token = randomUUID();
  #server: Server | undefined;
  #anchor: FileHandle | undefined;
  #without = false;

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Takes the lock, if it is not taken yet. Throws a RelayError when another relay has it, other errors as they come. */
  async take(): Promise<void> {
    if (this.#without) return;
    if (this.#server !== undefined) {
      const answer = await ask(this.#path);
      if (answer.kind === "token" && answer.token === this.#token) return;
      // Closing ours would remove the socket of whoever has the place now.
      if (answer.kind !== "none") throw this.#taken();
      await this.release();
    }
    try {
      await this.#take();
    } catch (thrown) {
      await this.release();
      if (!NO_SOCKETS.has(codeOf(thrown))) throw thrown;
      this.#without = true;
      this.#log.warn(
        { directory: this.#directory },
        `no lock on ${this.#directory}: its file system has no sockets (${reasonOf(thrown)}); see to it that no second relay uses it`,
      );
    }
  }

  async release(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
    await this.#anchor?.close();
    this.#anchor = undefined;
  }

  get #path(): string {
    return this.#anchor === undefined ? join(this.#directory, "lock") : `/proc/self/fd/${this.#anchor.fd}/lock`;
  }

  async #take(): Promise<void> {
    if (Buffer.byteLength(this.#path) > MAX_PATH_BYTES && process.platform === "linux") {
      this.#anchor = await open(this.#directory, "r");
    }
    const path = this.#path;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if ((await ask(path)).kind !== "none") throw this.#taken();
      const left = await lstat(path).catch(() => undefined);
      if (left !== undefined) await rm(path, { force: true });
      if (!(await this.#listen(path))) continue;
      // Another one may have found the same dead owner, and may remove what we have just made.
      if (left !== undefined) await pause(RIVAL_MS);
      const answer = await ask(path);
      if (answer.kind === "token" && answer.token === this.#token) return;
      this.#server = undefined;
      throw this.#taken();
    }
    throw this.#taken();
  }

  /** False when somebody was there first. */
  #listen(path: string): Promise<boolean> {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.end(this.#token);
    });
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE") resolve(false);
        else reject(error);
      });
      server.listen({ path }, () => {
        server.on("error", () => {});
        server.unref();
        this.#server = server;
        resolve(true);
      });
    });
  }

  #taken(): RelayError {
    return new RelayError(
      "RELAY_STORE",
      `another relay uses ${this.#directory}: stop it first, or give this one a queue.directory of its own ` +
        `(see which process it is with: ss -xlp | grep ${join(this.#directory, "lock")})`,
    );
  }
}

/** Who answers on a socket: nobody, somebody who says nothing, or an owner with a token. */
function ask(path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    let answered = false;
    let token = "";
    const timer = setTimeout(() => {
      answered = true;
      socket.destroy();
    }, ANSWER_MS);
    socket.setEncoding("latin1");
    socket.on("connect", () => {
      answered = true;
    });
    socket.on("data", (text: string) => {
      token = (token + text).slice(0, 100);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // EAGAIN: too many ask already, so somebody is there.
      if (error.code === "EAGAIN") answered = true;
      else if (!NOBODY.has(error.code ?? "")) reject(error);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      if (token !== "") resolve({ kind: "token", token });
      else resolve({ kind: answered ? "silent" : "none" });
    });
  });
}
