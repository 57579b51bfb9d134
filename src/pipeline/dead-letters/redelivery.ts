import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { createLogger } from "../../base/log.ts";
import type { Upstream } from "../../component/delivery.ts";
import type { Host } from "../../component/host.ts";
import type { Queue } from "../../component/queue.ts";
import type { RelayConfig } from "../../config/relay-config.ts";
import type { Outcome } from "../../record/outcome.ts";
import type { Parcel } from "../../record/parcel.ts";
import { envelopeToKeep } from "../../sentry/envelope.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { Discards } from "../delivery/discards.ts";
import { Dispatcher } from "../dispatcher.ts";
import { Tenants } from "../tenants/tenants.ts";
import { readKeptEnvelope } from "./kept-envelope.ts";
import type { LetterFolder } from "./letter-folder.ts";
import type { Note } from "./note.ts";

const LOOK_EVERY_MS = 100;
/** Names in notes are whatever somebody wrote there. */
const MAX_SAID = 20;

export interface RedeliveryOptions {
  /** Its queue is one in memory. */
  readonly config: RelayConfig;
  readonly folder: LetterFolder;
  readonly version: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Gives up when nothing has left for so long. */
  readonly timeoutMs: number;
  readonly giveUp: AbortController;
  /** A sentence for the person who asked. */
  said(message: string): void;
  done(result: Redelivered): void;
}

/** What became of a letter. */
export interface Redelivered {
  readonly id: string;
  /** `late`: it waits as before; `refused`: the same, with the new reason; `delivered`: its files are gone. */
  readonly outcome: "delivered" | "refused" | "late";
  /** Where it was sent now. */
  readonly upstream: string;
  readonly status: number | undefined;
  /** "" when there is nothing to say. */
  readonly cause: string;
}

/** A letter on its way. */
interface Attempt {
  readonly id: string;
  readonly note: Note;
  readonly upstream: string;
  /** Those not delivered (yet). */
  readonly parcels: Set<Parcel>;
  /** Parcels of which nothing is known yet. */
  open: number;
  refusal: Refusal | undefined;
}

type Refusal = Pick<DeadLetter, "outcome" | "cause" | "status">;

/**
 * Sends dead letters with the dispatcher and the upstreams of a configuration, as a relay would that had just made them:
 * with its limits, compression and retries. The files follow what comes of it, one letter after the other.
 */
export class Redelivery {
  readonly #options: RedeliveryOptions;
  readonly #queue: Queue;
  readonly #upstreams: ReadonlyMap<string, Upstream>;
  readonly #dispatcher: Dispatcher;
  /** Those of the relay, which has written down whom it delivers to beside its configuration. */
  readonly #tenants: Tenants;
  readonly #attempts = new Set<Attempt>();
  readonly #attemptOf = new Map<Parcel, Attempt>();
  readonly #complained = new Map<string, string>();
  readonly #said = new Set<string>();
  #movedAt: number;
  #watch: NodeJS.Timeout | undefined;
  #files: Promise<void> = Promise.resolve();

