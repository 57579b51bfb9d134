/** Looks into parsed JSON of any shape: what is missing or of another type reads as empty. */
export class JsonView {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** JSON text as a view; an empty one when it is no JSON. */
  static parse(json: string): JsonView {
    try {
      return new JsonView(JSON.parse(json));
    } catch {
      return new JsonView(undefined);
    }
  }

  get(name: string): JsonView {
    const value = this.#value;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return new JsonView(undefined);
    return new JsonView((value as Readonly<Record<string, unknown>>)[name]);
  }

  /** Elements of a list; none when it is no list. */
  get list(): readonly JsonView[] {
    return Array.isArray(this.#value) ? this.#value.map((element: unknown) => new JsonView(element)) : [];
  }

  /** Members of an object; none when it is none. */
  get members(): readonly (readonly [name: string, value: JsonView])[] {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
    return Object.entries(value).map(([name, inner]) => [name, new JsonView(inner)]);
  }

  /** A text as it is, another scalar written out, a container as JSON; "" when there is nothing. */
  get text(): string {
    const value = this.#value;
    if (value === undefined || value === null) return "";
    return typeof value === "string" ? value : JSON.stringify(value);
  }

  get number(): number | undefined {
    return typeof this.#value === "number" ? this.#value : undefined;
  }

  get isTrue(): boolean {
    return this.#value === true;
  }

  get isPresent(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }
}
