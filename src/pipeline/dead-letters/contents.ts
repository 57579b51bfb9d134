import type { Parcel } from "../../record/parcel.ts";
import { JsonView } from "../../sentry/json-view.ts";
import { titleOf } from "../../text/title.ts";

/** Longer bodies are not looked into for a title: nothing that a relay makes is that long. */
const MAX_LOOKED_INTO_BYTES = 2 << 20;

/** Title and level of the event, or of the first of several logs, for a list. "" where the body does not say. */
export function titleAndLevel(parcels: readonly Parcel[]): { readonly title: string; readonly level: string } {
  const [first] = parcels;
  if (first === undefined || first.body.length > MAX_LOOKED_INTO_BYTES) return { title: "", level: "" };
  const { body } = first;
  const view = JsonView.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  const title = first.category === "error" ? eventTitle(view) : view.get("body").text;
  const others = parcels.length > 1 ? ` (and ${parcels.length - 1} more)` : "";
  return { title: title + others, level: view.get("level").text };
}

function eventTitle(event: JsonView): string {
  const entry = event.get("logentry");
  const headline = event.get("exception").get("values").list.at(-1);
  return titleOf({
    message: entry.get("formatted").text,
    template: entry.get("message").text,
    trace: undefined,
    errorType: headline?.get("type").text,
    errorMessage: headline?.get("value").text,
  });
}
