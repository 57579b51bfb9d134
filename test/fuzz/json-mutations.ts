import { replaced, type Mutation } from "./mutation.ts";
import type { Random } from "./random.ts";

/** JSON in which names may repeat and values may be anything. */
type Node =
  | { readonly kind: "object"; members: (readonly [name: string, value: Node])[] }
  | { readonly kind: "list"; items: Node[] }
  /** As written; what is no JSON is welcome. */
  | { readonly kind: "text"; text: string };

const NAMES: readonly string[] = [
  ..."level severity _level levelname log.level status @level lvl syslog_level message msg short_message full_message log".split(
    " ",
  ),
  ..."host hostname _host service app service.name container_id container_name pod kubernetes kubernetes.host labels docker".split(
    " ",
  ),
  ..."trace_id traceparent x-request-id request_id dd.trace_id span_id context data payload req request headers http.method".split(
    " ",
  ),
  ..."time timestamp ts @timestamp @t @m @mt @x @l eventTime stack exception exc_info error err errorMessage stack_trace".split(
    " ",
  ),
  ..."user user.id usr fingerprint release version environment env dist logger name tag program fields extra attributes".split(
    " ",
  ),
  "__proto__",
  "constructor",
  "toString",
  "prototype",
  "hasOwnProperty",
  "",
  " ",
  "a.b..c",
  ".",
  "_",
  "__",
  "\\u0000",
  "\\ud800",
];

/** Values as they would be written. U+E000 becomes the byte ff. */
const TEXTS: readonly string[] = [
  ..."null true false 0 -0 1 3 6 7 8 17 30 50 60 -1 0.5 1e3 1e999 -1e999 1e-400 4294967296 9007199254740993".split(" "),
  ..."18446744073709551616 1700000000 1700000000000 1700000000000000000 253402300800 8640000000000001 -62135596801".split(" "),
  ...'01 1. .5 - 1e +1 NaN Infinity undefined {} [] [[]] {"":{}} "" " " "x"'.split(" "),
  '"info"',
  '"ERROR"',
  '"error "',
  '"3"',
  '"warn\\u0000ing"',
  '"\\u0065rror"',
  '"fatal\\n"',
  '"50"',
  '"INFO:root"',
  '"trace"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\ud83d\\ude00"',
  '"\\u0000"',
  '"\\u001b[31m\\u001b]0;x\\u0007"',
  '"\\x"',
  '"\\u12"',
  '"\\',
  '"\uE000\uE000"',
  '"a\uE000"',
  '"\u{1F600}\u{1F600}"',
  '"\u2028\u202e"',
  '"\uFEFF"',
  '"é\u0301"',
  '"tab\there"',
  '"line\nend"',
  '"2026-01-02T03:04:05Z"',
  '"2026-13-45T99:99:99Z"',
  '"9999999999-01-01"',
  '"Nov 20 08:30:12"',
  '"0001-01-01T00:00:00Z"',
  `"${"a".repeat(32)}"`,
  `"${"0".repeat(32)}"`,
  `"00-${"a".repeat(32)}-${"b".repeat(16)}-01"`,
  `"${"x".repeat(300)}"`,
  '"Traceback (most recent call last):\\n  File \\"a.py\\", line 3, in f\\n    g()\\nValueError: 7"',
  '"java.lang.IllegalStateException: x\\n\\tat a.b.C.d(C.java:1)\\nCaused by: java.io.IOException: y\\n\\t... 1 more"',
  '"panic: x\\n\\ngoroutine 1 [running]:\\nmain.main()\\n\\t/a/b.go:7 +0x1b"',
  '"TypeError: x\\n    at f (a.js:1:2)\\n    at <anonymous>"',
  '"{\\"level\\":\\"error\\",\\"msg\\":\\"inner\\"}"',
  '{"message":"m","stack":["a","b"],"cause":{"message":"n"}}',
  '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}}',
  '[{"type":"X","value":"y","stacktrace":{"frames":[{"filename":"a","lineno":"7"}]}}]',
  '["a","b",1,null,{}]',
];

function nested(random: Random): string {
  const depth = random.oneIn(10) ? random.between(500, 20_000) : random.between(2, 150);
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"a":', "}"],
    ['[{"":', "}]"],
    ['{"context":', "}"],
  ] as const);
  return open.repeat(depth) + random.pick(TEXTS) + (random.oneIn(4) ? "" : close.repeat(depth));
}

function value(random: Random): Node {
  if (random.oneIn(12)) return { kind: "text", text: nested(random) };
  return { kind: "text", text: random.pick(TEXTS) };
}

function name(random: Random): string {
  return random.pick(NAMES);
}

function treeOf(parsed: unknown, depth = 0): Node {
  // What is nested deeper was put there by an earlier change.
  if (depth > 200) return { kind: "text", text: "[]" };
  if (Array.isArray(parsed)) return { kind: "list", items: parsed.map((item) => treeOf(item, depth + 1)) };
  if (typeof parsed !== "object" || parsed === null) return { kind: "text", text: JSON.stringify(parsed) };
  const members = Object.entries(parsed).map(
    ([key, inner]) => [JSON.stringify(key).slice(1, -1), treeOf(inner, depth + 1)] as const,
  );
  return { kind: "object", members };
}

