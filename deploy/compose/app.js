// A shop with one product, none of which is left. It logs JSON lines, as any logger would.
import { createServer } from "node:http";

function log(level, message, fields = {}) {
  process.stdout.write(`${JSON.stringify({ level, message, service: "shop", ...fields })}\n`);
}

createServer((request, response) => {
  log("info", `${request.method} ${request.url}`);
  // nginx gives up first.
  if (request.url === "/slow") return;
  try {
    throw new RangeError("no mug is left");
  } catch (error) {
    log("error", `could not show ${request.url}`, { stack: error.stack });
    response.writeHead(500).end("sorry\n");
  }
}).listen(Number(process.env.PORT ?? 3000), () => log("info", "shop is open"));
