import { templateOf } from "./template.ts";

const MAX_SEGMENTS = 12;
const MAX_SEGMENT_CHARS = 200;
const MAX_PART_CHARS = 64;
/** Words, files, versions: what a route is made of. */
const FIXED = /^(?:\.?[A-Za-z][A-Za-z_~-]{0,39}(?:\.[A-Za-z][A-Za-z0-9]{0,4})?|v\d{1,2}(?:\.\d{1,2})?)$/;

/** The path of a URL or a request without what varies: `/orders/1042/items` is `/orders/<num>/items`. Without its query. */
export function pathTemplate(url: string): string {
  const place = /^[a-z][a-z0-9+.-]{0,20}:\/\/[^/?#]*/i.exec(url)?.[0].length ?? 0;
  const end = url.slice(place).search(/[?#]/);
  const path = end < 0 ? url.slice(place) : url.slice(place, place + end);
  if (path === "" || path === "/") return "/";
  const segments = path.split("/", MAX_SEGMENTS + 2);
  const shown = segments.slice(0, MAX_SEGMENTS + 1).map((segment) => segmentTemplate(segment));
  return shown.join("/") + (segments.length > MAX_SEGMENTS + 1 ? "/..." : "");
}

function segmentTemplate(segment: string): string {
  if (segment === "" || FIXED.test(segment)) return segment;
  const template = templateOf(segment.slice(0, MAX_SEGMENT_CHARS)).template.replaceAll(/\s+/g, "_");
  // No route has a part so long.
  return template.length > MAX_PART_CHARS ? "<str>" : template;
}
