import type { Components } from "./components.ts";
import { claimsClash, spoken } from "./claims.ts";
import type { Path } from "./mistake.ts";
import { nearest } from "./nearest.ts";
import type { Finding } from "./sentences.ts";
import { listed } from "./expectations.ts";
import { valueAt } from "./sentences.ts";

type Value = Readonly<Record<string, unknown>>;

/** A place in the configuration and the line it is on, for mistakes that concern two places. */
export type LineOf = (path: Path) => string;

/** What only shows when parts are seen together: ports claimed twice, routes to nowhere, no upstream for the unrouted. */
export function crossChecks(value: Value, components: Components, admin: string | undefined, lineOf: LineOf): Finding[] {
  return [...claimedTwice(value, components, admin, lineOf), ...routesToNowhere(value), ...noDefault(value)];
}

/** The upstream that takes what no route claims; undefined when that is left open. */
export function defaultUpstreamOf(value: Value): string | undefined {
  const names = Object.keys(Object(value["upstreams"]));
  return names.includes("default") ? "default" : names.length === 1 ? names[0] : undefined;
}

function claimedTwice(value: Value, components: Components, admin: string | undefined, lineOf: LineOf): Finding[] {
  const { inputs, processors, queue, upstreams } = components;
  const claims: { claim: string; path: Path }[] = admin === undefined ? [] : [{ claim: admin, path: ["admin"] }];
  for (const { spec, config, path } of [...inputs, ...processors, ...upstreams, ...(queue === undefined ? [] : [queue])]) {
    for (const claim of spec.claims?.(config) ?? []) claims.push({ claim, path });
  }
  return claims.flatMap(({ claim, path }, index) => {
    const first = claims.slice(0, index).find((earlier) => claimsClash(earlier.claim, claim));
    if (first === undefined) return [];
    const listens = valueAt(value, [...path, "listen"]) !== undefined;
    const message = `${spoken(claim)} is taken by ${first.path.join(".")}${lineOf(first.path)} already`;
    return [
      { path: listens ? [...path, "listen"] : path, aim: listens ? "value" : "key", message, hint: "give one of them another" },
    ];
  });
}

function routesToNowhere(value: Value): Finding[] {
  const known = Object.keys(Object(value["upstreams"]));
  const processors: readonly unknown[] = Array.isArray(value["processors"]) ? value["processors"] : [];
  const inputs = Object.entries(Object(value["inputs"]) as Value).map(([name, input]) => ({
    component: input,
    path: ["inputs", name],
  }));
  const all = [...inputs, ...processors.map((processor, index) => ({ component: processor, path: ["processors", index] }))];
  return all.flatMap(({ component, path: place }) =>
    targets(component, place).flatMap(({ name, path }): Finding[] => {
      if (known.includes(name)) return [];
      const near = nearest(name, known);
      const hint = near === undefined ? listed("known: ", known) : `did you mean ${JSON.stringify(near)}?`;
      return [{ path, aim: "value", message: `there is no upstream named ${JSON.stringify(name)}`, hint }];
    }),
  );
}

/** The upstreams an input or a processor names: `upstream` and `upstreams`, its own or of its `rules`; never what a `match` compares. */
function targets(component: unknown, path: Path): { name: string; path: Path }[] {
  const rules = valueAt(component, ["rules"]);
  const places = Array.isArray(rules) ? rules.map((_, index): Path => ["rules", index]) : [];
  return [[], ...places].flatMap((place: Path) =>
    ["upstream", "upstreams"].flatMap((key) => {
      const written = valueAt(component, [...place, key]);
      const here = [...path, ...place, key];
      if (typeof written === "string") return [{ name: written, path: here }];
      if (!Array.isArray(written)) return [];
      return written.flatMap((name: unknown, index) => (typeof name === "string" ? [{ name, path: [...here, index] }] : []));
    }),
  );
}

function noDefault(value: Value): Finding[] {
  const upstreams = value["upstreams"];
  if (typeof upstreams !== "object" || upstreams === null || Array.isArray(upstreams)) return [];
  if (defaultUpstreamOf(value) !== undefined) return [];
  const none = Object.keys(upstreams).length === 0;
  const message = none ? "there is no upstream" : "no upstream takes what no route claims";
  const hint = none ? "add one, or remove the line to get the built-in one" : 'name one of them "default"';
  return [{ path: ["upstreams"], aim: "key", message, hint }];
}
