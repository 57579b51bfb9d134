import { Complaints, type Complaint } from "../base/complaints.ts";
import type { Component } from "../base/lifecycle.ts";
import type { Upstream } from "../component/delivery.ts";
import type { Host, InputHost, UpstreamHost } from "../component/host.ts";
import { isListening } from "../component/listening.ts";
import { knowsPods } from "../component/pods.ts";
import type { Queue } from "../component/queue.ts";
import type { Right } from "../config/config.ts";
import type { RelayConfig } from "../config/relay-config.ts";
import type { Lane } from "../lanes/lane.ts";
import { createLanes } from "../lanes/lanes.ts";
import { Ledger } from "../record/ledger.ts";
import { aborted } from "../base/abort.ts";
import { type DeadLetters, deadLettersOf } from "./dead-letters/dead-letters.ts";
import { Discards } from "./delivery/discards.ts";
import { Dispatcher } from "./dispatcher.ts";
import { fileCounts, InputCounts, kernelDrops, turnedAway } from "./input-counts.ts";
import { IntakePort } from "./intake.ts";
import { queueNow, RelayMetrics } from "./metrics.ts";
import { bookQueueLoss, type Books } from "./queue-losses.ts";
import { readinessOf, type Readiness } from "./readiness.ts";
import { laneTotals, RelayMemory } from "./relay-memory.ts";
import type { RelayEnvironment } from "./relay-environment.ts";
import { statusOf } from "./status.ts";
import { StormGate } from "./storm.ts";
import { Tenants } from "./tenants/tenants.ts";
import { restoreTrails, saveTrails, type TrailFileOptions } from "./trail-file.ts";

