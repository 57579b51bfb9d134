// A program that logs: `node real-senders-app.js pino|bunyan|winston|plain`. Run by tests with its output in a pipe.
import { createRequire } from "node:module";
import { pino } from "pino";
import { createLogger, format, transports } from "winston";

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const request = { method: "POST", url: "/charge?order=9", id: "r-1" };
const traceId = "0af7651916cd43dd8448eb211c80319c";

function work(log: Log, errorKey: string): void {
  log.info({ port: 8080 }, "listening");
  log.warn({ traceId, attempt: 1 }, "card declined");
  log.error({ traceId, [errorKey]: new RangeError("index 9 of 3"), req: request, userId: 7 }, "charge failed");
}

switch (process.argv[2] ?? "") {
  case "pino":
    work(pino({ name: "shop" }), "err");
    break;
  case "bunyan": {
    const bunyan = createRequire(import.meta.url)("bunyan") as {
      createLogger(options: object): Log;
      readonly stdSerializers: object;
    };
    work(bunyan.createLogger({ name: "shop", serializers: bunyan.stdSerializers }), "err");
    break;
  }
  case "winston": {
    const logger = createLogger({
      format: format.combine(format.timestamp(), format.errors({ stack: true }), format.json()),
      defaultMeta: { service: "shop" },
      transports: [new transports.Console()],
    });
    logger.info("listening", { port: 8080 });
    logger.warn("card declined", { traceId, attempt: 1 });
    logger.error(Object.assign(new RangeError("index 9 of 3"), { traceId, userId: 7 }));
    break;
  }
  default:
    process.stdout.write("starting up\n\n[INFO] listening on 8080\n[ERROR] cannot reach redis-1:6379\nretrying");
}
