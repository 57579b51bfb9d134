// As a container with `runAsNonRoot` and `readOnlyRootFilesystem` has it: nobody's user, no capability, one writable folder.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { JsonView } from "../../src/sentry/json-view.ts";
import { Daemon } from "../support/daemon.ts";
import { DatagramSender } from "../support/datagrams.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

const NOBODY = 65_534;

describe("a relay without privileges", () => {
  it("takes, queues on disk, delivers and stops, with no way to write anywhere but its data_dir", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    const tracker = await MiniSentry.start();
    t.after(() => tracker.close());
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(data, NOBODY, NOBODY);
    writeFileSync(join(folder, "dsn"), `${tracker.dsn()}\n`, { mode: 0o644 });

    const relay = await Daemon.start({
      config: `inputs: { udp: { type: gelf_udp, listen: "127.0.0.1:0" } }
queue: { type: disk, directory: ${data}/queue }
data_dir: ${data}
upstreams: { default: { type: sentry, dsn: "\${file:${folder}/dsn}" } }`,
      by: isRoot ? withoutPrivileges(folder, data) : ["setpriv", "--no-new-privs"],
    });
    t.after(() => relay.stop("SIGKILL"));
    const status = readFileSync(`/proc/${relay.process.pid}/status`, "utf8");
    const sender = await DatagramSender.to(t, await relay.port("udp"));
    sender.send(JSON.stringify({ version: "1.1", host: "web-1", short_message: "card declined", level: 3 }));
    const [event] = await tracker.waitForEvents(1);

    assert.equal(new JsonView(event).get("logentry").get("formatted").text, "card declined");
    assert.match(status, /^CapEff:\s0+$/m);
    assert.match(status, /^NoNewPrivs:\s1$/m);
    assert.doesNotMatch(status, /^Uid:\s0/m);
    assert.equal(await relay.stop(), 0, relay.stderr);
    const left = readdirSync(data, { recursive: true, encoding: "utf8" });
    assert.ok(left.includes("queue/format"), left.join(" "));
    for (const name of left) assert.equal(statSync(join(data, name)).mode & 0o077, 0, `${name} is open to others`);
    assert.equal(existsSync(join(folder, "written")), false);
  });
});

/** A mount namespace in which all but one folder is read-only, then nobody's user without capabilities. Ends as `exec` of its arguments. */
function withoutPrivileges(folder: string, data: string): readonly string[] {
  const script = `set -e
for config do :; done
chmod 755 "$(dirname "$config")"
mount --make-rprivate /
mount --bind "$1" "$1"
for where in $(findmnt -rno TARGET | grep -vE '^/(proc|sys|dev)(/|$)' | grep -vF "$1"); do mount -o remount,bind,ro "$where" 2>/dev/null || true; done
mount -o remount,bind,rw "$1"
if touch "$0/written" 2>/dev/null; then echo "the root is writable" >&2; exit 1; fi
touch "$1/trial" && rm "$1/trial"
shift
exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"`;
  execFileSync("setpriv", ["--version"]);
  return ["unshare", "--mount", "/bin/sh", "-c", script, folder, data];
}
