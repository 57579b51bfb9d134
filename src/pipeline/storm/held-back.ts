import type { HeldBack } from "../../sentry/storm-report.ts";

const MAX_HOSTS = 10;

/** Counts what is held back of one issue until an event of it passes and tells. */
export class HeldBackCount implements HeldBack {
  readonly hosts = new Map<string, number>();
  suppressed = 0;
  otherHosts = 0;
  firstMs = Infinity;
  lastMs = -Infinity;

  add(bornMs: number, host: string): void {
    this.suppressed += 1;
    if (bornMs < this.firstMs) this.firstMs = bornMs;
    if (bornMs > this.lastMs) this.lastMs = bornMs;
    this.#addHost(host, 1);
  }

  /** Takes one of a host back; the times stay: there was an attempt, and there will be another. */
  remove(host: string): void {
    this.suppressed -= 1;
    const count = this.hosts.get(host);
    if (count === undefined) this.otherHosts = Math.max(0, this.otherHosts - 1);
    else if (count === 1) this.hosts.delete(host);
    else this.hosts.set(host, count - 1);
  }

  /** Adds what was told by an event that did not get in. */
  merge(told: HeldBack): void {
    this.suppressed += told.suppressed;
    this.firstMs = Math.min(this.firstMs, told.firstMs);
    this.lastMs = Math.max(this.lastMs, told.lastMs);
    this.otherHosts += told.otherHosts;
    for (const [host, count] of told.hosts) this.#addHost(host, count);
  }

  #addHost(host: string, count: number): void {
    const known = this.hosts.get(host);
    if (known !== undefined) this.hosts.set(host, known + count);
    else if (host === "" || this.hosts.size >= MAX_HOSTS) this.otherHosts += count;
    else this.hosts.set(ownCopy(host), count);
  }
}

/** A text may be a slice that keeps a whole frame in memory. */
function ownCopy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
