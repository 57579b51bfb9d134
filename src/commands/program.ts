import { Command, InvalidArgumentError, Option } from "commander";
import { RelayError } from "../base/errors.ts";
import { parseDuration } from "../base/units.ts";
import { holdYoungSpace } from "../base/young-space.ts";
import { PLAIN_FORMAT_NAMES } from "../codec/format-names.ts";
import { printableText } from "../sentry/terminal.ts";
import type { ExportOptions } from "./dlq/export.ts";
import type { RetryOptions } from "./dlq/retry.ts";
import type { LetterOptions } from "./dlq/selection.ts";
import type { SendOptions } from "./send.ts";
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
    .configureOutput({ writeErr: (text) => void process.stderr.write(printableText(text)) })
    .addHelpText("after", example("crumbtrail run --config relay.yml", "crumbtrail help run"));
  addRelays(program, exit);
  addTools(program, exit);
  addDeadLetters(program, exit);
  addPrinters(program, exit);
  return program;
}

type Exit = (code: number) => void;

/** Verbs that run a relay, or show what it would do. */
function addRelays(program: Command, exit: Exit): void {
  program
    .command("run")
    .description("Run the daemon, or a command whose output is relayed.")
    .argument("[command...]", "behind --: a command to run; its output is passed on and read, its exit status is kept")
    .addOption(configOption())
    .addOption(dsnOption())
    .addHelpText(
      "after",
      example(
        "crumbtrail run --config relay.yml",
        "SENTRY_DSN=https://key@sentry.example/1 crumbtrail run",
        "SENTRY_DSN=https://key@sentry.example/1 crumbtrail run -- node server.js",
      ),
    )
    .action(async (command: readonly string[], options: { config?: string; dsn?: string }) => {
      // What stands behind "--" never comes here: see `wrap/command-line.ts`.
      if (command.length > 0) throw new RelayError("RELAY_USAGE", `write -- before the command: run -- ${command.join(" ")}`);
      holdYoungSpace();
      exit(await (await import("./run.ts")).run(options));
    });

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
      "gelf_udp, gelf_tcp, gelf_http, forward, grpc, syslog_udp or syslog_tcp, and where it listens",
      "gelf_udp://127.0.0.1:12201",
    )
    .option("--shared-key-file <file>", "a file with the shared_key of a forward input; or set CRUMBTRAIL_SHARED_KEY")
    .option("--user <name>", "a user of that input")
    .option("--password-file <file>", "a file with the user's password; or set CRUMBTRAIL_PASSWORD")
    .addHelpText(
      "after",
      example(
        'crumbtrail send "could not charge order 1042"',
        'crumbtrail send "disk is slow" --level warning --to forward://10.0.0.5:24224',
        'crumbtrail send "here I am" --to forward://10.0.0.5:24224 --shared-key-file /run/secrets/forward_key',
      ),
    )
    .action(async (message: string, options: SendOptions) => exit(await (await import("./send.ts")).send(message, options)));

  program
    .command("doctor")
    .description("Find what is wrong around a relay: trackers, clocks, socket buffers, directories, limits.")
    .argument("[dsn]", "the DSN to ask, in place of the default upstream's; SENTRY_DSN when left out")
    .addOption(configOption())
    .option("--json", "print the findings as JSON", false)
    .option("--live", "only ask a running relay whether it is alive (for a container's health check)", false)
    .option("--admin <address>", "where the relay's admin endpoint listens", "127.0.0.1:8686")
    .addHelpText(
      "after",
      example(
        "crumbtrail doctor https://key@sentry.example/1",
        "crumbtrail doctor --config relay.yml",
        "crumbtrail doctor --live --admin 127.0.0.1:8686",
      ),
    )
    .action(
      async (
        dsn: string | undefined,
        options: { config?: string; json: boolean; live: boolean; admin: string },
        command: Command,
      ) => {
        const adminWritten = command.getOptionValueSource("admin") === "cli";
        exit(await (await import("./doctor.ts")).doctor(dsn, { ...options, adminWritten }));
      },
    );
}

