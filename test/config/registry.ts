import * as z from "zod";
import { formatAddress } from "../../src/base/units.ts";
import { byteSize, duration, listen, rate } from "../../src/component/fields.ts";
import { defineInput, defineProcessor, defineQueue, defineUpstream } from "../../src/component/spec.ts";
import type { Registry } from "../../src/config/schema.ts";

function unused(): never {
  throw new Error("a configuration creates nothing");
}

function network(type: string, protocol: "tcp" | "udp", address: string) {
  return defineInput({
    type,
    summary: `Listens for ${type}.`,
    stability: "stable",
    config: z.object({
      listen: listen(address).describe("Address to bind."),
      max_bytes: byteSize("2MiB").describe("Longest message."),
      max_connections: z.int().min(1).default(100).describe("Connections at once."),
      idle_timeout: duration("24h").describe("Longest silence."),
      token: z.string().optional().describe("What senders show."),
    }),
    examples: [{ listen: "127.0.0.1:0" }],
    claims: (config) => [`${protocol}:${formatAddress(config.listen)}`],
    create: unused,
  });
}

const stdin = defineInput({
  type: "stdin",
  summary: "Reads standard input.",
  stability: "beta",
  config: z.object({ format: z.enum(["auto", "json", "text"]).default("auto").describe("What the lines are.") }),
  examples: [{}],
  claims: () => ["stdin"],
  create: unused,
});

const scrub = defineProcessor({
  type: "scrub",
  summary: "Removes secrets.",
  stability: "stable",
  config: z.object({ fields: z.array(z.string()).default([]).describe("More fields to scrub.") }),
  examples: [{}],
  create: unused,
});

const filter = defineProcessor({
  type: "filter",
  summary: "Drops records.",
  stability: "stable",
  config: z.object({ drop: z.array(z.record(z.string(), z.string())).min(1).describe("What goes.") }),
  examples: [{ drop: [{ message: "ping" }] }],
  create: unused,
});

const route = defineProcessor({
  type: "route",
  summary: "Chooses upstreams.",
  stability: "stable",
  config: z.object({
    rules: z
      .array(
        z.strictObject({
          match: z.record(z.string(), z.string()).describe("Fields and their patterns."),
          upstream: z.union([z.string(), z.array(z.string())]).describe("Where it goes."),
        }),
      )
      .describe("The first that matches counts."),
  }),
  examples: [{ rules: [{ match: { team: "a" }, upstream: "default" }] }],
  create: unused,
});

const memory = defineQueue({
  type: "memory",
  summary: "Holds events in memory.",
  stability: "stable",
  config: z.object({
    max_bytes: byteSize("64MiB").describe("Room."),
    when_full: z.enum(["block", "drop_oldest", "drop_newest"]).default("block").describe("Without room."),
  }),
  examples: [{}],
  create: unused,
});

const sentry = defineUpstream({
  type: "sentry",
  summary: "Sends to a tracker.",
  stability: "stable",
  config: z.object({
    dsn: z
      .string()
      .refine((dsn) => dsn === "" || URL.canParse(dsn), { error: ({ input }) => `not a DSN: ${JSON.stringify(input)}` })
      .default("")
      .describe("Where to send."),
    rate_limit: rate().optional().describe("Envelopes per window."),
    compression: z.enum(["gzip", "none"]).default("gzip").describe("Of envelopes."),
    backoff: z
      .strictObject({ first: duration("500ms").describe("First wait."), max: duration("30s").describe("Longest wait.") })
      .prefault({})
      .describe("Waits between attempts."),
  }),
  examples: [{ dsn: "https://key@sentry.example/1" }],
  create: unused,
});

const console = defineUpstream({
  type: "console",
  summary: "Prints.",
  stability: "stable",
  config: z.object({}),
  examples: [{}],
  create: unused,
});

/** A few components with every kind of field, so that these tests do not lean on the real ones. */
export const testRegistry: Registry = {
  inputs: [
    network("gelf_udp", "udp", "127.0.0.1:12201"),
    network("gelf_tcp", "tcp", "127.0.0.1:12201"),
    network("gelf_http", "tcp", "127.0.0.1:12202"),
    network("forward", "tcp", "127.0.0.1:24224"),
    network("grpc", "tcp", "127.0.0.1:4317"),
    stdin,
  ],
  processors: [scrub, filter, route],
  queues: [memory],
  upstreams: [sentry, console],
};