/** A running relay: inputs, lanes, queue, dispatcher and upstreams, wired by a configuration. */
export class Relay implements Component {
  readonly config: RelayConfig;
  readonly ledger = new Ledger();
  readonly metrics: RelayMetrics;
  readonly inputs: ReadonlyMap<string, Component>;
  readonly #environment: RelayEnvironment;
  readonly #complaints: Complaints;
  readonly #counts = new InputCounts();
  readonly #discards = new Discards();
  readonly #memory: RelayMemory;
  readonly #books: Books;
  readonly #lanes: readonly Lane[];
  readonly #queue: Queue;
  readonly #upstreams: ReadonlyMap<string, Upstream>;
  readonly #deadLetters: DeadLetters | undefined;
  readonly #dispatcher: Dispatcher;
  readonly #tenants: Tenants;
  readonly #port: IntakePort;
  readonly #ends = new Set<string>();
  #allEnded: () => void = () => {};
  /** Resolves when every input that can end (stdin) has ended. */
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#allEnded = resolve;
  });
  #state: "starting" | "ready" | "draining" = "starting";
  #restoredBooked = false;
  #stopping: Promise<void> | undefined;

  /** Inert: opens nothing. What cannot be created is a bug, because the configuration has been checked. */
  constructor(loaded: Right, environment: RelayEnvironment) {
    const { config } = loaded;
    this.config = config;
    this.#environment = environment;
    const { clock, log, random } = environment;
    this.#complaints = new Complaints(log, clock);
    this.#books = {
      ledger: this.ledger,
      discards: this.#discards,
      complain: (component, complaint) => this.#complain(component, complaint),
    };
    this.#memory = new RelayMemory(config, () => this.#lanes, this.#books);
    this.metrics = new RelayMetrics(this.#sources(), environment.nodeMetrics);
    this.#queue = config.queue.spec.create(config.queue.config, {
      ...this.#host("queue"),
      upstreams: config.upstreams.map(({ name }) => name),
      dropped: (parcels, cause) => bookQueueLoss(parcels, cause, this.#books),
    });
    this.#upstreams = new Map(
      config.upstreams.map(({ name, spec, config: settings }) => [name, spec.create(settings, this.#upstreamHost(name))]),
    );
    this.#lanes = createLanes(loaded, environment, (name) => this.#host(name));
    this.#deadLetters = deadLettersOf(config, environment);
    this.#dispatcher = new Dispatcher(this.#upstreams, {
      clock,
      log,
      random,
      queue: this.#queue,
      discards: this.#discards,
      complain: (upstream, complaint) => this.#complain(upstream, complaint),
      settled: (parcels, outcome) => {
        for (const parcel of parcels) this.ledger.settle(outcome, parcel.records);
        if (outcome === "delivered") this.metrics.delivered(parcels);
      },
      bury: this.#deadLetters?.bury.bind(this.#deadLetters),
      dataDir: config.dataDir,
      attempted: (upstream, result, seconds) => this.metrics.attempted(upstream, result, seconds),
    });
    this.#tenants = new Tenants({
      config,
      clock,
      log,
      upstreams: this.#upstreams,
      dispatcher: this.#dispatcher,
      host: (name) => this.#upstreamHost(name),
    });
    const { storm } = config.policy;
    this.#port = new IntakePort({
      lanes: this.#lanes,
      queue: this.#queue,
      storm: storm === undefined ? undefined : new StormGate(storm, (name) => !this.#upstreams.has(name)),
      ledger: this.ledger,
      discards: this.#discards,
      memory: this.#memory.budget.share(),
      clock,
      complain: (input, complaint) => this.#complain(input, complaint),
      took: (seconds) => this.metrics.intakeTook(seconds),
      eventsCreated: (count) => this.metrics.eventsCreated(count),
      replaced: (counts) => this.metrics.replaced(counts),
    });
    this.inputs = new Map(
      config.inputs.map(({ name, spec, config: settings, labels }) => [
        name,
        spec.create(settings, this.#inputHost(name, labels)),
      ]),
    );
  }

  /** Downstream first: what takes is there before what gives. On failure everything is let go again. */
  async start(abort: AbortSignal): Promise<void> {
    try {
      for (const upstream of this.#upstreams.values()) await upstream.start(abort);
      await this.#queue.start(abort);
      for (const [input, records] of this.#queue.restored) this.ledger.receive(input, records);
      this.#restoredBooked = true;
      const awaited = new Set(this.#queue.waitingFor());
      await this.#tenants.restore((name) => awaited.has(name));
      await this.#deadLetters?.start();
      await this.#dispatcher.start();
      await Promise.all(this.#lanes.map((lane) => lane.start()));
      await restoreTrails(this.#trailFile());
      for (const input of this.inputs.values()) await input.start(abort);
      this.#memory.watch.start();
      this.#state = "ready";
    } catch (thrown) {
      await this.stop(AbortSignal.abort());
      throw thrown;
    }
  }

  /** Upstream first, against the deadline; one that fails never keeps the others from stopping. */
  stop(deadline: AbortSignal): Promise<void> {
    this.#stopping ??= this.#stop(deadline);
    return this.#stopping;
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    this.#state = "draining";
    this.#memory.watch.stop();
    await this.#all([...this.inputs.values()].map((input) => input.stop(deadline)));
    await this.#all([this.#port.drain(aborted(deadline))]);
    // Beside what may take until the deadline: with the tracker down, trails would never be saved after it.
    await this.#all([this.#dispatcher.stop(deadline), saveTrails(this.#trailFile(), deadline)]);
    if (this.#deadLetters !== undefined) await this.#all([this.#deadLetters.stop(deadline)]);
    await this.#all([this.#queue.stop(deadline)]);
    await this.#all([...this.#upstreams.values(), this.#tenants].map((upstream) => upstream.stop(deadline)));
    await this.#all(this.#lanes.map((lane) => lane.close()));
  }

  #trailFile(): TrailFileOptions {
    const { dataDir, policy } = this.config;
    const { log, keepsTrails } = this.#environment;
    return { lanes: this.#lanes, dataDir: keepsTrails ? dataDir : undefined, maxBytes: policy.trail.maxBytes, log };
  }

  async #all(stops: readonly Promise<void>[]): Promise<void> {
    for (const result of await Promise.allSettled(stops)) {
      if (result.status === "rejected")
        this.#environment.log.error({ err: result.reason as unknown }, "a component failed to stop");
    }
  }

  /** Records that have come in and not yet left, summed where they wait; what a queue restores, once it is booked. */
  get inFlight(): number {
    return laneTotals(this.#lanes).held + (this.#restoredBooked ? this.#queue.stats().records : 0);
  }

  /** Whether what is undelivered survives the process. */
  get isDurable(): boolean {
    return this.#queue.durable;
  }

  /** Addresses of all inputs that listen: name, type, address. */
  get addresses(): readonly { readonly input: string; readonly type: string; readonly address: string }[] {
    return this.config.inputs.flatMap(({ name, spec }) => {
      const input = this.inputs.get(name);
      const addresses = input !== undefined && isListening(input) ? input.addresses : [];
      return addresses.map((address) => ({ input: name, type: spec.type, address }));
    });
  }

  readiness(): Readiness {
    return readinessOf({
      state: this.#state,
      queue: this.#queue.stats(),
      shortage: this.#memory.watch.shortage,
      // Whoever may annotate a pod must not be able to make the relay look broken.
      senders: [...this.#dispatcher.senders.values()].filter(({ name }) => this.#upstreams.has(name)),
      tickMs: this.#environment.clock.tickMs(),
    });
  }

  /** Everything an operator asks for, as plain JSON. Holds no secret. */
  status(): object {
    return statusOf({
      version: this.#environment.version,
      config: this.config,
      ready: this.readiness(),
      addresses: this.addresses,
      counts: this.#counts,
      files: fileCounts(this.inputs),
      lanes: this.#lanes.map((lane) => lane.stats()),
      memory: this.#memory.status(),
      queue: this.#queue.stats(),
      ledger: this.ledger,
      inFlight: this.inFlight,
      deadLetters: this.#deadLetters?.count ?? 0,
      tenants: this.#tenants.names,
      held: (upstream) => this.#dispatcher.senders.get(upstream)?.status,
      tickMs: this.#environment.clock.tickMs(),
    });
  }

  /** For `/metrics`. */
  async metricsText(): Promise<{ contentType: string; text: string }> {
    const { registry } = this.metrics;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  #sources(): ConstructorParameters<typeof RelayMetrics>[0] {
    return {
      ledger: this.ledger,
      inFlight: () => this.inFlight,
      connections: () => this.#counts.connections,
      gelfChunks: () => this.#counts.gelfChunks,
      turnedAway: () => turnedAway(this.inputs, this.#counts),
      forwardHandshakes: () => this.#counts.forwardHandshakes,
      kernelDrops: () => kernelDrops(this.inputs),
      files: () => fileCounts(this.inputs),
      queue: () => queueNow(this.#queue.stats(), this.#environment.clock.nowMs()),
      deadLetters: () => this.#deadLetters?.count ?? 0,
      tenants: () => this.#tenants.names.length,
      refusedWishes: () => this.#tenants.refusals.counts,
      trails: () => laneTotals(this.#lanes),
      bytesInFlight: () => this.#memory.budget.held,
      memoryShed: () => this.#memory.watch.counts,
    };
  }

  #host(name: string): Host {
    const { clock, log } = this.#environment;
    return { name, clock, log: log.child({ component: name }), complain: (complaint) => this.#complain(name, complaint) };
  }

  #inputHost(name: string, labels: ReadonlyMap<string, string> | undefined): InputHost {
    this.#counts.add(name);
    this.ledger.receive(name, 0);
    this.ledger.receiveBytes(name, 0);
    return {
      ...this.#host(name),
      labels,
      dataDir: this.config.dataDir,
      memory: this.#memory.budget.share(),
      intake: (batch) => this.#port.intake(batch),
      refuse: (outcome, records) => this.ledger.refuse(name, outcome, records),
      receivedBytes: (bytes) => this.ledger.receiveBytes(name, bytes),
      connections: (change) => this.#counts.connected(name, change),
      count: (metric, result, by = 1) => this.#counts.count(name, metric, result, by),
      ended: () => this.#end(name),
      pods: () => [...this.inputs.values()].find(knowsPods)?.pods,
      upstreamFor: (wish) => this.#tenants.upstreamFor(wish, (complaint) => this.#complain(name, complaint)),
    };
  }

  #upstreamHost(name: string): UpstreamHost {
    this.metrics.addUpstream(name);
    const { version, colour, print } = this.#environment;
    return { ...this.#host(name), agent: `crumbtrail/${version}`, colour, print };
  }

  #end(input: string): void {
    this.#ends.add(input);
    if (this.#ends.size === this.inputs.size) this.#allEnded();
  }

  #complain(component: string, complaint: Complaint): void {
    this.#complaints.warn(component, complaint);
  }
}
