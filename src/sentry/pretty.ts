import type { Shipment } from "../component/delivery.ts";
import { clip } from "./bounds.ts";
import { JsonView } from "./json-view.ts";
import { paint, printable, printableLines, type Paint } from "./terminal.ts";

const TRAIL_LINES = 15;
const FRAMES = 20;
const MESSAGE_LINES = 30;
const EXTRA_LINES = 25;
const MAX_LINE_CHARS = 400;
/** Platforms whose modules say again what the file says. */
const MODULES_ARE_FILES: ReadonlySet<string> = new Set(["node", "javascript"]);

/**
 * What a shipment says, for a person at a terminal: an event with its title, tags, exception and trail, or one line
 * for each log. Ends with a line end. Nothing in it can make the terminal do more than show text.
 */
export function prettyShipment(shipment: Shipment, colour: boolean): string {
  const style = paint(colour);
  if (shipment.kind === "event") return prettyEvent(JsonView.parse(textOf(shipment.parcels[0].body)), style);
  if (shipment.kind === "logs")
    return shipment.parcels.map((parcel) => prettyLog(JsonView.parse(textOf(parcel.body)), style)).join("");
  const counts = shipment.discarded.map(({ reason, category, quantity }) => `${quantity} ${category} (${reason})`);
  return `${style.dim(`not sent on purpose: ${printable(counts.join(", "))}`)}\n`;
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}

function prettyEvent(event: JsonView, style: Paint): string {
  const level = event.get("level").text;
  const exceptions = event.get("exception").get("values").list.toReversed();
  const [firstLine = "", ...moreLines] = printableLines(event.get("logentry").get("formatted").text, MESSAGE_LINES);
  const headline = exceptions[0];
  const [title = "", ...moreTitle] = headline === undefined ? [firstLine] : printableLines(titleText(headline), MESSAGE_LINES);
  const lines = [`${painted(level.toUpperCase().padEnd(8), level, style)}${style.bold(short(title))}`];
  lines.push(...indented(8, [style.dim(placeOf(event)), tagLine(event, style)]));
  // With a stack trace the rest of the message is most often that trace.
  const message = headline === undefined ? moreLines : [...moreTitle, ...(title.includes(firstLine) ? [] : [firstLine])];
  if (message.length > 0) lines.push(...indented(8, message.map(short)));
  if (exceptions.some((value) => value.get("stacktrace").isPresent) || exceptions.length > 1) {
    const modules = !MODULES_ARE_FILES.has(event.get("platform").text);
    lines.push(...section("exception", exceptionLines(exceptions, modules, style), style));
  }
  lines.push(...section("trail", trailLines(event, style), style));
  lines.push(...section("request", requestLines(event), style));
  lines.push(...section("user", userLines(event), style));
  lines.push(...section("extra", extraLines(event, style), style));
  lines.push(...indented(2, [groupLine(event, style)]));
  const traceId = event.get("contexts").get("trace").get("trace_id").text;
  const trace = traceId === "" ? "" : `  trace ${short(traceId)}`;
  lines.push(...indented(2, [style.dim(`event ${short(event.get("event_id").text)}${trace}`)]));
  return `${lines.join("\n")}\n\n`;
}

function prettyLog(log: JsonView, style: Paint): string {
  const level = log.get("level").text;
  const attributes = log.get("attributes").members.filter(([name]) => !name.startsWith("sentry."));
  const shown = attributes.map(([name, value]) => `${short(name)}=${short(value.get("value").text)}`).join(" ");
  const head = `${style.dim(timeOf(log.get("timestamp").number).slice(11, 23))} ${painted(level.padEnd(6), level, style)}`;
  return `${head}${short(log.get("body").text)} ${style.dim(clip(shown, MAX_LINE_CHARS))}\n`;
}

/** When, who and where: what Sentry shows beside the title. */
function placeOf(event: JsonView): string {
  const places = ["logger", "transaction", "server_name", "environment", "release"].map((name) => event.get(name).text);
  return [timeOf(event.get("timestamp").number), ...places.filter((place) => place !== "").map(short)].join("  ");
}

function tagLine(event: JsonView, style: Paint): string {
  const tags = event.get("tags").members.map(([name, value]) => `${style.dim(`${short(name)}=`)}${short(value.text)}`);
  return tags.join(" ");
}

function titleText(exception: JsonView): string {
  const [type, value] = [exception.get("type").text, exception.get("value").text];
  return type === "" || value === "" ? type + value : `${type}: ${value}`;
}

function exceptionLines(exceptions: readonly JsonView[], modules: boolean, style: Paint): string[] {
  return exceptions.flatMap((exception, index) => {
    const title = short(printable(titleText(exception)));
    // The newest call is what one looks for first.
    const frames = exception.get("stacktrace").get("frames").list.toReversed();
    const lines = frames.slice(0, FRAMES).flatMap((frame) => frameLines(frame, modules, style));
    if (frames.length > FRAMES) lines.push(style.dim(`... ${frames.length - FRAMES} more frames`));
    return [style.red(index === 0 ? title : `caused by ${title}`), ...indented(2, lines)];
  });
}

