import type { Check } from "./check.ts";

/** The oldest Node that the relay runs on. */
const OLDEST_NODE = [20, 19] as const;
/** Files and sockets beside the connections of inputs: the queue, upstreams, the log, Node's own. */
const OTHER_FILES = 200;

/** What this machine gives a process. */
export interface ProcessFacts {
  /** "20.20.0" */
  readonly node: string;
  /** Files and sockets that a process may have open; undefined where that is unknown or without limit. */
  readonly maxOpenFiles: number | undefined;
  /** `max_connections` by input. */
  readonly connections: ReadonlyMap<string, number>;
}

export function processChecks({ node, maxOpenFiles, connections }: ProcessFacts): Check[] {
  const checks = [nodeCheck(node)];
  if (maxOpenFiles !== undefined) checks.push(filesCheck(maxOpenFiles, connections));
  return checks;
}

function nodeCheck(node: string): Check {
  const group = "process";
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor))
    return { group, verdict: "ok", what: `Node ${node}` };
  const what = `Node ${node} is older than ${OLDEST_NODE.join(".")}`;
  return { group, verdict: "fail", what, todo: "install a newer one; the newest LTS is best" };
}

/** One input that cannot have its connections is a mistake; all of them full at once is only possible. */
function filesCheck(maxOpenFiles: number, connections: ReadonlyMap<string, number>): Check {
  const group = "process";
  const sum = [...connections.values()].reduce((total, count) => total + count, 0) + OTHER_FILES;
  const limit = `the limit of ${maxOpenFiles} open files (ulimit -n)`;
  const todo = `raise it: LimitNOFILE=${sum} (systemd), --ulimit nofile=${sum} (docker)`;
  for (const [input, count] of connections) {
    if (count + OTHER_FILES <= maxOpenFiles) continue;
    const what = `${limit} ends the connections of "${input}" before its max_connections of ${count}`;
    return { group, verdict: "warn", what, todo: `${todo}, or lower max_connections` };
  }
  if (sum > maxOpenFiles) {
    const what = `${limit} is less than the ${sum} that all inputs together would need at their max_connections`;
    return { group, verdict: "note", what, todo };
  }
  return { group, verdict: "ok", what: `${limit} is enough for max_connections of all inputs` };
}

/** The soft limit in the text of `/proc/self/limits`; undefined when it is unlimited, or not there. */
export function openFilesIn(limits: string): number | undefined {
  const found = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1];
  return found === undefined ? undefined : Number(found);
}
