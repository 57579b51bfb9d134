// nginx as a balancer of TCP connections, as Debian has it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "./doctor-visit.ts";
import { accepts } from "./accepts.ts";

const NGINX = "/usr/sbin/nginx";
const STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so";
const IS_ROOT = process.getuid?.() === 0;
const START_MS = 10_000;

/** False where the two Debian packages are not installed. */
export function hasBalancer(): boolean {
  return existsSync(NGINX) && existsSync(STREAM);
}

/** Connections to each of `ports` go to one of the targets in the same place, the one with the fewest. */
export class Balancer {
  readonly ports: readonly number[];
  /** Of all its processes. */
  readonly pids: readonly number[];
  readonly #stop: () => Promise<void>;

  private constructor(ports: readonly number[], pids: readonly number[], stop: () => Promise<void>) {
    this.ports = ports;
    this.pids = pids;
    this.#stop = stop;
  }

  /** Resolves when it accepts connections. */
  static async start(groups: readonly (readonly number[])[]): Promise<Balancer> {
    if (!hasBalancer()) throw new Error("nginx is not there; install it with: apt-get install nginx-light libnginx-mod-stream");
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-balancer-"));
    chmodSync(folder, 0o755);
    const ports: number[] = [];
    for (const _ of groups) ports.push(await freePort());
    const [errorLog, file] = [join(folder, "error.log"), join(folder, "nginx.conf")];
    writeFileSync(file, configuration(folder, ports, groups));
    const child = spawn(NGINX, ["-p", folder, "-c", file, "-e", errorLog, "-g", "daemon off;"], { stdio: "ignore" });
    const ended = once(child, "exit");
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    };
    const deadline = performance.now() + START_MS;
    for (const port of ports) {
      while (!(await accepts(port))) {
        if (child.exitCode !== null || performance.now() > deadline)
          throw new Error(`nginx does not start: ${readFileSync(errorLog, "utf8")}`);
        await pause(10);
      }
    }
    const pid = child.pid ?? 0;
    return new Balancer(ports, [pid, ...childrenOf(pid)], stop);
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

/** A target that refuses a connection is left out for a second, and the connection goes to another. */
function configuration(folder: string, ports: readonly number[], groups: readonly (readonly number[])[]): string {
  const blocks = groups.map((targets, index) => {
    const servers = targets.map((port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=1s;`).join(" ");
    return `upstream group${index} { least_conn; ${servers} }
  server { listen 127.0.0.1:${ports[index]}; proxy_pass group${index}; proxy_connect_timeout 1s; }`;
  });
  return `load_module ${STREAM};
${IS_ROOT ? "user nobody nogroup;" : ""}
worker_processes 1;
pid ${join(folder, "nginx.pid")};
events { worker_connections 256; }
stream {
  ${blocks.join("\n  ")}
}
`;
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/status`, "utf8").includes(`\nPPid:\t${parent}\n`);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}
