import type { Socket } from "node:net";
import { Server, type TlsOptions, type TLSSocket } from "node:tls";
import type { Clock } from "../base/clock.ts";
import type { Complaint } from "../base/complaints.ts";
import { codeOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { HANDSHAKE_TIMEOUT_MS, type TlsFiles } from "../component/tls.ts";
import { reasonOf } from "./pem-files.ts";
import { PemWatch } from "./pem-watch.ts";
import { readTlsFiles, type TlsIdentity } from "./tls-files.ts";
import { isAllowed, namesOf, spokenNames } from "./tls-names.ts";

/** Who listens. */
export interface TlsHost {
  readonly clock: Clock;
  readonly log: Logger;
  complain(complaint: Complaint): void;
}

export interface TlsListenerOptions {
  readonly files: TlsFiles;
  /** Where the configuration names them: "inputs.edge.tls". */
  readonly place: string;
  readonly host: TlsHost;
  /** How often the files are looked at; undefined: every few seconds. */
  readonly reloadEveryMs?: number | undefined;
}

/** Who is at the other end, for complaints: an address without its port. */
type PeerOf = (socket: Socket) => string;

/**
 * What is the same for everything that listens with TLS: reads the certificates, reads them again when they change, tells
 * who cannot agree on a key or has no business here, and lets go of handshakes that are never finished.
 */
export class TlsListener {
  readonly #options: TlsListenerOptions;
  #identity: TlsIdentity | undefined;
  #peerOf: PeerOf = addressOf;
  #watch: PemWatch<TlsIdentity> | undefined;
  /** The sockets below TLS, those among them that have not agreed on a key too. */
  readonly #below = new Set<Socket>();

  constructor(options: TlsListenerOptions) {
    this.#options = options;
  }

  /** Reads the files, for `tls.createServer` or an HTTPS server. Rejects with words for a person. */
  async read(): Promise<TlsOptions> {
    const { files, place } = this.#options;
    const identity = await readTlsFiles(files, place);
    this.#identity = identity;
    this.#warnOfAge(identity);
    return {
      ...identity.context,
      handshakeTimeout: files.handshake_timeout ?? HANDSHAKE_TIMEOUT_MS,
      // Whoever has no certificate of it is turned away after the handshake: Node would do so without a word to anybody.
      ...(files.client_ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
    };
  }

  /** Watches over a server made with what `read` gave. To be called before anybody else listens to its events. */
  attach(server: Server, peerOf: PeerOf = addressOf): void {
    this.#peerOf = peerOf;
    const { files, place, host, reloadEveryMs } = this.#options;
    if (this.#identity === undefined) return;
    server.prependListener("connection", (socket: Socket) => {
      this.#below.add(socket);
      socket.once("close", () => this.#below.delete(socket));
    });
    server.prependListener("tlsClientError", (error: Error, socket: TLSSocket) => {
      // One that left by itself has nothing to be told.
      if (codeOf(error) !== "ECONNRESET") this.#complain("tls_handshake", socket, disagreement(error, place));
      socket.destroy();
    });
    this.#watch = new PemWatch({
      read: () => readTlsFiles(files, place),
      identify: ({ digest }) => digest,
      current: this.#identity,
      changed: (identity) => {
        server.setSecureContext(identity.context);
        host.log.info({ cert: files.cert, valid_to: identity.leaf.validTo }, `${place}: new certificates are in use`);
        this.#warnOfAge(identity);
      },
      broken: (why) => host.log.warn(`the old certificates stay in use, because the new ones are of none: ${why}`),
      ...(reloadEveryMs === undefined ? {} : { everyMs: reloadEveryMs }),
    });
  }

  /** As `attach`, for an HTTPS server, whose requests are read from those who may stay. */
  guard(server: object, peerOf: PeerOf = addressOf): void {
    if (!(server instanceof Server)) return;
    this.attach(server, peerOf);
    server.prependListener("secureConnection", (socket: TLSSocket) => void this.admits(socket));
  }

  /** Whether a client may stay once the handshake is done; one that may not is complained about and let go of. */
  admits(socket: TLSSocket): boolean {
    const refusal = this.#refusal(socket);
    if (refusal === undefined) return true;
    this.#complain("tls_client", socket, refusal);
    socket.destroy();
    return false;
  }

  /** Reads no more files, and lets go of connections that are still there. */
  close(): void {
    this.#watch?.stop();
    for (const socket of this.#below) socket.destroy();
  }

  #refusal(socket: TLSSocket): string | undefined {
    const { files, place } = this.#options;
    if (files.client_ca === undefined) return undefined;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined || !socket.authorized) {
      const why = certificate === undefined ? "it showed none" : String(socket.authorizationError);
      return `a sender without a certificate of an authority in ${place}.client_ca was turned away (${why})`;
    }
    if (files.client_names === undefined) return undefined;
    const names = namesOf(certificate);
    if (isAllowed(names, files.client_names)) return undefined;
    return `a sender whose certificate is for ${spokenNames(names)} was turned away; add its name to ${place}.client_names if it may send`;
  }

  #complain(cause: string, socket: TLSSocket, message: string): void {
    this.#options.host.complain({ cause, peer: this.#peerOf(socket), message });
  }

  #warnOfAge({ leaf }: TlsIdentity): void {
    const { files, place, host } = this.#options;
    if (new Date(leaf.validTo).getTime() > host.clock.nowMs()) return;
    host.log.warn(`${place}.cert: ${files.cert} has expired on ${leaf.validTo}, and senders will not trust it; renew it`);
  }
}

function addressOf(socket: Socket): string {
  const address = socket.remoteAddress ?? "";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}

function disagreement(error: Error, place: string): string {
  return `a sender and this listener do not agree on TLS (${reasonOf(error)}); see that it speaks TLS 1.2 or newer and trusts the certificate in ${place}.cert`;
}