/** Writes it, as tightly or loosely as asked. */
function written(node: Node, gap: string): string {
  if (node.kind === "text") return node.text;
  if (node.kind === "list") return `[${gap}${node.items.map((item) => written(item, gap)).join(`,${gap}`)}${gap}]`;
  return `{${gap}${node.members.map(([key, inner]) => `"${key}":${gap}${written(inner, gap)}`).join(`,${gap}`)}${gap}}`;
}

/** An object somewhere in the tree, the outermost most of the time. */
function objectIn(root: Node, random: Random): (Node & { kind: "object" }) | undefined {
  let found: (Node & { kind: "object" }) | undefined;
  let node: Node | undefined = root;
  while (node !== undefined && node.kind !== "text") {
    if (node.kind === "object") found = node;
    if (found !== undefined && random.oneIn(2)) break;
    const inner: readonly Node[] = node.kind === "object" ? node.members.map(([, child]) => child) : node.items;
    node = inner.length === 0 ? undefined : random.pick(inner);
  }
  return found;
}

type Change = (members: (readonly [string, Node])[], at: number, random: Random) => void;

const CHANGES: readonly Change[] = [
  (members, at, random) => members.splice(at, 0, [name(random), value(random)]),
  (members, at, random) => members.splice(at, 0, [name(random), value(random)]),
  (members, at) => members.splice(at, 1),
  (members, at, random) => change(members, at, ([, inner]) => [name(random), inner]),
  (members, at, random) => change(members, at, ([key]) => [key, value(random)]),
  (members, at, random) => change(members, at, ([key]) => [key, value(random)]),
  (members, at, random) => change(members, at, ([key, inner]) => [key, { kind: "object", members: [[name(random), inner]] }]),
  (members, at) => change(members, at, ([key, inner]) => [key, { kind: "list", items: [inner, inner] }]),
  (members, at, random) => change(members, at, ([key]) => [escaped(key, random), value(random)]),
  (members, at, random) => {
    const member = members[at];
    if (member !== undefined) members.splice(random.below(members.length + 1), 0, member);
  },
  (members, at, random) => {
    const member = members[at];
    if (member !== undefined) members.splice(random.below(members.length + 1), 0, [member[0], value(random)]);
  },
  (members, at, random) => {
    const to = random.below(members.length);
    const [one, two] = [members[at], members[to]];
    if (one === undefined || two === undefined) return;
    members[at] = [one[0], two[1]];
    members[to] = [two[0], one[1]];
  },
];

function change(
  members: (readonly [string, Node])[],
  at: number,
  by: (member: readonly [string, Node]) => readonly [string, Node],
): void {
  const member = members[at];
  if (member !== undefined) members[at] = by(member);
}

/** A name of which one letter is written as an escape. */
function escaped(key: string, random: Random): string {
  const at = random.below(key.length);
  const code = key.charCodeAt(at);
  return Number.isNaN(code) || key.includes("\\")
    ? key
    : `${key.slice(0, at)}\\u${code.toString(16).padStart(4, "0")}${key.slice(at + 1)}`;
}

/** Changes members of the object that begins with the first brace; what stands around it stays. */
export function jsonMembers(bytes: Buffer, random: Random): Buffer {
  const from = bytes.indexOf(0x7b);
  const line = from < 0 ? -1 : bytes.indexOf(0x0a, from);
  const zero = from < 0 ? -1 : bytes.indexOf(0x00, from);
  const ends = [line, zero, bytes.length].filter((end) => end >= 0);
  const text = bytes.toString("utf8", Math.max(0, from), Math.min(...ends));
  const tree = parsed(text) ?? parsed(bytes.toString("utf8", Math.max(0, from)));
  if (from < 0 || tree === undefined) {
    const at = random.below(bytes.length + 1);
    return replaced(bytes, at, at, bytesOf(random.pick(TEXTS)));
  }
  for (let steps = random.length(5); steps > 0; steps -= 1) {
    const { members } = objectIn(tree, random) ?? { members: [] };
    random.pick(CHANGES)(members, random.below(members.length), random);
  }
  const to = parsed(text) === undefined ? bytes.length : from + Buffer.byteLength(text);
  return replaced(bytes, from, to, bytesOf(written(tree, random.pick(["", "", "", " ", "\n", "\t", "\r\n  "]))));
}

function parsed(text: string): Node | undefined {
  try {
    return treeOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** As UTF-8, with the byte ff where U+E000 stands. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text);
  return text.includes("\uE000") ? Buffer.from(bytes.toString("latin1").replaceAll("\xee\x80\x80", "\xff"), "latin1") : bytes;
}

export const JSON_MUTATIONS: readonly Mutation[] = [jsonMembers];
