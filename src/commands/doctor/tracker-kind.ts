import type { Answer } from "../../wire/http-ask.ts";

/** Trackers that can be told apart. */
export type TrackerKind = "sentry.io" | "Sentry" | "Relay" | "GlitchTip" | "Bugsink" | "Spotlight";

/** What a tracker is, as far as its answers say. */
export interface Tracker {
  readonly kind: TrackerKind;
  /** "GlitchTip 5.1", "Sentry (sentry.io)". */
  readonly name: string;
  /** What it does with what a relay sends. */
  readonly takes: string;
  /** False where logs are answered with 200 and dropped. */
  readonly logs: boolean;
}

/** What can be asked of any tracker without a key, by what the answer shows. Paths below the DSN's own prefix. */
export const PROBES = {
  /** Relay answers for itself; everything else it may pass on to the Sentry behind it. */
  relay: "/api/relay/healthcheck/live/",
  glitchtip: "/api/settings/",
  /** Sentry and GlitchTip. */
  index: "/api/0/",
  /** Bugsink shows its name only to browsers. */
  login: "/accounts/login/",
} as const;

export type Probe = keyof typeof PROBES;

/** Answers by what was asked; those that never came are absent. `envelope` is the answer to what the key was sent with. */
export type Answers = { readonly [asked in Probe | "envelope"]?: Answer | undefined };

/** Whether the host alone says that it is Sentry's own service, so that nothing needs to be asked. */
export function isSentryIo(host: string): boolean {
  return host === "sentry.io" || host.endsWith(".sentry.io");
}

/** Which tracker it is; undefined where nothing tells. */
export function trackerOf(host: string, answers: Answers): Tracker | undefined {
  if (isSentryIo(host)) return known("sentry.io", "Sentry (sentry.io)");
  const all = Object.values(answers);
  if (all.some((answer) => answer?.headers["x-powered-by"] === "spotlight-by-sentry")) return known("Spotlight", "Spotlight");
  if (typeof jsonOf(answers.relay)["is_healthy"] === "boolean") return known("Relay", "Sentry Relay");
  const settings = jsonOf(answers.glitchtip);
  if ("iPaidForGlitchTip" in settings || "glitchtipInstanceName" in settings)
    return known("GlitchTip", named("GlitchTip", settings));
  const index = jsonOf(answers.index);
  if (index["version"] === "0" && "auth" in index && "user" in index) return known("Sentry", "Sentry, self-hosted");
  if (isBugsink(answers)) return known("Bugsink", "Bugsink");
  return undefined;
}

const TAKES: Readonly<Record<TrackerKind, readonly [takes: string, logs: boolean]>> = {
  "sentry.io": ["takes issues and logs", true],
  Sentry: ["takes issues, and logs where its version has them", true],
  Relay: ["takes issues and logs, and passes them on to its own upstream", true],
  GlitchTip: ["takes issues, and logs unless GLITCHTIP_ENABLE_LOGS is False", true],
  Bugsink: ["takes issues; logs and client reports are answered with 200 and dropped", false],
  Spotlight: ["takes issues and logs for development: it keeps the newest in memory and checks no key", true],
};

function known(kind: TrackerKind, name: string): Tracker {
  const [takes, logs] = TAKES[kind];
  return { kind, name, takes, logs };
}

function named(name: string, { version }: Readonly<Record<string, unknown>>): string {
  return typeof version === "string" && /^[\w.+-]{1,32}$/.test(version) ? `${name} ${version}` : name;
}

/** Its refusal of a key has words of its own; its log-in page shows its logo under whatever title. */
function isBugsink({ envelope, login }: Answers): boolean {
  if (envelope !== undefined && envelope.status === 403 && envelope.body.includes("Project not found or key incorrect"))
    return true;
  return login !== undefined && login.status === 200 && /bugsink/i.test(login.body);
}

/** The object in a successful answer, or one without fields. A Relay that is ill says so with 503. */
function jsonOf(answer: Answer | undefined): Readonly<Record<string, unknown>> {
  if (answer === undefined || (answer.status !== 200 && answer.status !== 503)) return {};
  try {
    const parsed: unknown = JSON.parse(answer.body);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