/** Verbs for what could not be delivered. */
function addDeadLetters(program: Command, exit: Exit): void {
  const dlq = program
    .command("dlq")
    .description("Look at what could never be delivered, send it again, copy it or remove it.")
    .addHelpText(
      "after",
      example("crumbtrail dlq list --config relay.yml", "crumbtrail dlq retry --config relay.yml --upstream payments"),
    );
  const verb = (name: string, description: string): Command =>
    dlq
      .command(name)
      .description(description)
      .option("--config <file>", "the configuration; its data_dir is where dead letters are")
      .option("--data-dir <dir>", "where dead letters are, in place of the configuration's data_dir")
      .option("--upstream <name>", "only those meant for this upstream")
      .addOption(new Option("--reason <outcome>", "only those that left by this door").choices(DEAD_LETTER_REASONS))
      .addOption(durationOption("--older-than <duration>", "only those that died longer ago, such as 1h"))
      .addOption(durationOption("--newer-than <duration>", "only those that died since, such as 2d"))
      .option("--json", "one JSON object a line on standard output", false);

  verb("list", "List dead letters, oldest first. In a pipe: columns parted by tabs.")
    .addHelpText("after", `\n${LIST_COLUMNS}\n${example("crumbtrail dlq list --config relay.yml --newer-than 1h")}`)
    .action(async (options: LetterOptions) => exit(await (await import("./dlq/list.ts")).listLetters(options)));
  verb("show", "Show one dead letter: why it is one, and what it says.")
    .argument("<id>", "the beginning of its id, of what follows the time, or the event id")
    .addHelpText("after", example("crumbtrail dlq show 1a2b3c4d --config relay.yml"))
    .action(async (id: string, options: LetterOptions) => exit(await (await import("./dlq/show.ts")).showLetter(id, options)));
  verb("retry", "Send dead letters again, through the configuration as it is now. Delivered ones are removed.")
    .argument("[ids...]", "beginnings of ids; with filters only those of them that fit")
    .option("--all", "all that fit the filters", false)
    .addOption(durationOption("--timeout <duration>", "how long to wait while nothing gets through").default(30_000, "30s"))
    .addHelpText(
      "after",
      example("crumbtrail dlq retry --config relay.yml --all", "crumbtrail dlq retry 1a2b3c4d --config relay.yml"),
    )
    .action(async (ids: string[], options: RetryOptions) =>
      exit(await (await import("./dlq/retry.ts")).retryLetters(ids, options)),
    );
  verb("export", "Copy dead letters as envelope files, which sentry-cli send-envelope takes.")
    .argument("[ids...]", "beginnings of ids; with filters only those of them that fit")
    .option("--all", "all that fit the filters", false)
    .option("--out <dir>", "the directory to copy to; without it a single one goes to standard output")
    .addHelpText(
      "after",
      example(
        "crumbtrail dlq export --config relay.yml --reason rejected --out letters",
        "SENTRY_DSN=https://key@sentry.example/1 sentry-cli send-envelope --raw 'letters/*.envelope'",
      ),
    )
    .action(async (ids: string[], options: ExportOptions) =>
      exit(await (await import("./dlq/export.ts")).exportLetters(ids, options)),
    );
  verb("purge", "Remove dead letters for good.")
    .argument("[ids...]", "beginnings of ids; with filters only those of them that fit")
    .option("--all", "all that fit the filters", false)
    .addHelpText("after", example("crumbtrail dlq purge --config relay.yml --older-than 7d"))
    .action(async (ids: string[], options: LetterOptions) =>
      exit(await (await import("./dlq/purge.ts")).purgeLetters(ids, options)),
    );
}

const DEAD_LETTER_REASONS = ["rejected", "expired", "rate_limited", "network_error"];
const LIST_COLUMNS = `Columns: id, died, upstream, reason, HTTP status, category, records, retries, event id, level, title, cause.`;

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
  return new Option("--format <format>", "how lines are read").choices(PLAIN_FORMAT_NAMES).default("auto");
}

function durationOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((written: string) => {
    const ms = parseDuration(written);
    if (ms === undefined) throw new InvalidArgumentError("write a duration such as 500ms, 30s or 5m.");
    return ms;
  });
}
