import type { Processor } from "../../component/processor.ts";
import type { FieldValue, HttpRequest, LogRecord, User } from "../../record/record.ts";
import { marker } from "./mark.ts";
import { SecretNames } from "./names.ts";
import { OwnPatterns, type OwnPattern } from "./own-patterns.ts";
import { TextScrubber } from "./text.ts";
import { ValueScrubber } from "./values.ts";

/** What a person can set. */
export interface ScrubOptions {
  readonly enabled: boolean;
  readonly keys: readonly string[];
  readonly patterns: readonly OwnPattern[];
  readonly allow: readonly string[];
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
  "too_deep",
];

/** Scrubs everything of a record that may leave the relay. */
export function scrubber(options: ScrubOptions): Processor {
  if (!options.enabled) return { process: () => "keep" };
  const counts = new Map<string, number>([...RULES, ...options.patterns.map((own) => own.name)].map((rule) => [rule, 0]));
  const count = (rule: string): void => {
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  };
  const names = new SecretNames(options.keys, options.allow);
  const mark = marker(options.hash, options.hash_key);
  const text = new TextScrubber({ names, own: new OwnPatterns(options.patterns), mark, count });
  const values = new ValueScrubber({ names, text, mark, count });
  const properties = new RecordScrubber(text, values, new Set(options.allow));
  return {
    deferrable: true,
    process(record) {
      properties.scrub(record);
      return "keep";
    },
    counts: () => counts,
  };
}

class RecordScrubber {
  readonly #text: TextScrubber;
  readonly #values: ValueScrubber;
  readonly #allowed: ReadonlySet<string>;

  constructor(text: TextScrubber, values: ValueScrubber, allowed: ReadonlySet<string>) {
    this.#text = text;
    this.#values = values;
    this.#allowed = allowed;
  }

  scrub(record: LogRecord): void {
    if (!this.#allowed.has("message")) record.message = this.#text.scrub(record.message);
    record.template = this.#optional("template", record.template);
    record.transaction = this.#optional("transaction", record.transaction);
    record.stackText = this.#optional("stack", record.stackText);
    record.errorMessage = this.#optional("error_message", record.errorMessage);
    if (record.fingerprint !== undefined) record.fingerprint = record.fingerprint.map((part) => this.#text.scrub(part));
    if (record.user !== undefined && !this.#allowed.has("user")) this.#user(record.user);
    if (record.request !== undefined && !this.#allowed.has("request")) this.#request(record.request);
    if (record.fields.size > 0) record.fields.forEach(this.#field);
  }

  // A bound function made once: one closure per record would be garbage per record.
  readonly #field = (value: FieldValue, name: string, fields: Map<string, FieldValue>): void => {
    const scrubbed = this.#values.field(name, value);
    if (scrubbed !== value) fields.set(name, scrubbed);
  };

  #optional(name: string, text: string | undefined): string | undefined {
    return text === undefined || this.#allowed.has(name) ? text : this.#text.scrub(text);
  }

  #user(user: User): void {
    for (const name of ["id", "email", "username", "name"] as const) {
      const text = user[name];
      if (text !== undefined) user[name] = this.#text.scrub(text);
    }
  }

  #request(request: HttpRequest): void {
    if (request.url !== undefined && !this.#allowed.has("url")) request.url = this.#text.scrub(request.url);
    if (request.query_string !== undefined) request.query_string = this.#text.scrub(request.query_string);
    if (request.headers !== undefined) request.headers = this.#headers(request.headers);
  }

  #headers(headers: Record<string, string>): Record<string, string> {
    let changed = false;
    const entries = Object.entries(headers).map(([name, value]): [string, string] => {
      const scrubbed = this.#values.field(name, value);
      if (scrubbed === value || typeof scrubbed !== "string") return [name, value];
      changed = true;
      return [name, scrubbed];
    });
    return changed ? Object.fromEntries(entries) : headers;
  }
}
