import type { Provenance } from "../record/provenance.ts";
import { NO_MESSAGE, newRecord, type FieldValue, type LogRecord } from "../record/record.ts";
import { errorChainOf } from "./error-chain.ts";
import { FieldBudget, hasMembers, jsonText, membersOf, plainValue, type Members } from "./field-values.ts";
import { CONTAINER_RANK, namesInContainer, namesOf, type Meaning, type Names } from "./names.ts";
import { kubernetesOf } from "./kubernetes.ts";
import { isBlank, READER_BY_SLOT, SLOT, type Slot, type ValueOf } from "./readers.ts";
import { LISTS, ROLES, type Dialect, type Form, type Role } from "./spellings.ts";

const NONE = 0x7fff;
/** Objects inside objects that are searched for a record's properties. */
const MAX_SEARCH_DEPTH = 5;
/** How deep a container may lie: `record.extra`. */
const MAX_CONTAINER_DEPTH = 2;
/** Objects of a list that are searched: scopes and spans, outermost first. */
const MAX_LISTED = 32;
/** What an object has that is a message in itself: winston's is shown as it is, one of AWS Lambda says an error. */
const SAYING: ReadonlySet<number> = new Set([SLOT.message, SLOT.errorMessage, SLOT.errorType, SLOT.stack]);
/** A level in words says more than a number, which every library counts differently; not in GELF, where it is syslog's. */
const NUMBER_PENALTY = 500;
/** Names that may mean something else altogether are worse than any level. */
const GUESS_PENALTY = 1_000;
const GUESSES: ReadonlySet<Form | undefined> = new Set<Form | undefined>(["word", "letter", "digit"]);
/** Ranks of what a log line inside a log record says of itself: better than anything its carrier says. */
const LINE_BONUS = -10_000;
/** Ranks of where a log line says it comes from: that is for its carrier to say. */
const LINE_PLACE_RANK = 8_000;
/** Ranks of what the request says: worse than anything the record says. */
const METADATA_PENALTY = 10_000;

/**
 * A record on its way from members to properties: for each role the best value so far, and by which name it came.
 * What loses, or does not fit its role, stays a field. One draft serves all records of a thread, one after the other.
 */
export class Draft {
  record!: LogRecord;
  dialect: Dialect = "json";
  readonly budget = new FieldBudget();
  /** Whether any member spoke of a user or a request. */
  hasRequest = false;
  /** Whether any member spoke of a container. */
  hasContainer = false;
  #names: Names = namesOf("json");
  readonly #ranks = new Int16Array(ROLES.length).fill(NONE);
  readonly #values: unknown[] = ROLES.map(() => undefined);
  readonly #raw: unknown[] = ROLES.map(() => undefined);
  readonly #meanings: (Meaning | undefined)[] = ROLES.map(() => undefined);
  readonly #scene = { receivedMs: 0, gelf: false };
  #base = 0;

  begin(from: Provenance, dialect: Dialect): void {
    this.record = newRecord(from, NO_MESSAGE);
    this.budget.reset();
    this.#ranks.fill(NONE);
    this.hasRequest = false;
    this.hasContainer = false;
    this.#base = 0;
    this.#scene.receivedMs = from.receivedMs;
    this.#speak(dialect);
  }

  /** Takes the members of the record's object. */
  takeAll(object: Members): void {
    if (object instanceof Map) {
      const map: ReadonlyMap<unknown, unknown> = object;
      for (const [key, value] of map) this.#take(typeof key === "string" ? key : jsonText(key), value);
      return;
    }
    const members = object as Readonly<Record<string, unknown>>;
    // oxlint-disable-next-line guard-for-in -- what JSON.parse makes inherits nothing that is enumerable
    for (const key in members) this.#take(key, members[key]);
  }

  /** Takes the members of a JSON object that was the record's message: they are what the program said itself. */
  takeLine(object: Members, dialect: Dialect): void {
    this.#ranks[SLOT.message] = NONE;
    const carrier = this.dialect;
    this.#speak(dialect);
    this.#base = LINE_BONUS;
    this.takeAll(object);
    this.#base = 0;
    this.#speak(carrier);
  }

