import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Complaint } from "../../base/complaints.ts";
import { messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { parseRate, type Rate } from "../../base/units.ts";
import type { Upstream } from "../../component/delivery.ts";
import type { UpstreamHost } from "../../component/host.ts";
import type { Tenancy } from "../../component/spec.ts";
import type { UpstreamWish } from "../../component/wished-upstream.ts";
import type { RelayConfig } from "../../config/relay-config.ts";
import { rationName } from "../../record/rationed.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { Refusals, type RefusalCause } from "./refusals.ts";
import { TenantFile } from "./tenant-file.ts";

/** Most tenants at once. Each has a sender and connections of its own. */
const MAX_TENANTS = 100;
const DAY_MS = 24 * 3_600_000;
/** One that nobody has asked for in this time is forgotten at a start, unless something waits for it. */
const FORGET_AFTER_MS = 30 * DAY_MS;
const MAX_RATE_CHARS = 40;
const MAX_SAID_CHARS = 300;
const FILE = "tenants.json";

export interface TenantsOptions {
  readonly config: Pick<RelayConfig, "upstreams" | "defaultUpstream" | "dataDir"> & {
    readonly policy: Pick<RelayConfig["policy"], "storm">;
  };
  /** The configured upstreams, by name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Delivers to them as well. */
  readonly dispatcher: Pick<Dispatcher, "add" | "remove">;
  host(name: string): UpstreamHost;
}

interface Tenant {
  readonly upstream: Upstream;
  readonly dsn: string;
  wishedMs: number;
  /** Whether anybody has asked for it since the start: then its name may come with the next record. */
  isWished: boolean;
}

/**
 * Upstreams that are not in the configuration: those that annotations ask for by a DSN. Each has the name of its account,
 * which shows no key, and the settings of the configured upstream that allows its host. They are remembered in the data
 * directory, so that what waits in the queue over a restart finds its way before anybody asks again.
 */
export class Tenants {
  readonly refusals = new Refusals();
  readonly #options: TenantsOptions;
  readonly #tenants = new Map<string, Tenant>();
  readonly #file: TenantFile | undefined;
  #isStopped = false;

  constructor(options: TenantsOptions) {
    const { config, log } = options;
    this.#options = options;
    this.#file = config.dataDir === undefined ? undefined : new TenantFile(join(config.dataDir, FILE), log);
  }

  /** Their names. */
  get names(): readonly string[] {
    return [...this.#tenants.keys()];
  }

  has(name: string): boolean {
    return this.#tenants.has(name);
  }

  /** Makes those again that an earlier process had, as far as the configuration still allows them. */
  async restore(isAwaited: (name: string) => boolean): Promise<void> {
    const now = this.#options.clock.nowMs();
    for (const { dsn, wishedMs } of (await this.#file?.load()) ?? []) {
      const tenancy = this.#tenancyOf(dsn);
      if (tenancy.kind === "refused" || this.#configured(tenancy.account) !== undefined) continue;
      const isOld = Math.abs(now - wishedMs) > FORGET_AFTER_MS && !isAwaited(tenancy.account);
      if (!isOld && !this.#tenants.has(tenancy.account) && this.#tenants.size < MAX_TENANTS) {
        this.#add(tenancy, { dsn, wishedMs, isWished: false });
      }
    }
  }

  /** As {@link WishedUpstream}. */
  upstreamFor(wish: UpstreamWish, complain: (complaint: Complaint) => void): string | undefined {
    const refuse = (cause: RefusalCause, what: string): undefined => {
      const message = `the annotations of ${wish.from}, or of its namespace, ${what.slice(0, MAX_SAID_CHARS)}`;
      this.refusals.add({ cause, from: wish.from, message }, complain);
    };
    const { dsn, sharers } = wish;
    const upstream = wish.upstream ?? (dsn === undefined ? undefined : this.#destination(dsn, refuse));
    const rate = wish.rate === undefined ? undefined : this.#rateOf(wish.rate, refuse);
    if (rate === undefined) return upstream;
    return rationName({ upstream: upstream ?? this.#options.config.defaultUpstream, rate, sharers });
  }

  /** Begins no more; closes connections. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#tenants.values()].map(({ upstream }) => upstream.stop(deadline)));
    await this.#file?.written();
  }

  #destination(dsn: string, refuse: (cause: RefusalCause, what: string) => undefined): string | undefined {
    const instead = "its events go where they would without";
    const tenancy = this.#tenancyOf(dsn);
    if (tenancy.kind === "refused") {
      const cause = tenancy.cause === "foreign" ? "dsn_foreign" : "dsn_invalid";
      return refuse(cause, `name a DSN that is not heeded (${instead}): ${tenancy.message}`);
    }
    const { account } = tenancy;
    const configured = this.#configured(account);
    if (configured !== undefined) return configured;
    const now = this.#options.clock.nowMs();
    const known = this.#tenants.get(account);
    if (known !== undefined) {
      known.isWished = true;
      if (Math.abs(now - known.wishedMs) < DAY_MS) return account;
      known.wishedMs = now;
    } else {
      if (this.#isStopped || (this.#tenants.size >= MAX_TENANTS && !this.#forgetOne())) {
        return refuse("too_many_dsns", `name one DSN more than the ${MAX_TENANTS} that this relay can have (${instead})`);
      }
      this.#add(tenancy, { dsn, wishedMs: now, isWished: true });
    }
    this.#file?.save([...this.#tenants.values()].map((tenant) => ({ dsn: tenant.dsn, wishedMs: tenant.wishedMs })));
    return account;
  }

  #add(
    { account, config, template }: Extract<ResolvedTenancy, { kind: "tenant" }>,
    kept: Pick<Tenant, "dsn" | "wishedMs" | "isWished">,
  ): void {
    const { log, dispatcher } = this.#options;
    const upstream = template.spec.create(config, this.#options.host(account));
    this.#tenants.set(account, { upstream, ...kept });
    upstream.start(new AbortController().signal).catch((thrown: unknown) => {
      log.error({ upstream: account }, `cannot start: ${messageOf(thrown)}`);
    });
    dispatcher.add(account, upstream);
  }

  /** Makes room by forgetting one that nobody has asked for since the start; false when there is none. */
  #forgetOne(): boolean {
    const unasked = [...this.#tenants].filter(([, { isWished }]) => !isWished).sort(([, a], [, b]) => a.wishedMs - b.wishedMs);
    for (const [name, { upstream }] of unasked) {
      if (!this.#options.dispatcher.remove(name)) continue;
      this.#tenants.delete(name);
      void upstream.stop(AbortSignal.abort());
      return true;
    }
    return false;
  }

  /** The first configured upstream that allows it decides how; the default one before the others. */
  #tenancyOf(dsn: string): ResolvedTenancy {
    const { upstreams, defaultUpstream } = this.#options.config;
    const isFirst = ({ name }: { readonly name: string }): boolean => name === defaultUpstream;
    let refusal: ResolvedTenancy | undefined;
    for (const template of [...upstreams.filter(isFirst), ...upstreams.filter((one) => !isFirst(one))]) {
      const tenancy = template.spec.tenant?.(template.config, dsn);
      if (tenancy?.kind === "tenant") return { ...tenancy, template };
      refusal ??= tenancy;
    }
    return refusal ?? { kind: "refused", cause: "foreign", message: "no upstream of the configuration sends to a tracker" };
  }

  /** The name of the configured upstream that sends there anyway. */
  #configured(account: string): string | undefined {
    for (const [name, upstream] of this.#options.upstreams) if (upstream.account === account) return name;
    return undefined;
  }

  #rateOf(written: string, refuse: (cause: RefusalCause, what: string) => undefined): Rate | undefined {
    const rate = written.length > MAX_RATE_CHARS ? undefined : parseRate(written);
    if (rate === undefined || !Number.isSafeInteger(rate.count) || rate.perMs < 1_000 || rate.perMs > DAY_MS) {
      const expected = "expected one such as 100/min or 1000/5m, with a window from a second to a day";
      return refuse(
        "rate_invalid",
        `name the rate ${JSON.stringify(written.slice(0, MAX_RATE_CHARS))}, which is not heeded: ${expected}`,
      );
    }
    if (this.#options.config.policy.storm === undefined) {
      return refuse("rate_without_storm", "name a rate, which is not heeded: policy.storm is off");
    }
    return rate;
  }
}

type ResolvedTenancy =
  | Extract<Tenancy<Record<string, unknown>>, { kind: "refused" }>
  | (Extract<Tenancy<Record<string, unknown>>, { kind: "tenant" }> & { readonly template: RelayConfig["upstreams"][number] });
