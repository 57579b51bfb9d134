// A program that logs: `node real-senders-app.js pino|bunyan|winston`. Run by tests with its output in a pipe.
import { createRequire } from "node:module";

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const request = { method: "POST", url: "/charge?order=9", id: "r-1" };
const traceId = "0af7651916cd43dd8448eb211c80319c";

function work(log: Log): void {
  log.info({ port: 8080 }, "listening");
  log.warn({ traceId, attempt: 1 }, "card declined");
  log.error({ traceId, err: new RangeError("index 9 of 3"), req: request, userId: 7 }, "charge failed");
}

switch (process.argv[2] ?? "") {
  case "pino": {
    const { pino } = await import("pino");
    work(pino({ name: "shop" }));
    break;
  }
  case "bunyan": {
    const bunyan = createRequire(import.meta.url)("bunyan") as {
      createLogger(options: object): Log;
      readonly stdSerializers: object;
    };
    work(bunyan.createLogger({ name: "shop", serializers: bunyan.stdSerializers }));
    break;
  }
  default: {
    const { createLogger, format, transports } = await import("winston");
    const logger = createLogger({
      format: format.combine(format.timestamp(), format.errors({ stack: true }), format.json()),
      defaultMeta: { service: "shop" },
      transports: [new transports.Console()],
    });
    logger.info("listening", { port: 8080 });
    logger.warn("card declined", { traceId, attempt: 1 });
    logger.error(Object.assign(new RangeError("index 9 of 3"), { traceId, userId: 7 }));
  }
}
