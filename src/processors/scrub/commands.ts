import { holdsAny } from "./chars.ts";
import type { Findings } from "./findings.ts";
import { isInMark, isMark } from "./mark.ts";

// Programs whose flags for a password have no name that says so, and connection strings without "://".

/** `-u name:password`, `--user name:password`; a user and group by number are none. */
const USER = /(?<=\s)(?:-u|-U|--user|--proxy-user)[ =]["']?([^\s:"']{1,100}):([^\s"']{1,200})/g;
/** `-phunter2`, `-a hunter2`. */
const FLAG = /(?<=\s)(?:-p(?=\S)|-[pa] )(["']?)([^\s"'-][^\s"']{0,200})/g;
/** How far before a flag its program is looked for. */
const MAX_BEFORE_CHARS = 200;
const USER_PROGRAM = /\b(?:curl|wget|http|httpie)\b/;
const RUN_TOGETHER = /\b(?:mysql\w{0,20}|mariadb\w{0,20}(?:-\w{1,20})?|sshpass|7z)\b/;
/** The registry's clients take a port and a password by the same flag. */
const APART = /\b(?:sshpass|redis-cli)\b|\b(?:docker|podman|nerdctl|buildah|skopeo|helm|oras)\b.{0,100}\blogin\b/;

/** `user:password@tcp(host)` of Go's MySQL driver, `jdbc:oracle:thin:user/password@host`. */
const SOURCE =
  /(?<![\w.%+-])[\w.%+-]{1,64}:([^\s@:/"']{1,200})@(?:tcp|unix)\(|jdbc:oracle:\w{1,8}:[\w.-]{1,64}\/([^\s@/"']{1,200})@/g;

/** Finds passwords in `curl -u`, `mysql -p`, `sshpass -p`, `redis-cli -a`. */
export function findInCommands(text: string, findings: Findings): void {
  if (holdsAny(text, ["-u", "-U"])) findUsers(text, findings);
  if (holdsAny(text, ["-p", "-a"])) findFlags(text, findings);
}

function findUsers(text: string, findings: Findings): void {
  for (let found = USER.exec(text); found !== null; found = USER.exec(text)) {
    const [whole, , password = ""] = found;
    const end = found.index + whole.length;
    if (!isMark(password) && USER_PROGRAM.test(before(text, found.index))) findings.add("key", end - password.length, end);
  }
}

function findFlags(text: string, findings: Findings): void {
  for (let found = FLAG.exec(text); found !== null; found = FLAG.exec(text)) {
    const [whole, , password = ""] = found;
    const end = found.index + whole.length;
    const program = whole.charAt(2) === " " ? APART : RUN_TOGETHER;
    if (!isMark(password) && program.test(before(text, found.index))) findings.add("key", end - password.length, end);
  }
}

/** Finds passwords in connection strings that are no URLs. */
export function findInSources(text: string, findings: Findings): void {
  if (!holdsAny(text, ["@tcp(", "@unix(", "jdbc:oracle:"])) return;
  for (let found = SOURCE.exec(text); found !== null; found = SOURCE.exec(text)) {
    const password = found[1] ?? found[2] ?? "";
    const end = found.index + found[0].lastIndexOf("@");
    const start = end - password.length;
    if (!isInMark(text, start, end)) findings.add("url_credentials", start, end);
  }
}

function before(text: string, at: number): string {
  return text.slice(Math.max(0, at - MAX_BEFORE_CHARS), at);
}
