import { flatFrame, type FlatFrame } from "../codec/flat-frame.ts";
import type { FlatMember } from "../codec/flat-members.ts";
import { readingOf, reread, type Reading } from "../codec/member-reading.ts";
import { namesInContainer, namesOf } from "../codec/names.ts";
import type { Dialect, Role } from "../codec/spellings.ts";
import type { Codec } from "../component/codec.ts";
import { assembled } from "./stencil-crumb.ts";
import { canHold, Hole, isCuttable, type Screen } from "./stencil-hole.ts";
import { MAX_HOLES, Stencil } from "./stencil.ts";

/** What a stencil is cut from. */
export interface Cutting {
  readonly codec: Codec;
  /** A frame that is a record. */
  readonly frame: Buffer;
  /** Name of its input. */
  readonly input: string;
  readonly receivedMs: number;
  readonly screen: Screen;
  /** Stencils that were cut before. */
  readonly others: readonly Stencil[];
}

/** A member with what the full decode makes of it alone. */
export interface Part {
  readonly member: FlatMember;
  readonly value: unknown;
  /** Undefined: it is nothing, null or blank. */
  readonly reading: Reading | undefined;
  /** What its property is filled with. */
  readonly read: unknown;
}

export interface Cut {
  readonly stencil: Stencil;
  /** The one that it stands for as well. */
  readonly instead: Stencil | undefined;
}

/** Names that say something together with others, or about the whole record. */
const ENTANGLED: ReadonlySet<string> = new Set(["args", "controller", "action", "payload", "image_id", "PRIORITY", "log_file"]);
/** What is another in nearly every record. */
const VARYING: ReadonlySet<Role | undefined> = new Set<Role | undefined>(["time", "message", "requestId", "traceId", "spanId"]);
/** How a time that stands before the members is read: it is one. */
const STAMPED: Reading = { role: "time", field: undefined, meanings: [], taken: 0 };
/** Fields where there is neither a method nor an address. */
const REQUEST_ONLY: readonly Role[] = ["path", "query", "status", "userAgent", "referrer", "httpHost"];

/**
 * Cuts a stencil from a frame; undefined where its members do not stand each for itself. What the stencil makes of the frame
 * has to be compared with what the full decode makes of it before it is used.
 */
export function cutStencil(cutting: Cutting): Cut | undefined {
  const { codec, others } = cutting;
  const flat = flatFrame(codec, cutting.frame, MAX_HOLES - 1);
  if (flat === undefined) return undefined;
  const { dialect, notation } = flat;
  const text = cutting.frame.toString("latin1");
  const parts = partsOf(flat, cutting.receivedMs);
  if (!areApart(parts, dialect)) return undefined;
  const shape = parts.map(({ member }) => `${member.kind} ${member.name}`).join("\n");
  const values = parts.map(({ member }) => text.slice(member.start, member.end));
  // What differs from an older stencil of that shape varies, if it may.
  const isLike = ({ parts: old }: Stencil): boolean =>
    old.shape === shape && parts.every((part, i) => old.values[i] === values[i] || mayVary(part));
  const instead = others.find(isLike);
  const varies = (part: Part, i: number): boolean =>
    instead === undefined ? VARYING.has(part.reading?.role) : instead.parts.values[i] !== values[i];
  const holes = parts.map((part, i) => {
    const { reading, member } = part;
    if (reading === undefined || !varies(part, i) || !mayVary(part)) return undefined;
    const kind = reading === STAMPED ? "stamp" : member.kind === "text" ? "text" : "word";
    return new Hole({ kind, notation, reading, dialect, screen: cutting.screen });
  });
  const crumb = assembled(parts, holes, cutting.input);
  if (crumb === undefined) return undefined;
  const stencil = new Stencil({
    shape,
    notation,
    values: values.map((value, i) => (holes[i] === undefined ? value : undefined)),
    literals: literalsOf(text, parts, holes),
    holes: holes.filter((hole) => hole !== undefined),
    ...crumb,
  });
  return { stencil, instead };
}

function partsOf({ dialect, members, object, stamp }: FlatFrame, receivedMs: number): readonly Part[] {
  const parts = members.map((member): Part => {
    const value = object[member.name];
    const reading = value === null ? undefined : readingOf(dialect, member.name, value, receivedMs);
    return { member, value, reading, read: reading === undefined ? undefined : reread(reading, value, dialect, receivedMs) };
  });
  if (stamp === undefined) return parts;
  return [{ member: { ...stamp, name: "", kind: "word" }, value: 0, reading: STAMPED, read: 0 }, ...parts];
}

function mayVary({ member, reading }: Part): boolean {
  return member.kind !== "other" && reading !== undefined && canHold(reading);
}

/** Whether what becomes of each member depends on nothing but its own value, and the level and the message are said. */
function areApart(parts: readonly Part[], dialect: Dialect): boolean {
  const readings = parts.map(({ reading }) => reading).filter((reading) => reading !== undefined);
  const roles = readings.map(({ role }) => role).filter((role) => role !== undefined);
  const fields = readings.map(({ field }) => field).filter((field) => field !== undefined);
  const byRole = (role: Role): Reading | undefined => readings.find((reading) => reading.role === role);
  return (
    new Set(roles).size === roles.length &&
    new Set(fields).size === fields.length &&
    byRole("message") !== undefined &&
    formOf(byRole("level")) !== "digit" &&
    parts.every((part) => standsAlone(part, dialect)) &&
    isRequest(roles, byRole("path"))
  );
}

/** How a level is written; "digit", where it may be a whole service's, also when there is none. */
function formOf(level: Reading | undefined): string | undefined {
  return level === undefined ? "digit" : level.meanings[level.taken]?.form;
}

function standsAlone({ member, value, reading }: Part, dialect: Dialect): boolean {
  const meaning = namesOf(dialect).get(member.name);
  if (ENTANGLED.has(meaning.name)) return false;
  if (reading === undefined) return true;
  // Whether a time may be believed depends on when it came.
  if (reading.role === "time" ? !canHold(reading) : reading.meanings.some(({ role }) => role === "time")) return false;
  if (reading.role !== undefined && !isCuttable(reading.role)) return false;
  return typeof value !== "object" || (meaning.slot < 0 && meaning.inside === undefined && !isContainer(dialect, meaning.name));
}

function isContainer(dialect: Dialect, name: string): boolean {
  return namesInContainer(dialect, name) !== undefined;
}

/** Parts of a request are no fields only where there is a request: a method, or an address that is one by itself. */
function isRequest(roles: readonly Role[], path: Reading | undefined): boolean {
  if (path !== undefined && roles.includes("url")) return false;
  if (roles.includes("method") || roles.includes("url")) return true;
  if (path !== undefined) return path.meanings[path.taken]?.form !== "bare";
  return !roles.some((role) => REQUEST_ONLY.includes(role));
}

/** What stands before, between and behind the holes. */
function literalsOf(text: string, parts: readonly Part[], holes: readonly (Hole | undefined)[]): string[] {
  const literals: string[] = [];
  let at = 0;
  for (const [i, { member }] of parts.entries()) {
    if (holes[i] === undefined) continue;
    literals.push(text.slice(at, member.start));
    at = member.end;
  }
  return [...literals, text.slice(at)];
}
