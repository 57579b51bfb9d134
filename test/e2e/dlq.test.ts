import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { crumbtrail, ended, MAIN } from "../support/command.ts";
import { Daemon } from "../support/daemon.ts";
import { event, logEntry, Morgue } from "../support/dead-letters.ts";
import { parseEnvelopeStrictly } from "../support/envelope-parser.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

const HOUR = 3_600_000;

type Json = Readonly<Record<string, unknown>>;

async function tracker(t: TestContext): Promise<MiniSentry> {
  const mini = await MiniSentry.start();
  t.after(() => mini.close());
  return mini;
}

const to = (mini: MiniSentry, name = "default", more = ""): string =>
  `${name}: { type: sentry, dsn: "${mini.dsn()}", backoff: { first: 20ms, max: 20ms }${more} }`;

const objects = (stdout: string): readonly Json[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);

const messages = (mini: MiniSentry): readonly unknown[] =>
  mini.events().map((one) => (one["logentry"] as { formatted?: unknown }).formatted);

describe("crumbtrail dlq", { concurrency: 3 }, () => {
  it("has help with an example for every verb, and wants to know where to look", async () => {
    for (const verb of ["list", "show", "retry", "export", "purge"]) {
      const { code, stdout } = await crumbtrail("dlq", verb, "--help");
      assert.equal(code, 0);
      assert.match(stdout, /Examples?:\n {2}\$ crumbtrail dlq/, verb);
    }
    const nowhere = await crumbtrail("dlq", "list");
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /^crumbtrail: say where the dead letters are: --config relay\.yml .* or --data-dir/);
    assert.equal((await crumbtrail("dlq")).code, 2);
  });

  it("says of a configuration without data_dir that it keeps none", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "relay.yml");
    writeFileSync(file, "lanes: 1\n");

    const { code, stderr } = await crumbtrail("dlq", "list", "--config", file);

    assert.equal(code, 2);
    assert.match(stderr, /relay\.yml has no data_dir/);
  });

  it("lists what there is, oldest first, in columns that scripts can rely on", async (t) => {
    const morgue = await Morgue.open(t);
    const empty = await crumbtrail("dlq", "list", "--config", morgue.config);
    assert.deepEqual([empty.code, empty.stdout], [0, ""]);
    assert.match(empty.stderr, /there are no dead letters in /);
    const young = await morgue.bury({ parcels: [event("young")] });
    const old = await morgue.bury(
      {
        parcels: [event("old \u001b[31mred\u009b\ttab\nline")],
        upstream: "payments",
        outcome: "expired",
        status: undefined,
        cause: "waited",
      },
      3 * HOUR,
    );

    const { code, stdout, stderr } = await crumbtrail("dlq", "list", "--data-dir", morgue.dataDir);

    const rows = stdout.split("\n").map((line) => line.split("\t"));
    assert.deepEqual([code, stderr, rows.length], [0, "", 3]);
    assert.deepEqual([rows[0]?.[0], rows[1]?.[0]], [old, young]);
    assert.deepEqual(rows[0]?.slice(2, 8), ["payments", "expired", "", "error", "1", "0"]);
    assert.deepEqual(rows[0]?.slice(9), ["error", "old \\x1b[31mred\\x9b tab", "waited"]);
    assert.deepEqual(rows[1]?.slice(2, 8), ["default", "rejected", "413", "error", "1", "0"]);
    const json = await crumbtrail("dlq", "list", "--data-dir", morgue.dataDir, "--json");
    assert.deepEqual(
      objects(json.stdout).map(({ id, reason, status }) => [id, reason, status]),
      [
        [old, "expired", null],
        [young, "rejected", 413],
      ],
    );
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(json.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it("picks by upstream, reason and age", async (t) => {
    const morgue = await Morgue.open(t);
    const young = await morgue.bury({ upstream: "payments" }, HOUR);
    const old = await morgue.bury({ upstream: "payments", outcome: "expired" }, 72 * HOUR);
    const other = await morgue.bury({ upstream: "default" }, 2 * HOUR);
    const listed = async (...filters: readonly string[]): Promise<readonly unknown[]> =>
      objects((await crumbtrail("dlq", "list", "--data-dir", morgue.dataDir, "--json", ...filters)).stdout).map(({ id }) => id);

    assert.deepEqual(await listed("--upstream", "payments"), [old, young]);
    assert.deepEqual(await listed("--reason", "expired"), [old]);
    assert.deepEqual(await listed("--older-than", "90m"), [old, other]);
    assert.deepEqual(await listed("--newer-than", "2d"), [other, young]);
    assert.deepEqual(await listed("--newer-than", "2d", "--upstream", "payments"), [young]);
    assert.equal((await crumbtrail("dlq", "list", "--data-dir", morgue.dataDir, "--reason", "storm")).code, 2);
  });

  it("shows one by the beginning of its id, safe for a terminal", async (t) => {
    const morgue = await Morgue.open(t);
    const letter = event("card declined \u001b]0;owned\u0007 for order 7");
    const id = await morgue.bury({ parcels: [letter] });
    await morgue.bury({}, HOUR);
    const show = (...args: readonly string[]) => crumbtrail("dlq", "show", "--data-dir", morgue.dataDir, ...args);

    const { code, stdout } = await show(letter.eventId.slice(0, 8));

    assert.equal(code, 0);
    assert.match(stdout, /rejected, HTTP 413\n.*HTTP 413: too large/);
    assert.match(stdout, /ERROR\s+card declined \\x1b\]0;owned\\x07 for order 7/);
    assert.match((await show(letter.eventId)).stdout, new RegExp(`^dead letter ${id}\n`), "the whole event id means the same");
    const [shown] = objects((await show(id, "--json")).stdout);
    assert.deepEqual(shown?.["event"], JSON.parse(Buffer.from(letter.body).toString()));
    const ambiguous = await show("20");
    assert.equal(ambiguous.code, 2);
    assert.match(ambiguous.stderr, /"20" is the beginning of 2 dead letters: 20.*, 20/);
    for (const nothing of ["zzz", "../../etc/passwd", ""]) assert.equal((await show(nothing)).code, 2, nothing);
  });

  it("does nothing to letters unless told which", async (t) => {
    const morgue = await Morgue.open(t);
    await morgue.bury();
    for (const verb of ["retry", "purge", "export"]) {
      const { code, stderr } = await crumbtrail("dlq", verb, "--config", morgue.config);
      assert.equal(code, 2);
      assert.match(stderr, /^crumbtrail: \w+ which\? Give ids, a filter \(.*\) or --all/);
    }
    assert.equal(morgue.ids.length, 1);
  });

  it("purges what is named or fits, and nothing else", async (t) => {
    const morgue = await Morgue.open(t);
    const kept = await morgue.bury();
    const named = await morgue.bury();
    await morgue.bury({}, 3 * HOUR);
    await morgue.bury({ outcome: "expired" });
    writeFileSync(join(morgue.directory, "mine.txt"), "not a letter");
    const purge = (...args: readonly string[]) => crumbtrail("dlq", "purge", "--data-dir", morgue.dataDir, ...args);

    await purge(named);
    await purge("--older-than", "2h");
    const { code, stderr } = await purge("--reason", "expired");

    assert.equal(code, 0);
    assert.match(stderr, /1 dead letter removed/);
    assert.deepEqual(morgue.ids, [kept]);
    await purge("--all");
    assert.deepEqual(readdirSync(morgue.directory), ["mine.txt"]);
  });

  it("exports envelopes as they are: one to standard output, many to a directory", async (t) => {
    const morgue = await Morgue.open(t);
    const first = await morgue.bury({ parcels: [event("first é")] });
    await morgue.bury({ parcels: [logEntry("a log"), logEntry("another")] });
    const out = join(morgue.dataDir, "exported");

    const one = await crumbtrail("dlq", "export", first, "--data-dir", morgue.dataDir);
    const all = await crumbtrail("dlq", "export", "--all", "--out", out, "--data-dir", morgue.dataDir);

    assert.deepEqual([one.code, all.code], [0, 0]);
    assert.equal(one.stdout, readFileSync(join(morgue.directory, `${first}.envelope`), "utf8"));
    assert.equal(parseEnvelopeStrictly(Buffer.from(one.stdout)).items.length, 1);
    assert.deepEqual(
      readdirSync(out).toSorted(),
      morgue.ids.map((id) => `${id}.envelope`),
    );
    for (const name of readdirSync(out))
      assert.deepEqual(readFileSync(join(out, name)), readFileSync(join(morgue.directory, name)));
    assert.equal((await crumbtrail("dlq", "export", "--all", "--data-dir", morgue.dataDir)).code, 2);
  });

  it("skips what is hostile or damaged in the directory, and says so", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini));
    const good = await morgue.bury({ parcels: [event("good")] });
    const place = async (): Promise<string> => join(morgue.directory, await morgue.bury());
    writeFileSync(`${await place()}.json`, "{ no json");
    const deep = `{"upstream":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    writeFileSync(`${await place()}.json`, deep);
    truncateSync(`${await place()}.json`, 1 << 30);
    const [huge, cut] = [await place(), await place()];
    truncateSync(`${huge}.envelope`, 1 << 40);
    truncateSync(`${cut}.envelope`, 300);
    for (const suffix of ["envelope", "json"])
      symlinkSync("/etc/passwd", join(morgue.directory, `20260101T000000000Z-aaaaaaaa.${suffix}`));
    mkdirSync(join(morgue.directory, "20260101T000000000Z-bbbbbbbb.json"));
    writeFileSync(join(morgue.directory, "20260101T000000000Z-cccccccc.envelope"), "half");

    const list = await crumbtrail("dlq", "list", "--config", morgue.config, "--json");
    const retry = await crumbtrail("dlq", "retry", "--all", "--config", morgue.config, "--json");

    assert.equal(list.code, 0);
    assert.deepEqual(
      objects(list.stdout).map(({ id }) => join(morgue.directory, String(id))),
      [join(morgue.directory, good), huge, cut].toSorted(),
    );
    assert.match(list.stderr, /skipped 1 dead letters .* of which one file is missing/);
    assert.match(list.stderr, /skipped 3 files .* that are no dead letters/);
    assert.match(list.stderr, /skipped 3 whose \.json is gone or damaged/);
    assert.equal(retry.code, 1);
    assert.deepEqual(messages(mini), ["good"]);
    const refused = objects(retry.stdout).filter(({ result }) => result === "refused");
    assert.deepEqual(
      refused.map(({ cause }) => /it is longer than|its item is cut off/.test(String(cause))),
      [true, true],
    );
  });

  it("sends again what is named or fits, under the old event id, and removes what was delivered", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini));
    const [a, b] = [event("a"), event("b")];
    const id = await morgue.bury({ parcels: [a] }, 40 * 24 * HOUR);
    await morgue.bury({ parcels: [b], outcome: "expired" });
    await morgue.bury({ parcels: [logEntry("one"), logEntry("two")] });
    const retry = (...args: readonly string[]) => crumbtrail("dlq", "retry", "--config", morgue.config, ...args);

    const named = await retry(id);
    const fitting = await retry("--reason", "expired", "--json");
    const rest = await retry("--all");

    assert.deepEqual([named.code, fitting.code, rest.code], [0, 0, 0]);
    assert.equal(named.stderr, "crumbtrail: 1 dead letter delivered\n");
    assert.deepEqual(
      mini.events().map((one) => one["event_id"]),
      [a.eventId, b.eventId],
    );
    assert.deepEqual(
      objects(fitting.stdout).map(({ result, upstream }) => [result, upstream]),
      [["delivered", "default"]],
    );
    assert.deepEqual(
      mini.logs().map((log) => log["body"]),
      ["one", "two"],
    );
    assert.deepEqual([mini.problems, readdirSync(morgue.directory)], [[], []]);
    assert.deepEqual(mini.clientReports(), []);
  });

  it("keeps what is refused again, with the new reason, and ends with 1", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini));
    const id = await morgue.bury({ outcome: "expired", status: undefined, cause: "waited" });
    mini.script({ status: 400, body: '{"detail":"no \u001b[1mthanks"}' });

    const { code, stderr } = await crumbtrail("dlq", "retry", id, "--config", morgue.config);

    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`crumbtrail: ${id} was refused: .*400`));
    assert.ok(!stderr.includes("\u001b"));
    assert.match(stderr, /0 dead letters delivered, 1 refused again\n$/);
    const note = JSON.parse(readFileSync(join(morgue.directory, `${id}.json`), "utf8")) as Json;
    assert.deepEqual([note["reason"], note["status"], note["attempts"]], ["rejected", 400, 1]);
    assert.deepEqual(mini.clientReports(), [], "its loss was reported when it died");
  });

  it("keeps only those logs of a letter that are refused again", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini, "default", ", concurrency: 1"));
    const id = await morgue.bury({ parcels: ["a", "b", "c", "d"].map(logEntry) });
    // Too large together, then the halves are, then one of the logs by itself.
    mini.script({ status: 413 }, { status: 413 }, { status: 413 }, { status: 413 });

    const { code } = await crumbtrail("dlq", "retry", id, "--config", morgue.config);

    assert.equal(code, 1);
    const sent = mini.logs().map((log) => log["body"]);
    const { items } = parseEnvelopeStrictly(readFileSync(join(morgue.directory, `${id}.envelope`)));
    const left = items.flatMap(({ payload }) => (payload as { items: readonly Json[] }).items).map((log) => log["body"]);
    assert.ok(sent.length > 0 && left.length > 0, `${sent.length} sent, ${left.length} left`);
    assert.deepEqual([...sent, ...left].toSorted(), ["a", "b", "c", "d"]);
    const note = JSON.parse(readFileSync(join(morgue.directory, `${id}.json`), "utf8")) as Json;
    assert.deepEqual([note["items"], note["records"], note["status"]], [left.length, left.length, 413]);
  });

  it("gives up on a tracker that stays away, says why, and ends with 69", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini));
    const id = await morgue.bury();
    mini.always = { status: 503 };

    const { code, stderr } = await crumbtrail("dlq", "retry", "--all", "--timeout", "1s", "--config", morgue.config);

    assert.equal(code, 69);
    assert.match(stderr, /0 dead letters delivered, 1 not delivered: nothing got through for 1s \(default: .*503/);
    const note = JSON.parse(readFileSync(join(morgue.directory, `${id}.json`), "utf8")) as Json;
    assert.deepEqual([note["reason"], note["status"], note["attempts"]], ["rejected", 413, 1]);
    mini.always = {};
    assert.equal((await crumbtrail("dlq", "retry", "--all", "--config", morgue.config)).code, 0);
  });

  it("says of a retry that somebody stopped that it was stopped, and keeps what is left", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini));
    const id = await morgue.bury();
    mini.always = { status: 503 };
    const child = spawn(process.execPath, [MAIN, "dlq", "retry", "--all", "--config", morgue.config]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const closed = once(child, "close");
    const deadline = Date.now() + 20_000;
    while (mini.requests.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));

    child.kill("SIGINT");

    assert.deepEqual(await closed, [69, null]);
    assert.match(stderr, /0 dead letters delivered, 1 not delivered: stopped by SIGINT/);
    assert.deepEqual(morgue.ids, [id]);
  });

  it("goes through today's configuration: the upstream of that name, else the default one", async (t) => {
    const [mini, payments] = [await tracker(t), await tracker(t)];
    const morgue = await Morgue.open(t, to(mini), to(payments, "payments"));
    await morgue.bury({ upstream: "payments", parcels: [event("paid")] });
    await morgue.bury({ upstream: "gone\u001b", parcels: [event("homeless")] });

    const { code, stderr } = await crumbtrail("dlq", "retry", "--all", "--config", morgue.config);

    assert.equal(code, 0);
    assert.match(stderr, /upstream "gone\\x1b" is not in the configuration; its dead letters go to "default" instead/);
    assert.deepEqual([messages(mini), messages(payments)], [["homeless"], ["paid"]]);
  });

  it("keeps letters where the upstream has no DSN and would only print", async (t) => {
    const morgue = await Morgue.open(t);
    await morgue.bury();

    const { code, stdout, stderr } = await crumbtrail("dlq", "retry", "--all", "--data-dir", morgue.dataDir);

    assert.deepEqual([code, stdout, morgue.ids.length], [69, "", 1]);
    assert.match(
      stderr,
      /upstream "default" has no DSN, so nothing is sent; set it in the configuration \(--config\) or as SENTRY_DSN/,
    );
  });

  it("needs no configuration: a directory and SENTRY_DSN do", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t);
    await morgue.bury({ parcels: [event("by the built-in one")] });

    const { code } = await ended(process.execPath, [MAIN, "dlq", "retry", "--all", "--data-dir", morgue.dataDir], {
      SENTRY_DSN: mini.dsn(),
    });

    assert.deepEqual([code, messages(mini), morgue.ids], [0, ["by the built-in one"], []]);
  });

  it("leaves a letter gone that another process removes meanwhile", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini));
    const id = await morgue.bury();
    mini.script({ status: 400, delayMs: 2_000 });

    const retry = crumbtrail("dlq", "retry", "--all", "--config", morgue.config);
    const deadline = Date.now() + 20_000;
    while (mini.stats().connections === 0) {
      assert.ok(Date.now() < deadline, "nothing was sent");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const suffix of ["json", "envelope"]) rmSync(join(morgue.directory, `${id}.${suffix}`));

    assert.equal((await retry).code, 1);
    assert.deepEqual(readdirSync(morgue.directory), []);
  });

  it("delivers many more than a queue holds", async (t) => {
    const mini = await tracker(t);
    const morgue = await Morgue.open(t, to(mini));
    writeFileSync(morgue.config, `${readFileSync(morgue.config, "utf8")}queue: { type: memory, max_bytes: 8KiB }\n`);
    await morgue.bury({ parcels: Array.from({ length: 300 }, (_, i) => event(`number ${i}`)) });

    const { code, stderr } = await crumbtrail("dlq", "retry", "--all", "--config", morgue.config);

    assert.deepEqual([code, stderr], [0, "crumbtrail: 300 dead letters delivered\n"]);
    assert.equal(mini.stats().uniqueEvents, 300);
    assert.deepEqual(readdirSync(morgue.directory), []);
  });
});

describe("dead letters of a running relay", () => {
  it("are kept when the tracker refuses an event, and delivered once it takes them", async (t) => {
    const mini = await tracker(t);
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    const dataDir = join(folder, "data");
    const upstreams = `data_dir: "${dataDir}"\nupstreams: { ${to(mini)} }`;
    const daemon = await Daemon.start({ config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }\n${upstreams}` });
    const sender = await GelfSender.connect(await daemon.port("edge"));
    t.after(async () => {
      sender.socket.destroy();
      await daemon.stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });
    mini.always = { status: 413 };
    await sender.send({ short_message: "an order that is much too large" });
    const refused = await daemon.settled(1);
    assert.equal(refused.settled["rejected"], 1);
    assert.equal((await daemon.metrics()).get("crumbtrail_dead_letters"), 1);
    const config = join(folder, "relay.yml");
    writeFileSync(config, `${upstreams}\n`);

    const [listed] = objects((await crumbtrail("dlq", "list", "--config", config, "--json")).stdout);
    const shown = await crumbtrail("dlq", "show", String(listed?.["id"]), "--config", config);
    mini.always = {};
    const retried = await crumbtrail("dlq", "retry", "--all", "--config", config);

    assert.deepEqual([listed?.["reason"], listed?.["status"], listed?.["upstream"]], ["rejected", 413, "default"]);
    assert.match(String(listed?.["title"]), /an order that is much too large/);
    assert.match(shown.stdout, /HTTP 413[\s\S]*an order that is much too large/);
    assert.equal(retried.code, 0);
    assert.deepEqual([messages(mini), mini.problems], [["an order that is much too large"], []]);
    assert.deepEqual(await daemon.settled(1), refused, "what another process delivers is not in this one's books");
    const deadline = Date.now() + 20_000;
    while ((await daemon.metrics()).get("crumbtrail_dead_letters") !== 0) {
      assert.ok(Date.now() < deadline, "the gauge does not follow");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(await daemon.stop(), 0);
  });
});
