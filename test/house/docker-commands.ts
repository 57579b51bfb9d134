import assert from "node:assert/strict";
import { join } from "node:path";
import { lastOf, parseDockerfile } from "../support/dockerfile.ts";
import { ROOT } from "./sandbox.ts";

const COMMON = ["labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size"];
/** What each of Docker's log drivers takes as `--log-opt` (moby, daemon/logger, ValidateLogOpt). */
const LOG_OPTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  gelf: new Set([
    ...COMMON,
    "gelf-address",
    "gelf-compression-level",
    "gelf-compression-type",
    "gelf-tcp-max-reconnect",
    "gelf-tcp-reconnect-delay",
  ]),
  fluentd: new Set([
    ...COMMON,
    "fluentd-address",
    "fluentd-async",
    "fluentd-async-reconnect-interval",
    "fluentd-buffer-limit",
    "fluentd-max-retries",
    "fluentd-request-ack",
    "fluentd-retry-wait",
    "fluentd-sub-second-precision",
    "fluentd-write-timeout",
  ]),
};
/** Options of `docker run` that we use; true: they take a value. */
const RUN_OPTIONS: ReadonlyMap<string, boolean> = new Map([
  ["-d", false],
  ["-i", false],
  ["--rm", false],
  ["--read-only", false],
  ["--name", true],
  ["--tmpfs", true],
  ["-e", true],
  ["-p", true],
  ["-v", true],
  ["--log-driver", true],
  ["--log-opt", true],
]);

/** Commands of Docker that there is no engine for here: read as Docker reads them, and compared with what we ship. */
export function checkDocker(text: string): void {
  const commands = text
    .trim()
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  for (const command of commands) {
    if (command === "docker build -t crumbtrail .") continue;
    const words = command.split(/\s+/);
    assert.deepEqual(words.slice(0, 2), ["docker", "run"], command);
    checkRun(words.slice(2));
  }
}

function checkRun(words: readonly string[]): void {
  const given = new Map<string, string[]>();
  let at = 0;
  for (; words[at]?.startsWith("-") === true; at += 1) {
    const option = words[at] ?? "";
    const takesValue = RUN_OPTIONS.get(option);
    assert.ok(takesValue !== undefined, `docker run ${option}: is it right?`);
    if (takesValue) at += 1;
    given.set(option, [...(given.get(option) ?? []), takesValue ? (words[at] ?? "") : ""]);
  }
  assert.ok(words[at] !== undefined, "docker run without an image");
  if (words[at] === "crumbtrail") checkPorts(given.get("-p") ?? []);
  checkLogging(given.get("--log-driver")?.[0], given.get("--log-opt") ?? []);
}

/** Only ports that the image offers, each under its own number. */
function checkPorts(published: readonly string[]): void {
  const stage = parseDockerfile(join(ROOT, "Dockerfile")).at(-1);
  assert.ok(stage !== undefined);
  const exposed = lastOf(stage, "EXPOSE").words;
  for (const port of published) {
    const [, outside = "", inside = "", protocol = "tcp"] = /^(?:127\.0\.0\.1:)?(\d+):(\d+)(?:\/(udp|tcp))?$/.exec(port) ?? [];
    assert.equal(outside, inside, port);
    assert.ok(exposed.includes(`${inside}/${protocol}`), `the image has no ${inside}/${protocol}`);
  }
}

function checkLogging(driver: string | undefined, options: readonly string[]): void {
  if (driver === undefined) {
    assert.deepEqual(options, []);
    return;
  }
  const known = LOG_OPTIONS[driver];
  assert.ok(known !== undefined, `a log driver that no input takes: ${driver}`);
  const pairs = options.map((option) => [option.slice(0, option.indexOf("=")), option.slice(option.indexOf("=") + 1)] as const);
  for (const [name, value] of pairs) {
    assert.ok(known.has(name), `the ${driver} driver has no option ${name}`);
    if (name === "gelf-address") assert.match(value, /^(?:udp|tcp):\/\/[\w.-]+:12201$/);
    if (name === "fluentd-address") assert.match(value, /^(?:tcp:\/\/)?[\w.-]+:24224$/);
    if (name === "fluentd-async") assert.match(value, /^(?:true|false)$/);
  }
}