  /** Takes what the request says, where the record itself says nothing. */
  takeMetadata(metadata: ReadonlyMap<string, string>): void {
    const names = namesOf("json");
    this.#base = METADATA_PENALTY;
    for (const [key, value] of metadata) {
      const meaning = names.get(key);
      if (meaning.slot >= 0 && (this.#ranks[meaning.slot] !== NONE || this.#offer(meaning, value))) continue;
      if (!this.record.fields.has(meaning.name)) this.addField(meaning.name, value);
    }
    this.#base = 0;
  }

  /** The value of a role; undefined when no member had one. */
  get<R extends Role>(slot: Slot<R>): ValueOf<R> | undefined {
    // The readers and `ValueOf` are two halves of one table, so the slot of a role holds what its reader made.
    return this.#ranks[slot] === NONE ? undefined : (this.#values[slot] as ValueOf<R>);
  }

  /** How good the name of a role's value was; the lower the better. */
  rank(slot: Slot<Role>): number {
    return this.#ranks[slot] ?? NONE;
  }

  /** The name by which a role's value came; "" when there is none or it came from inside another. */
  nameOf(slot: Slot<Role>): string {
    return this.#ranks[slot] === NONE ? "" : (this.#meanings[slot]?.name ?? "");
  }

  /** How that name says the value is written. */
  formOf(slot: Slot<Role>): Form | undefined {
    return this.#ranks[slot] === NONE ? undefined : this.#meanings[slot]?.form;
  }

  /** The role's value was of no use: its member becomes a field again. */
  giveBack(slot: Slot<Role>): void {
    if (this.#ranks[slot] === NONE) return;
    this.#returnToFields(slot);
    this.#ranks[slot] = NONE;
  }

  addField(name: string, value: unknown): void {
    this.budget.add(this.record.fields, name, value);
  }

  #speak(dialect: Dialect): void {
    this.dialect = dialect;
    this.#names = namesOf(dialect);
    this.#scene.gelf = dialect === "gelf";
  }

  #take(key: string, given: unknown): void {
    if (given === null || given === undefined) return;
    const meaning = this.#names.get(key);
    let value: unknown = given;
    if (typeof given === "object") {
      if (hasMembers(given)) {
        const left = this.#search(meaning, given, 1);
        if (left !== undefined) this.addField(meaning.name, left);
        return;
      }
      if (Array.isArray(given) && LISTS.has(meaning.name)) {
        this.addField(meaning.name, this.#searchList(meaning, given));
        return;
      }
      value = plainValue(given);
    } else if (typeof given === "bigint") value = plainValue(given);
    if (meaning.slot < 0 || !this.#offer(meaning, value)) this.addField(meaning.name, value);
  }

  /** Looks into an object; what is left of it once its members have found their roles, undefined when nothing is. */
  #search(meaning: Meaning, object: Members, depth: number): unknown {
    if (meaning.role === "kubernetes") {
      for (const [role, value] of kubernetesOf(object)) this.#put(SLOT[role], value, meaning.rank + this.#baseOf(SLOT[role]));
      return object;
    }
    const container = depth <= MAX_CONTAINER_DEPTH ? namesInContainer(this.dialect, meaning.name) : undefined;
    const names = container ?? meaning.inside;
    if (names === undefined || depth > MAX_SEARCH_DEPTH) return this.#whole(meaning, object);
    if (
      container !== undefined &&
      meaning.slot === SLOT.message &&
      !membersOf(object).some(([key]) => SAYING.has(names.get(key).slot))
    )
      return this.#whole(meaning, object);
    const told =
      meaning.slot === SLOT.error || meaning.name === "thrown"
        ? this.#takeChain(object, meaning.rank > CONTAINER_RANK)
        : undefined;
    const left: [string, unknown][] = [];
    let used = told !== undefined;
    for (const [key, value] of membersOf(object)) {
      if (told?.has(key) === true) continue;
      const inner = names.get(key);
      const rest = this.#searchMember(inner, value, depth);
      if (rest !== value) used = true;
      if (rest !== undefined) left.push([key, rest]);
    }
    if (left.length === 0) return undefined;
    return used ? Object.fromEntries(left) : this.#whole(meaning, object);
  }

  /** Takes the trace of an error that a logger took apart; returns the members that are said with it. */
  #takeChain(object: Members, isInside: boolean): ReadonlySet<string> | undefined {
    const chain = errorChainOf(object);
    // Better than the parts it is made of.
    const rank = 1 + this.#base + (isInside ? CONTAINER_RANK : 0);
    return chain !== undefined && this.#put(SLOT.stack, chain.stack, rank) ? chain.used : undefined;
  }

  /** What is left of a list of objects once their members have found their roles; undefined when nothing is. */
  #searchList(meaning: Meaning, list: readonly unknown[]): unknown {
    const left = list
      .map((item, index) => (index < MAX_LISTED && hasMembers(item) ? this.#search(meaning, item, 1) : item))
      .filter((item) => item !== undefined);
    return left.length === 0 ? undefined : left;
  }

  #searchMember(meaning: Meaning, value: unknown, depth: number): unknown {
    if (value === null || value === undefined) return undefined;
    if (hasMembers(value)) return this.#search(meaning, value, depth + 1);
    return meaning.slot >= 0 && this.#offer(meaning, plainValue(value)) ? undefined : value;
  }

  /** An object as the value of a role: winston logs objects as messages, MongoDB times. */
  #whole(meaning: Meaning, object: Members): unknown {
    return meaning.slot >= 0 && this.#offer(meaning, object) ? undefined : object;
  }

