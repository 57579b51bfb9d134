import { Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../base/units.ts";
import { version } from "./version.ts";

/** The command line. Each verb loads its code on use, so that `--version` and `send` start fast. */
export function createProgram(exit: Exit): Command {
  const program = new Command("crumbtrail")
    .description(
      "Turns log streams (GELF, Fluentd forward, gRPC, JSON lines) into Sentry issues with the trail that led to them.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .showHelpAfterError("(run with --help for the options and an example)")
    .exitOverride()
    .addHelpText("after", example("crumbtrail run --config relay.yml", "crumbtrail help run"));
  addRelays(program, exit);
  addTools(program, exit);
  addPrinters(program, exit);
  return program;
}

type Exit = (code: number) => void;

/** Verbs that run a relay, or show what it would do. */
function addRelays(program: Command, exit: Exit): void {
  program
    .command("run")
    .description("Run the daemon.")
    .addOption(configOption())
    .addOption(dsnOption())
    .addHelpText("after", example("crumbtrail run --config relay.yml", "SENTRY_DSN=https://key@sentry.example/1 crumbtrail run"))
    .action(async (options: { config?: string; dsn?: string }) => exit(await (await import("./run.ts")).run(options)));

  program
    .command("pipe")
    .description("Read standard input, deliver, and end with it.")
    .addOption(configOption())
    .addOption(dsnOption())
    .addOption(formatOption())
    .addOption(
      durationOption("--timeout <duration>", "how long to wait for the upstream after the end of input").default(30_000, "30s"),
    )
    .addHelpText("after", example("node app.js 2>&1 | crumbtrail pipe --dsn https://key@sentry.example/1"))
    .action(async (options: { config?: string; dsn?: string; format: string; timeout: number }) =>
      exit(await (await import("./pipe.ts")).pipe(options)),
    );

  program
    .command("check")
    .description("Find every mistake in a configuration, without starting anything.")
    .addOption(configOption())
    .addOption(dsnOption())
    .option("--print", "print the effective configuration, with secrets redacted", false)
    .addHelpText("after", example("crumbtrail check --config relay.yml", "crumbtrail check --config relay.yml --print"))
    .action(async (options: { config?: string; dsn?: string; print: boolean }) =>
      exit(await (await import("./check.ts")).check(options)),
    );

  program
    .command("explain")
    .description("Show what would become of log lines: one JSON line for each record. Nothing is sent.")
    .argument("[file]", "a file of log lines; standard input when left out")
    .addOption(configOption())
    .addOption(formatOption())
    .addHelpText("after", example("crumbtrail explain app.log", "tail -n 100 app.log | crumbtrail explain --format json"))
    .action(async (file: string | undefined, options: { config?: string; format: string }) =>
      exit(await (await import("./explain.ts")).explain(file, options)),
    );
}

/** Verbs that talk to a running relay or a tracker. */
function addTools(program: Command, exit: Exit): void {
  program
    .command("send")
    .description("Send one record into an input of a running relay.")
    .argument("<message>", "the message")
    .option("--level <severity>", "trace, debug, info, notice, warning, error or fatal", "error")
    .option(
      "--to <address>",
      "gelf_udp, gelf_tcp, gelf_http, forward or grpc, and where it listens",
      "gelf_udp://127.0.0.1:12201",
    )
    .addHelpText(
      "after",
      example(
        'crumbtrail send "could not charge order 1042"',
        'crumbtrail send "disk is slow" --level warning --to forward://10.0.0.5:24224',
      ),
    )
    .action(async (message: string, options: { level: string; to: string }) =>
      exit(await (await import("./send.ts")).send(message, options)),
    );

  program
    .command("doctor")
    .description("Check a tracker's DSN, or a running relay.")
    .argument("[dsn]", "the DSN to ask; SENTRY_DSN when left out")
    .option("--live", "ask a running relay whether it is alive (for a container's health check)", false)
    .option("--admin <address>", "where the relay's admin endpoint listens", "127.0.0.1:8686")
    .addHelpText("after", example("crumbtrail doctor https://key@sentry.example/1", "crumbtrail doctor --live"))
    .action(async (dsn: string | undefined, options: { live: boolean; admin: string }) =>
      exit(await (await import("./doctor.ts")).doctor(dsn, options)),
    );
}

/** Verbs that print what the schema knows. */
function addPrinters(program: Command, exit: Exit): void {
  program
    .command("schema")
    .description("Print the JSON Schema of the configuration.")
    .addHelpText("after", example("crumbtrail schema > relay.schema.json"))
    .action(async () => exit(await (await import("./schema.ts")).schema()));

  program
    .command("docs")
    .description("Print the reference of every component, field, outcome and metric, as Markdown.")
    .addHelpText("after", example("crumbtrail docs > reference.md"))
    .action(async () => exit(await (await import("./docs.ts")).docs()));
}

function example(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? "s" : ""}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}

function configOption(): Option {
  return new Option("--config <file>", "the configuration; without it the built-in defaults apply");
}

function dsnOption(): Option {
  return new Option("--dsn <dsn>", "the DSN of the default upstream; goes before the configuration's");
}

function formatOption(): Option {
  return new Option("--format <format>", "how lines are read").choices(["auto", "json", "text"]).default("auto");
}

function durationOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((written: string) => {
    const ms = parseDuration(written);
    if (ms === undefined) throw new InvalidArgumentError("write a duration such as 500ms, 30s or 5m.");
    return ms;
  });
}
