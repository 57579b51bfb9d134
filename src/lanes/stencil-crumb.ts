import { categoryJson, dataKey, dataValue, messageJson } from "../sentry/breadcrumb.ts";
import type { FieldValue } from "../record/record.ts";
import type { Role } from "../codec/spellings.ts";
import type { SeverityNumber } from "../record/severity.ts";
import { eventLevel } from "../sentry/level.ts";
import type { Part } from "./stencil-cut.ts";
import type { Hole } from "./stencil-hole.ts";
import type { StencilParts } from "./stencil.ts";

type Crumb = Pick<StencilParts, "pieces" | "shown" | "time" | "unlike">;
/** JSON, or what stands for it; undefined: the time of arrival. */
type Piece = string | Hole | undefined;

/**
 * The breadcrumb of a frame with the members `parts`, in the order of `breadcrumbJson`; `holes` are those of the members
 * that vary. Undefined where what it shows depends on how the values of two members compare.
 */
export function assembled(parts: readonly Part[], holes: readonly (Hole | undefined)[], input: string): Crumb | undefined {
  const find = (role: Role): Found | undefined => {
    const index = parts.findIndex(({ reading }) => reading?.role === role);
    return index < 0 ? undefined : { read: parts[index]?.read, hole: holes[index] };
  };
  const [time, level, message] = [find("time"), find("level"), find("message")];
  const [logger, service] = [find("logger"), find("service")];
  const category = logger ?? service ?? { read: input, hole: undefined };
  const isTwice = logger !== undefined && service !== undefined;
  if (isTwice && logger.read === service.read && (logger.hole ?? service.hole) !== undefined) return undefined;
  const row = new Row();
  row.add('{"timestamp":', time?.hole, ',"level":"', level?.hole ?? eventLevel(level?.read as SeverityNumber), '","category":');
  row.add(...shownAs(category, (read) => categoryJson(read as string)));
  row.add(',"message":', ...shownAs(message, (read) => messageJson(read as string)));
  row.open();
  if (isTwice && logger.read !== service.read) row.member("service", service);
  row.member("method", find("method"));
  row.member("url", pathOnly(find("url") ?? find("path")));
  row.member("status_code", find("status"));
  for (const [i, { reading, value }] of parts.entries()) {
    if (reading?.field !== undefined) row.member(reading.field, { read: value, hole: holes[i] });
  }
  row.close();
  const unlike = isTwice && logger.read !== service.read ? ([textOf(logger), textOf(service)] as const) : undefined;
  return { pieces: row.pieces, shown: row.shown, time: time?.hole, unlike };
}

/** What a property is filled with, and the hole where that varies. */
interface Found {
  readonly read: unknown;
  readonly hole: Hole | undefined;
}

function shownAs(found: Found | undefined, json: (read: unknown) => string): readonly Piece[] {
  if (found?.hole === undefined) return [json(found?.read)];
  return found.hole.isQuoted ? ['"', found.hole, '"'] : [found.hole];
}

function textOf({ read, hole }: Found): string | Hole {
  return hole ?? String(read);
}

function pathOnly(found: Found | undefined): Found | undefined {
  if (found === undefined || typeof found.read !== "string") return found;
  const question = found.read.indexOf("?");
  return question < 0 ? found : { read: found.read.slice(0, question), hole: found.hole };
}

/** The breadcrumb as it grows. */
class Row {
  readonly pieces: string[] = [""];
  readonly shown: (Hole | undefined)[] = [];
  #members = -1;

  add(...pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (typeof piece === "string") this.pieces[this.pieces.length - 1] += piece;
      else {
        this.shown.push(piece);
        this.pieces.push("");
      }
    }
  }

  /** From here on members of `data` come. */
  open(): void {
    this.#members = 0;
  }

  member(name: string, found: Found | undefined): void {
    if (found === undefined) return;
    this.add(this.#members === 0 ? ',"data":{' : ",", dataKey(name));
    this.add(...shownAs(found, (read) => dataValue(read as FieldValue)));
    this.#members += 1;
  }

  close(): void {
    this.add(this.#members > 0 ? "}}" : "}");
  }
}