function frameLines(frame: JsonView, modules: boolean, style: Paint): string[] {
  const [name, module] = [frame.get("function").text, modules ? frame.get("module").text : ""];
  const called = name === "" ? module : module === "" || name.startsWith(module) ? name : `${module}.${name}`;
  const position = ["lineno", "colno"].map((part) => frame.get(part).text).filter((part) => part !== "");
  const path = frame.get("filename").text || frame.get("abs_path").text;
  const file = path === "" && position.length > 0 ? `line ${position.join(":")}` : [path, ...position].join(":");
  const line = short(called === "" ? file : file === "" ? called : `${called}  ${file}`);
  if (!frame.get("in_app").isTrue) return [style.dim(`  ${line}`)];
  const source = frame.get("context_line").text.trim();
  return source === "" ? [`${style.cyan(">")} ${line}`] : [`${style.cyan(">")} ${line}`, style.dim(`    | ${short(source)}`)];
}

function trailLines(event: JsonView, style: Paint): string[] {
  const trail = event.get("breadcrumbs").get("values").list;
  const at = event.get("timestamp").number ?? 0;
  const lines = trail.slice(-TRAIL_LINES).map((crumb) => {
    const level = crumb.get("level").text;
    const category = crumb.get("category").text;
    const data = crumb.get("data").members.map(([name, value]) => `${short(name)}=${short(value.text)}`);
    const when = sinceText((crumb.get("timestamp").number ?? at) - at).padStart(8);
    const what = `${painted(level.padEnd(8), level, style)}${category === "" ? "" : `${style.dim(short(category))}  `}`;
    return `${style.dim(when)}  ${what}${short(crumb.get("message").text)} ${style.dim(clip(data.join(" "), 120))}`.trimEnd();
  });
  return trail.length > TRAIL_LINES ? [style.dim(`... ${trail.length - TRAIL_LINES} earlier`), ...lines] : lines;
}

function requestLines(event: JsonView): string[] {
  const request = event.get("request");
  const query = request.get("query_string").text;
  const asked = [request.get("method").text, request.get("url").text + (query === "" ? "" : `?${query}`)];
  const status = event.get("contexts").get("response").get("status_code").text;
  const client = event.get("user").get("ip_address").text;
  const line = [...asked, status === "" ? "" : `-> ${status}`, client === "" ? "" : `from ${client}`];
  const shown = line.filter((part) => part !== "");
  return request.isPresent && shown.length > 0 ? [short(shown.join(" "))] : [];
}

/** Who it happened to; the address stands beside the request where there is one. */
function userLines(event: JsonView): string[] {
  const members = event.get("user").members.filter(([name]) => name !== "ip_address" || !event.get("request").isPresent);
  return members.length === 0 ? [] : [short(members.map(([name, value]) => `${name}=${value.text}`).join(" "))];
}

/** What all events of the issue have in common. */
function groupLine(event: JsonView, style: Paint): string {
  const parts = event.get("fingerprint").list.map((part) => part.text);
  return parts.length === 0 ? "" : `${style.bold("grouped by")}  ${short(parts.join(" + "))}`;
}

function extraLines(event: JsonView, style: Paint): string[] {
  const members = event.get("extra").members;
  const lines = members.slice(0, EXTRA_LINES).map(([name, value]) => `${style.dim(short(name))}  ${short(value.text)}`);
  if (members.length > EXTRA_LINES) lines.push(style.dim(`... ${members.length - EXTRA_LINES} more`));
  return lines;
}

function section(title: string, lines: readonly string[], style: Paint): string[] {
  return lines.length === 0 ? [] : [...indented(2, [style.bold(title)]), ...indented(4, lines)];
}

function indented(spaces: number, lines: readonly string[]): string[] {
  return lines.filter((line) => line !== "").map((line) => " ".repeat(spaces) + line);
}

function short(text: string): string {
  return clip(printable(text.slice(0, 2 * MAX_LINE_CHARS)), MAX_LINE_CHARS);
}

function painted(text: string, level: string, style: Paint): string {
  const safe = printable(text);
  if (level === "fatal" || level === "error") return style.bold(style.red(safe));
  return level === "warning" || level === "warn" ? style.yellow(safe) : style.cyan(safe);
}

/** "2026-11-20 10:00:00.123 UTC". */
function timeOf(seconds: number | undefined): string {
  const date = new Date((seconds ?? 0) * 1_000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().replace("T", " ").replace("Z", " UTC");
}

/** "-12.301s", "-3m05s", "-7h", "+0.120s", "0.000s": how long before or after the event. */
function sinceText(seconds: number): string {
  if (Math.abs(seconds) < 0.000_5) return "0.000s";
  const sign = seconds > 0 ? "+" : "-";
  const size = Math.abs(seconds);
  if (size < 60) return `${sign}${size.toFixed(3)}s`;
  if (size >= 86_400) return `${sign}${Math.floor(size / 86_400)}d`;
  if (size >= 3_600) return `${sign}${Math.floor(size / 3_600)}h`;
  const minutes = Math.floor(size / 60);
  return `${sign}${minutes}m${Math.floor(size - minutes * 60)
    .toString()
    .padStart(2, "0")}s`;
}
