// A tracker that does as little as it can, in a process of its own: takes every envelope, counts events, and reads how
// long those with a `sent_us` took. GET /stats tells; POST /reset forgets.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

export interface SinkStats {
  readonly events: number;
  readonly bytes: number;
  /** From the sender's write to the envelope's last byte, milliseconds, sorted. */
  readonly latenciesMs: readonly number[];
}

let events = 0;
let bytes = 0;
let latenciesMs: number[] = [];
const readsTimes = process.argv.includes("--latency");

const server = createServer((request, response) => {
  if (request.url === "/stats") {
    response.end(JSON.stringify({ events, bytes, latenciesMs: latenciesMs.toSorted((a, b) => a - b) } satisfies SinkStats));
    return;
  }
  if (request.url === "/reset") {
    events = 0;
    bytes = 0;
    latenciesMs = [];
    response.end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const arrivedUs = (performance.timeOrigin + performance.now()) * 1_000;
    events += 1;
    for (const chunk of chunks) bytes += chunk.length;
    if (readsTimes) {
      const body = Buffer.concat(chunks);
      const text = (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("latin1");
      const sent = /"sent_us":"?(\d+)/.exec(text);
      if (sent !== null) latenciesMs.push((arrivedUs - Number(sent[1])) / 1_000);
    }
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
