// nginx and PHP-FPM as Debian has them, each as a process of its own in a temporary folder.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { freePort } from "./doctor-visit.ts";

const NGINX = "/usr/sbin/nginx";
const STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so";
const IS_ROOT = process.getuid?.() === 0;

const PHP: Readonly<Record<string, string>> = {
  "warning.php": '<?php echo $undefined; trigger_error("line one\\nline two", E_USER_WARNING); echo "ok";',
  "uncaught.php":
    "<?php\nnamespace Shop;\nclass NoStock extends \\RuntimeException {}\nfunction take(int $n) { throw new NoStock(\"no $n left\"); }\nfunction pay(int $n) { take($n); }\npay((int) $_GET['n']);\n",
  "logged.php": '<?php error_log("order 1042 is lost"); echo "ok";',
};

/** Where a test finds what it started. */
export interface Web {
  readonly folder: string;
  readonly port: number;
  /** Of the server block that passes bytes on. */
  readonly streamPort: number;
  readonly errorLog: string;
  readonly accessLog: string;
  /** Ends nginx as an operator does, once it has answered. */
  stop(): Promise<void>;
}

export interface WebOptions {
  /** Further lines for the beginning of nginx.conf, and of its http block. */
  readonly main?: string;
  readonly http?: string;
  /** A format of one's own for the access log's file. */
  readonly accessFormat?: string;
}

/** Starts nginx with upstreams that fail in every way, and PHP behind one of its locations. Stopped with the test. */
export async function startNginx(t: TestContext, options: WebOptions = {}): Promise<Web> {
  if (!existsSync(NGINX)) throw new Error("nginx is not there; install it with: apt-get install nginx-light");
  if (!existsSync(STREAM))
    throw new Error("nginx's stream module is not there; install it with: apt-get install libnginx-mod-stream");
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-nginx-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "html"));
  writeFileSync(join(folder, "html", "index.html"), "shop");
  for (const [name, code] of Object.entries(PHP)) writeFileSync(join(folder, "html", name), code);
  const slow = await upstream(t, () => {});
  const early = await upstream(t, (socket) => socket.once("data", () => socket.end()));
  const [port, streamPort, refused] = [await freePort(), await freePort(), await freePort()];
  const web = { folder, port, streamPort, errorLog: join(folder, "error.log"), accessLog: join(folder, "access.log") };
  const fpm = await startFpm(t, folder);
  writeFileSync(join(folder, "nginx.conf"), configuration(web, { refused, slow, early, fpm }, options));
  const child = spawn(NGINX, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", web.errorLog, "-g", "daemon off;"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = endOf(t, child);
  await accepting(port, child);
  const stop = async (): Promise<void> => {
    child.kill("SIGQUIT");
    await ended;
  };
  return { ...web, stop };
}

interface Upstreams {
  readonly refused: number;
  readonly slow: number;
  readonly early: number;
  readonly fpm: string;
}

type Places = Pick<Web, "folder" | "port" | "streamPort" | "errorLog" | "accessLog">;

function configuration(
  web: Places,
  { refused, slow, early, fpm }: Upstreams,
  { main = "", http = "", accessFormat }: WebOptions,
): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${join(web.folder, `temp-${name}`)};`)
    .join("\n");
  return `load_module ${STREAM};
${IS_ROOT ? "user nobody nogroup;" : ""}
worker_processes 1;
pid ${join(web.folder, "nginx.pid")};
error_log ${web.errorLog} info;
${main}
events { worker_connections 64; }
http {
${temporary}
  ${accessFormat ?? ""}
  access_log ${web.accessLog}${accessFormat === undefined ? "" : " own"};
  ${http}
  limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;
  server {
    listen 127.0.0.1:${web.port};
    server_name shop.example;
    root ${join(web.folder, "html")};
    client_max_body_size 1k;
    proxy_read_timeout 300ms;
    location /api/ { proxy_pass http://127.0.0.1:${refused}; }
    location /slow/ { proxy_pass http://127.0.0.1:${slow}; }
    location /early/ { proxy_pass http://127.0.0.1:${early}; }
    location /limited/ { limit_req zone=one; try_files /index.html =404; }
    location /admin/ { deny all; }
    location ~ [.]php$ {
      fastcgi_pass unix:${fpm};
      fastcgi_param SCRIPT_FILENAME ${join(web.folder, "html")}$fastcgi_script_name;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
    }
  }
}
stream {
  server { listen 127.0.0.1:${web.streamPort}; proxy_pass 127.0.0.1:${refused}; }
}
`;
}

async function startFpm(t: TestContext, folder: string): Promise<string> {
  const binary = readdirSync("/usr/sbin").find((name) => /^php-fpm\d/.test(name));
  if (binary === undefined) throw new Error("PHP-FPM is not there; install it with: apt-get install php-fpm");
  const socket = join(folder, "fpm.sock");
  const configuration = join(folder, "fpm.conf");
  writeFileSync(
    configuration,
    `[global]
error_log = ${join(folder, "fpm.log")}
daemonize = no
[www]
listen = ${socket}
listen.mode = 0666
${IS_ROOT ? "user = nobody\ngroup = nogroup" : ""}
pm = static
pm.max_children = 1
catch_workers_output = no
php_admin_flag[log_errors] = on
php_admin_value[error_log] =
php_admin_flag[display_errors] = off
php_admin_value[error_reporting] = 32767
`,
  );
  const child = spawn(join("/usr/sbin", binary), ["-n", "-F", "-y", configuration], { stdio: ["ignore", "ignore", "pipe"] });
  void endOf(t, child);
  await accepting(socket, child);
  return socket;
}

/** Ends it with the test; rejects never. */
function endOf(t: TestContext, child: ChildProcess): Promise<unknown> {
  const ended = once(child, "close");
  t.after(async () => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await ended;
  });
  return ended;
}

async function upstream(t: TestContext, answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    answer(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function accepting(place: number | string, child: ChildProcess): Promise<void> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  while (child.exitCode === null) {
    const socket = typeof place === "number" ? connect(place, "127.0.0.1") : connect(place);
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${child.spawnfile} ended with ${child.exitCode}\n${stderr}`);
}

/** Sends bytes as they are and waits for the end of the answer; what came. */
export async function ask(port: number, ...bytes: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  let answer = "";
  socket.on("data", (text: string) => (answer += text)).on("error", () => {});
  // A server that has read enough resets the connection.
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  for (const part of bytes) socket.write(part, "latin1");
  await closed;
  return answer;
}

/** One request of a client that closes behind it. */
export function get(port: number, path: string, headers = ""): Promise<string> {
  return ask(port, `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${headers}\r\n`);
}

/** The entries of an error log: a line that begins with no date goes on with the one before. */
export function entriesOf(path: string): readonly string[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split(/\n(?=\d{4}\/\d\d\/\d\d )/);
}
