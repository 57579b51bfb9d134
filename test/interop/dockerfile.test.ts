// There need not be a Docker engine: the steps of the Dockerfile happen in empty folders, and what they make is started
// as the image would start it, tini apart.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, constants, existsSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { JsonView } from "../../src/sentry/json-view.ts";
import { DatagramSender } from "../support/datagrams.ts";
import { lastOf, parseDockerfile } from "../support/dockerfile.ts";
import { buildImage, filesBelow, type Build } from "../support/image.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TIMEOUT_MS = 30_000;

describe("the image", () => {
  let build: Build;

  before(() => {
    build = buildImage(parseDockerfile(join(ROOT, "Dockerfile")), ROOT);
  });
  after(() => build?.remove());

  it("holds every package the relay needs, and none that only its development needs", () => {
    const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { dev?: boolean; optional?: boolean }>;
    };
    const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
    const inImage = (path: string): boolean => existsSync(build.image.path(path));

    const development = packages.filter(([path, { dev }]) => dev === true && inImage(path)).map(([path]) => path);
    const missing = packages
      .filter(([path, { dev, optional }]) => dev !== true && optional !== true && !inImage(path))
      .map(([path]) => path);

    assert.deepEqual(development, []);
    assert.deepEqual(missing, []);
    assert.equal(existsSync(build.image.path("dist/test")), false);
  });

  it("starts as another user, is alive, turns a datagram into an event, writes to its volume only, and ends with 0 on SIGTERM", async (t) => {
    const { image } = build;
    const tracker = await MiniSentry.start();
    t.after(() => tracker.close());
    const files = filesBelow(image.root);
    // The image's own ports may be taken on this machine.
    const config = image.path("/etc/crumbtrail/relay.yml");
    const written = readFileSync(config, "utf8");
    const volume = lastOf(image.stage, "VOLUME").rest;
    const here = written.replaceAll(/0\.0\.0\.0:\d+/g, "0.0.0.0:0").replaceAll(volume, image.path(volume));
    assert.notEqual(here, written);
    writeFileSync(config, here);
    if (canBecome(1000)) chownSync(image.path("/var/lib/crumbtrail"), 1000, 1000);

    const relay = start(build, [...lastOf(image.stage, "ENTRYPOINT").words, ...lastOf(image.stage, "CMD").words], {
      SENTRY_DSN: tracker.dsn(),
    });
    t.after(() => relay.child.kill("SIGKILL"));
    const admin = await relay.told(/"address":"http:0\.0\.0\.0:(\d+)","msg":"admin endpoint"/);
    const edge = await relay.told(/"address":"udp:0\.0\.0\.0:(\d+)","msg":"listening"/);
    const health = lastOf(image.stage, "HEALTHCHECK").words;
    const doctor = start(build, [...health, "--admin", `127.0.0.1:${admin}`], {});
    assert.equal(await doctor.ended, 0, doctor.output());
    assert.match(doctor.output(), /\/livez answers 200/);
    const sender = await DatagramSender.to(t, Number(edge));
    sender.send(JSON.stringify({ version: "1.1", host: "web-1", short_message: "card declined", level: 3 }));
    const [event] = await tracker.waitForEvents(1);
    relay.child.kill("SIGTERM");

    assert.equal(new JsonView(event).get("logentry").get("formatted").text, "card declined");
    assert.equal(await relay.ended, 0, relay.output());
    writeFileSync(config, written);
    const inVolume = ([file]: readonly [string, number]): boolean => file.startsWith(`${image.path(volume)}/`);
    const left = [...filesBelow(image.root)];
    assert.deepEqual(
      left.filter((entry) => !inVolume(entry)),
      [...files],
    );
    assert.ok(
      left.some(([file]) => file.startsWith(image.path(`${volume}/queue/`))),
      "the queue is on the volume",
    );
    assert.equal(tracker.stats().events, 1);
  });
});

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  /** The first group of a pattern, once the output matches it. */
  told(pattern: RegExp): Promise<string>;
}

/** Starts what the image would, as user 1000 where this process may do that. */
function start({ image }: Build, words: readonly string[], env: Readonly<Record<string, string>>): Running {
  const [program = "", ...args] = words[0] === "/usr/bin/tini" ? words.slice(2) : words;
  assert.equal(program, "node");
  const inside = args.map((word) => (word.startsWith("/") ? image.path(word) : word));
  const user = canBecome(1000) ? { uid: 1000, gid: 1000 } : {};
  const child = spawn(process.execPath, inside, {
    cwd: image.path("."),
    env: { PATH: "/usr/bin:/bin", ...image.env, ...env },
    ...user,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = once(child, "close").then(([code]) => code as number | null);
  const told = async (pattern: RegExp): Promise<string> => {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      const found = pattern.exec(output)?.[1];
      if (found !== undefined) return found;
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`waited in vain for ${pattern}:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, ended, told, output: () => output };
}

/** Only root may become another user, who must then be able to run this Node. */
function canBecome(user: number): boolean {
  if (process.getuid?.() !== 0 || user === 0) return false;
  accessSync(process.execPath, constants.X_OK);
  for (let path = realpathSync(process.execPath); path !== "/"; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
  }
  return true;
}
