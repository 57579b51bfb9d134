import { createLogger } from "../../src/base/log.ts";
import { systemClock, type Clock } from "../../src/base/clock.ts";
import type { UpstreamHost } from "../../src/component/host.ts";

export interface TestUpstreamHost extends UpstreamHost {
  readonly printed: string[];
  /** Messages that the upstream logged at info. */
  readonly told: string[];
}

/** A host that remembers what was printed and told. */
export function upstreamHost(overrides: { readonly clock?: Clock; readonly colour?: boolean } = {}): TestUpstreamHost {
  const printed: string[] = [];
  const told: string[] = [];
  const log = createLogger("silent");
  log.info = (...words: unknown[]) => void told.push(String(words.at(-1)));
  return {
    name: "default",
    clock: overrides.clock ?? systemClock,
    log,
    complain() {},
    agent: "crumbtrail/0.1.0",
    colour: overrides.colour ?? false,
    print: (text) => void printed.push(text),
    printed,
    told,
  };
}
