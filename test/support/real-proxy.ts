// nginx as a proxy of streams and requests, as Debian has it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { freePort } from "./doctor-visit.ts";
import { accepts } from "./accepts.ts";

const NGINX = "/usr/sbin/nginx";
const STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so";
const IS_ROOT = process.getuid?.() === 0;

export interface Proxy {
  /** Ports that pass bytes on to the targets, in their order, with a PROXY header before them. */
  readonly streams: readonly number[];
  /** Port that passes requests on, and adds to X-Forwarded-For. */
  readonly http: number;
}

/** Starts nginx, whose own address towards the relay is 127.0.9.1. Stopped with the test. */
export async function startProxy(t: TestContext, targets: { streams: readonly number[]; http: number }): Promise<Proxy> {
  if (!existsSync(NGINX) || !existsSync(STREAM))
    throw new Error("nginx is not there; install it with: apt-get install nginx-light libnginx-mod-stream");
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-proxy-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const http = await freePort();
  const streams: number[] = [];
  for (const _ of targets.streams) streams.push(await freePort());
  const servers = streams.map((port, index) => {
    const target = `127.0.0.1:${targets.streams[index]}`;
    return `server { listen 127.0.0.1:${port}; proxy_pass ${target}; proxy_protocol on; proxy_bind 127.0.9.1; }`;
  });
  const errorLog = join(folder, "error.log");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  writeFileSync(
    join(folder, "nginx.conf"),
    `load_module ${STREAM};
${IS_ROOT ? "user nobody nogroup;" : ""}
worker_processes 1;
pid ${join(folder, "nginx.pid")};
events { worker_connections 64; }
http {
  ${temporary.join("\n  ")}
  access_log off;
  server {
    listen 127.0.0.1:${http};
    location / {
      proxy_pass http://127.0.0.1:${targets.http};
      proxy_bind 127.0.9.1;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
stream {
  ${servers.join("\n  ")}
}
`,
  );
  const child = spawn(NGINX, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", errorLog, "-g", "daemon off;"], {
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGQUIT");
    await ended;
  });
  for (let attempt = 0; !(await accepts(http)); attempt += 1) {
    if (attempt > 500 || child.exitCode !== null) throw new Error(`nginx does not start: ${readFileSync(errorLog, "utf8")}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { streams, http };
}
