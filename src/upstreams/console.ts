import * as z from "zod";
import { NO_LIMITS } from "../component/delivery.ts";
import { defineUpstream } from "../component/spec.ts";
import { prettyShipment } from "../sentry/pretty.ts";

export const console = defineUpstream({
  type: "console",
  summary: "Prints events and logs to standard output in a form made for people.",
  stability: "stable",
  config: z.object({}),
  examples: [{}],
  create: (_config, host) => ({
    account: undefined,
    pace: {
      concurrency: 1,
      rateLimit: undefined,
      maxAgeMs: 24 * 3_600_000,
      backoff: { firstMs: 500, maxMs: 30_000 },
      reportEveryMs: undefined,
    },
    async start() {},
    async stop() {},
    async deliver(shipment) {
      host.print(prettyShipment(shipment, host.colour));
      return { kind: "delivered", limits: NO_LIMITS };
    },
  }),
});
