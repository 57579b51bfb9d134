import { compileGlob, isBadPattern, type TextTest } from "../../component/pattern.ts";
import type { Processor } from "../../component/processor.ts";
import type { FieldValue, HttpRequest, LogRecord, User } from "../../record/record.ts";
import { FieldNames } from "./field-names.ts";
import { isHarmless } from "./harmless.ts";
import { marker } from "./mark.ts";
import { SecretNames } from "./names.ts";
import { OwnPatterns, type OwnPattern } from "./own-patterns.ts";
import { Tally } from "./tally.ts";
import { TextScrubber } from "./text.ts";
import { mayBeCard, ValueScrubber } from "./values.ts";

/** What a person can set. */
export interface ScrubOptions {
  readonly enabled: boolean;
  readonly keys: readonly string[];
  readonly patterns: readonly OwnPattern[];
  readonly allow: readonly string[];
  /** Globs, each over the whole of a value. */
  readonly allow_values: readonly string[];
  readonly hash: boolean;
  readonly hash_key: string;
}

/** The built-in rules, by the names their counters have. */
export const RULES: readonly string[] = [
  "key",
  "card",
  "iban",
  "jwt",
  "pem",
  "aws_key",
  "google_key",
  "github_token",
  "gitlab_token",
  "slack_token",
  "stripe_key",
  "api_token",
  "bearer",
  "basic_auth",
  "url_credentials",
  "password_hash",
  "name",
  "too_deep",
];

/** What request ids nearly always are; looking for secrets in it takes ten times as long. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** V8 copies slices of up to so many characters. */
const MAX_CLEAN_CHARS = 12;
const USER = ["id", "email", "username", "name"] as const;

/** Scrubs everything of a record that may leave the relay. */
export function scrubber(options: ScrubOptions): Processor {
  if (!options.enabled) return { process: () => "keep" };
  const tally = new Tally([...RULES, ...options.patterns.map((own) => own.name)]);
  const names = new SecretNames(options.keys, options.allow);
  const mark = marker(options.hash, options.hash_key);
  const own = new OwnPatterns(options.patterns);
  const isAllowed = anyOf(options.allow_values);
  const text = new TextScrubber({ names, own, mark, count: (rule) => tally.count(rule), isAllowed });
  // A name is looked at once and counted each time, so what is found in it is not.
  const nameText = new TextScrubber({ names, own, mark, count: () => undefined, isAllowed });
  const fieldNames = new FieldNames(names, (name) => nameText.scrub(name));
  const values = new ValueScrubber({ names: fieldNames, text, mark, tally, isAllowed });
  // What a person's own patterns find, nobody can tell beforehand.
  const skims = options.patterns.length === 0;
  const record = new RecordScrubber({ text, values, tally, names: fieldNames, allowed: new Set(options.allow), skims });
  return {
    deferrable: true,
    process(given) {
      record.scrub(given);
      return "keep";
    },
    leaves: (value, field) => record.leaves(value, field),
    leavesAt: (view, start, end, field) => record.leavesAt(view, start, end, field),
    takeCounts: () => tally.take(),
    watch: (witness) => tally.watch(witness),
  };
}

/** One test for all globs; undefined when there are none. */
function anyOf(globs: readonly string[]): ((value: string) => boolean) | undefined {
  const tests = globs.map((glob) => compileGlob(glob)).filter((test): test is TextTest => !isBadPattern(test));
  return tests.length === 0 ? undefined : (value) => tests.some((test) => test(value));
}

interface RecordScrubberParts {
  readonly text: TextScrubber;
  readonly values: ValueScrubber;
  readonly tally: Tally;
  readonly names: FieldNames;
  readonly allowed: ReadonlySet<string>;
  readonly skims: boolean;
}

class RecordScrubber {
  readonly #text: TextScrubber;
  readonly #values: ValueScrubber;
  readonly #tally: Tally;
  readonly #names: FieldNames;
  readonly #allowed: ReadonlySet<string>;
  readonly #skims: boolean;
  readonly #clean = new Map<string, string>();
  #renamed = 0;

  constructor({ text, values, tally, names, allowed, skims }: RecordScrubberParts) {
    this.#text = text;
    this.#values = values;
    this.#tally = tally;
    this.#names = names;
    this.#allowed = allowed;
    this.#skims = skims;
  }

