// deploy/compose, as far as one machine goes: its relay, its nginx and its program, with their names made addresses. In
// place of Docker's log driver a client of the same protocol sends what the program prints.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fluentLogger from "fluent-logger";
import { parse } from "yaml";
import { Daemon } from "../support/daemon.ts";
import { freePort } from "../support/doctor-visit.ts";
import { MiniSentry } from "../support/mini-sentry.ts";
import { get } from "../support/real-nginx.ts";

const folder = join(dirname(fileURLToPath(import.meta.resolve("#package.json"))), "deploy", "compose");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

interface Service {
  readonly volumes: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

describe("deploy/compose", () => {
  it("mounts files that are there, and waits for services that are there", () => {
    const { services } = parse(read("compose.yml")) as { services: Readonly<Record<string, Service>> };
    assert.deepEqual(Object.keys(services), ["relay", "nginx", "app"]);
    for (const { volumes, depends_on: others } of Object.values(services)) {
      for (const volume of volumes.filter((name) => name.startsWith("./"))) {
        assert.ok(existsSync(join(folder, volume.split(":")[0] ?? "")), volume);
      }
      for (const other of Object.keys(others ?? {})) assert.ok(other in services, other);
    }
  });

  it("makes issues of what nginx says and of what the program prints", async (t) => {
    if (!existsSync("/usr/sbin/nginx")) throw new Error("nginx is not there; install it with: apt-get install nginx-light");
    const state = mkdtempSync(join(tmpdir(), "crumbtrail-compose-"));
    const mini = await MiniSentry.start();
    const [http, app] = [await freePort(), await freePort()];
    const config = read("relay.yml")
      .replace(/^admin:.*$/m, "")
      .replaceAll("/var/lib/crumbtrail", state)
      .replaceAll(/0\.0\.0\.0:\d+/g, "127.0.0.1:0");
    const daemon = await Daemon.start({ config, env: { SENTRY_DSN: mini.dsn() } });
    const syslog = await daemon.port("web");
    const nginxConf = read("nginx.conf")
      .replaceAll("relay:5514", `127.0.0.1:${syslog}`)
      .replace("app:3000", `127.0.0.1:${app}`)
      .replace("listen 80", `listen 127.0.0.1:${http}`)
      .replace("/tmp/nginx.pid", join(state, "nginx.pid"));
    writeFileSync(join(state, "nginx.conf"), nginxConf);
    const program = spawn(process.execPath, [join(folder, "app.js")], {
      env: { PORT: String(app) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const nginx = spawn("/usr/sbin/nginx", ["-p", state, "-c", join(state, "nginx.conf"), "-g", "daemon off;"], {
      stdio: "ignore",
    });
    const driver = fluentLogger.createFluentSender("docker", { host: "127.0.0.1", port: await daemon.port("containers") });
    t.after(async () => {
      nginx.kill();
      program.kill();
      driver.end("", {}, () => {});
      await daemon.stop();
      await mini.close();
      rmSync(state, { recursive: true, force: true });
    });
    const opened = new Promise<void>((resolve) => {
      createInterface({ input: program.stdout }).on("line", (line) => {
        driver.emit("compose-app-1", { log: line, source: "stdout", container_name: "/compose-app-1", container_id: "c0ffee" });
        if (line.includes("shop is open")) resolve();
      });
    });
    await opened;
    await get(http, "/orders/1042");
    await get(http, "/slow");

    await mini.waitFor("four issues", (now) => now.stats().events >= 4);
    const messages = mini.events().map((event) => (event["logentry"] as { formatted: string }).formatted);
    assert.deepEqual(messages.toSorted(), [
      "GET /orders/1042 answered 500",
      "GET /slow answered 504",
      "could not show /orders/1042",
      "upstream timed out (110: Connection timed out) while reading response header from upstream",
    ]);
    assert.deepEqual(mini.problems, []);
  });
});