  /** Inert. */
  constructor(options: RedeliveryOptions) {
    const { config, clock, random, version } = options;
    this.#options = options;
    this.#movedAt = clock.tickMs();
    const log = createLogger("silent");
    const host = (name: string): Host => ({ name, clock, log, complain: () => {} });
    this.#queue = config.queue.spec.create(config.queue.config, {
      ...host("queue"),
      upstreams: config.upstreams.map(({ name }) => name),
      dropped: () => {},
    });
    const looks = { agent: `crumbtrail/${version}`, colour: false, print: () => {} };
    this.#upstreams = new Map(
      config.upstreams.map(({ name, spec, config: settings }) => [name, spec.create(settings, { ...host(name), ...looks })]),
    );
    this.#dispatcher = new Dispatcher(this.#upstreams, {
      clock,
      log,
      random,
      queue: this.#queue,
      discards: new NoDiscards(),
      complain: (upstream, { message }) => void this.#complained.set(upstream, message),
      settled: (parcels, outcome) => this.#settled(parcels, outcome),
      bury: async (letter) => this.#buried(letter),
      attempted: () => {},
    });
    this.#tenants = new Tenants({
      config,
      clock,
      log,
      upstreams: this.#upstreams,
      dispatcher: this.#dispatcher,
      host: (name) => ({ ...host(name), ...looks }),
    });
  }

  async start(): Promise<void> {
    const { clock, giveUp, timeoutMs } = this.#options;
    for (const upstream of this.#upstreams.values()) await upstream.start(giveUp.signal);
    await this.#queue.start(giveUp.signal);
    await this.#tenants.restore(() => true);
    await this.#dispatcher.start();
    this.#movedAt = clock.tickMs();
    this.#watch = setInterval(() => {
      if (clock.tickMs() - this.#movedAt >= timeoutMs) giveUp.abort();
    }, LOOK_EVERY_MS);
  }

  /** Reads a letter and hands it over; waits while the queue has no room. */
  async add(letter: { readonly id: string; readonly note: Note }): Promise<void> {
    const { clock, folder } = this.#options;
    const { id, note } = letter;
    const upstream = this.#upstreamFor(note.upstream);
    if (upstream === undefined) {
      this.#options.done({ id, outcome: "late", upstream: note.upstream, status: undefined, cause: "its upstream has no DSN" });
      return;
    }
    const bytes = await folder.readEnvelope(id).catch((thrown: unknown) => `it cannot be read: ${messageOf(thrown)}`);
    // A life of its own: it is not late for having been dead.
    const born = { upstream, input: "dlq", bornMs: clock.nowMs() };
    const kept = typeof bytes === "string" ? bytes : readKeptEnvelope(bytes, born);
    if (typeof kept === "string") {
      this.#options.done({ id, outcome: "refused", upstream, status: undefined, cause: `${folder.fileOf(id)}: ${kept}` });
      return;
    }
    const attempt: Attempt = {
      id,
      note,
      upstream,
      parcels: new Set(kept.parcels),
      open: kept.parcels.length,
      refusal: undefined,
    };
    this.#attempts.add(attempt);
    for (const parcel of kept.parcels) this.#attemptOf.set(parcel, attempt);
    await this.#queue.push(kept.parcels);
  }

  /** Waits until all has left, or it is time to give up; then everything stops and the files are as they should be. */
  async finish(): Promise<void> {
    const { signal } = this.#options.giveUp;
    await this.#dispatcher.stop(signal);
    clearInterval(this.#watch);
    await this.#queue.stop(AbortSignal.abort());
    for (const upstream of [...this.#upstreams.values(), this.#tenants]) await upstream.stop(AbortSignal.abort());
    for (const attempt of this.#attempts) this.#conclude(attempt);
    await this.#files;
  }

  /** Why upstreams are not sent to at the moment. */
  get causes(): readonly string[] {
    return [...this.#dispatcher.senders].flatMap(([name, { status }]) => {
      if (status.cause !== undefined) return [`${name}: ${status.cause}`];
      return status.limits.size > 0 ? [`${name}: held by a rate limit of the tracker`] : [];
    });
  }

  /** The upstream of that name, else the default one; undefined when it would only print. */
  #upstreamFor(meant: string): string | undefined {
    if (this.#tenants.has(meant)) return meant;
    const { defaultUpstream } = this.#options.config;
    const name = this.#upstreams.has(meant) ? meant : defaultUpstream;
    if (this.#upstreams.get(name)?.account === undefined) {
      this.#sayOnce(`upstream "${name}" has no DSN, so nothing is sent; set it in the configuration (--config) or as SENTRY_DSN`);
      return undefined;
    }
    if (name !== meant)
      this.#sayOnce(`upstream "${meant}" is not in the configuration; its dead letters go to "${name}" instead`);
    return name;
  }

  #sayOnce(message: string): void {
    if (this.#said.has(message) || this.#said.size === MAX_SAID) return;
    this.#said.add(message);
    this.#options.said(message);
  }

  #buried({ parcels, outcome, cause, status }: DeadLetter): void {
    for (const parcel of parcels) {
      const attempt = this.#attemptOf.get(parcel);
      if (attempt !== undefined) attempt.refusal = { outcome, cause, status };
    }
  }

  #settled(parcels: readonly Parcel[], outcome: Outcome): void {
    this.#movedAt = this.#options.clock.tickMs();
    for (const parcel of parcels) {
      const attempt = this.#attemptOf.get(parcel);
      if (attempt === undefined) continue;
      this.#attemptOf.delete(parcel);
      if (outcome === "delivered") attempt.parcels.delete(parcel);
      else attempt.refusal ??= { outcome, cause: this.#complained.get(attempt.upstream) ?? outcome, status: undefined };
      attempt.open -= 1;
      if (attempt.open === 0) this.#conclude(attempt);
    }
  }

  #conclude(attempt: Attempt): void {
    const { id, upstream, refusal, parcels } = attempt;
    this.#attempts.delete(attempt);
    const refused = refusal?.outcome === "rejected";
    const outcome = parcels.size === 0 ? "delivered" : refused ? "refused" : "late";
    this.#files = this.#files
      .then(() => this.#file(attempt))
      .catch((thrown: unknown) => this.#sayOnce(`${this.#options.folder.path} cannot be changed: ${messageOf(thrown)}`))
      .then(() => {
        const { cause = "", status } = refusal ?? {};
        this.#options.done({ id, outcome, upstream, status, cause: outcome === "delivered" ? "" : cause });
      });
  }

  /** Removes what was delivered; what was not stays, with what is known now. */
  async #file({ id, note, refusal, parcels }: Attempt): Promise<void> {
    const { folder, version } = this.#options;
    const [first] = parcels;
    if (first === undefined) {
      await folder.remove(id);
      return;
    }
    // Somebody else has removed it meanwhile: then it stays so.
    if ((await folder.readNote(id)) === undefined) return;
    const reason = refusal === undefined ? {} : { reason: refusal.outcome, cause: refusal.cause, status: refusal.status };
    const tried: Note = { ...note, ...reason, attempts: note.attempts + 1 };
    if (parcels.size === note.items) {
      await folder.writeNote(id, tried);
      return;
    }
    const rest = envelopeToKeep({ kind: "logs", parcels: [...parcels] }, version);
    await folder.write(id, rest, { ...tried, items: parcels.size, records: Math.min(note.records, parcels.size) });
  }
}

/** What is refused again has been reported to its tracker when it died. */
class NoDiscards extends Discards {
  override add(): void {}
}