  scrub(record: LogRecord): void {
    record.message = this.#one("message", record.message);
    record.template = this.#optional("template", record.template);
    record.logger = this.#usual("logger", record.logger);
    record.service = this.#usual("service", record.service);
    record.host = this.#usual("host", record.host);
    record.environment = this.#usual("environment", record.environment);
    record.release = this.#usual("release", record.release);
    record.dist = this.#usual("dist", record.dist);
    record.transaction = this.#optional("transaction", record.transaction);
    if (record.requestId !== undefined && !UUID.test(record.requestId))
      record.requestId = this.#one("request_id", record.requestId);
    record.stackText = this.#optional("stack", record.stackText);
    record.errorType = this.#optional("error_type", record.errorType);
    record.errorMessage = this.#optional("error_message", record.errorMessage);
    if (record.fingerprint !== undefined) record.fingerprint = record.fingerprint.map((part) => this.#one("fingerprint", part));
    if (record.user !== undefined && !this.#allowed.has("user")) this.#user(record.user);
    if (record.request !== undefined && !this.#allowed.has("request")) this.#request(record.request);
    if (record.fields.size === 0) return;
    this.#renamed = 0;
    record.fields.forEach(this.#field);
  }

  /** As {@link Processor.leaves}. */
  leaves(value: string | number, field: string | undefined): boolean {
    if (field !== undefined) {
      const { written, kind } = this.#names.get(field);
      if (written !== undefined || kind.secret) return false;
      if (kind.allowed) return true;
    }
    return typeof value === "number" ? !mayBeCard(value) : this.#text.isClean(value);
  }

  /** As {@link Processor.leavesAt}. */
  leavesAt(view: DataView, start: number, end: number, field: string | undefined): boolean {
    if (field !== undefined) {
      const { written, kind } = this.#names.get(field);
      if (written !== undefined || kind.secret) return false;
    }
    return this.#skims && isHarmless(view, start, end);
  }

  // A bound function made once: one closure per record would be garbage per record.
  readonly #field = (value: FieldValue, given: string, fields: Map<string, FieldValue>): void => {
    const name = this.#names.get(given);
    if (value === name.clean && name.written === undefined) return;
    this.#tally.at(name.written ?? given);
    const scrubbed = this.#values.named(name, value);
    // A longer one may be a slice that keeps a whole line alive.
    if (scrubbed === value && typeof value === "string" && value.length <= MAX_CLEAN_CHARS) name.clean = value;
    if (name.written !== undefined) this.#rename(fields, given, name.written, scrubbed);
    else if (scrubbed !== value) fields.set(given, scrubbed);
  };

  /** A field whose name is a secret goes to the end of the fields; two that are then called the same are numbered. */
  #rename(fields: Map<string, FieldValue>, given: string, written: string, value: FieldValue): void {
    this.#tally.count("name");
    this.#renamed += 1;
    fields.delete(given);
    fields.set(fields.has(written) ? `${written} ${this.#renamed}` : written, value);
  }

  #optional(name: string, text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.#one(name, text);
  }

  /** What is the same in most records is looked at when it changes. */
  #usual(name: string, text: string | undefined): string | undefined {
    if (text === undefined || this.#clean.get(name) === text) return text;
    const scrubbed = this.#one(name, text);
    if (scrubbed === text) this.#clean.set(name, text);
    return scrubbed;
  }

  #one(name: string, text: string): string {
    if (this.#allowed.has(name)) return text;
    this.#tally.at(name);
    return this.#text.scrub(text);
  }

  #user(user: User): void {
    for (const name of USER) {
      const text = user[name];
      if (text !== undefined) user[name] = this.#inside("user", name, text);
    }
  }

  #request(request: HttpRequest): void {
    if (request.url !== undefined && !this.#allowed.has("url")) request.url = this.#inside("request", "url", request.url);
    if (request.query_string !== undefined) request.query_string = this.#inside("request", "query_string", request.query_string);
    if (request.headers !== undefined) request.headers = this.#headers(request.headers);
  }

  #inside(property: string, name: string, text: string): string {
    this.#tally.at(property);
    this.#tally.enter(name);
    return this.#text.scrub(text);
  }

  /** What it is made of is text, and stays it. */
  #headers(headers: Record<string, string>): Record<string, string> {
    this.#tally.at("request");
    this.#tally.enter("headers");
    return this.#values.value(headers, 1) as Record<string, string>;
  }
}