  /** True when the member need not stay a field. */
  #offer(meaning: Meaning, value: unknown): boolean {
    if (typeof value === "string" && isBlank(value)) return true;
    for (let reading: Meaning | undefined = meaning; reading !== undefined; reading = reading.otherwise) {
      const read = READER_BY_SLOT[reading.slot]?.(value, reading, this.#scene);
      if (read === undefined) continue;
      const penalty = reading.slot === SLOT.level ? this.#levelPenalty(reading.form, value) : 0;
      if (!this.#put(reading.slot, read, reading.rank + this.#baseOf(reading.slot) + penalty)) {
        // What loses but says the same is no loss.
        return !reading.kept && this.#values[reading.slot] === read;
      }
      this.#raw[reading.slot] = value;
      this.#meanings[reading.slot] = reading;
      return !reading.kept;
    }
    return false;
  }

  #baseOf(slot: number): number {
    return this.#base === LINE_BONUS && isPlace(slot) ? LINE_PLACE_RANK : this.#base;
  }

  #levelPenalty(form: Form | undefined, value: unknown): number {
    if (this.#scene.gelf) return 0;
    return GUESSES.has(form) ? GUESS_PENALTY : typeof value === "number" ? NUMBER_PENALTY : 0;
  }

  #put(slot: number, value: unknown, rank: number): boolean {
    const best = this.#ranks[slot] ?? NONE;
    if (rank >= best) return false;
    // The carrier's time and level say nothing once the line has its own.
    const replacesCarrier = rank < LINE_BONUS / 2 && best > LINE_BONUS / 2;
    const isNews =
      this.#values[slot] !== value && !(replacesCarrier && (slot === SLOT.time || slot === SLOT.level || slot === SLOT.message));
    if (best !== NONE && isNews) this.#returnToFields(slot);
    this.#ranks[slot] = rank;
    this.#values[slot] = value;
    this.#meanings[slot] = undefined;
    if (isPlace(slot)) this.hasContainer = true;
    else if (slot >= SLOT.userId && slot <= SLOT.httpHost) this.hasRequest = true;
    return true;
  }

  #returnToFields(slot: number): void {
    const meaning = this.#meanings[slot];
    if (meaning === undefined || meaning.kept) return;
    const { fields } = this.record;
    // What came from inside an object goes back there, so that the data keeps its shape.
    const dot = meaning.name.lastIndexOf(".");
    const parent = dot < 0 ? undefined : fields.get(meaning.name.slice(0, dot));
    const key = meaning.name.slice(dot + 1);
    if (!hasMembers(parent) || Object.hasOwn(parent, key)) {
      this.addField(meaning.name, this.#raw[slot]);
      return;
    }
    const bounded = new Map<string, FieldValue>();
    this.budget.add(bounded, key, this.#raw[slot]);
    fields.set(meaning.name.slice(0, dot), Object.fromEntries([...Object.entries(parent), ...bounded]));
  }
}

function isPlace(slot: number): boolean {
  return slot >= SLOT.namespace && slot <= SLOT.image;
}
