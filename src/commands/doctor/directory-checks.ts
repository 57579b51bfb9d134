import { formatBytes } from "../../base/units.ts";
import type { Check } from "./check.ts";
import type { DirectoryFacts } from "./directory.ts";

/** Below this there is no room for even one segment of a queue and what belongs to it. */
const LEAST_BYTES = 16 << 20;
const LEAST_FILES = 1_000;
/** A queue's segments hold more than its parcels: what was delivered stays until the whole segment was. */
const SEGMENTS_SHARE = 1 / 8;

/** What a file system means for files that must outlive the process, by its number (statfs(2)). */
const VOLATILE: ReadonlyMap<number, readonly [name: string, what: string]> = new Map([
  [0x01021994, ["tmpfs", "it is memory, and lost with the machine or the pod"]],
  [0x858458f6, ["ramfs", "it is memory, and lost with the machine or the pod"]],
  [0x794c7630, ["overlayfs", "it is the container's own layer, and lost with the container"]],
  [0x61756673, ["aufs", "it is the container's own layer, and lost with the container"]],
]);
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x517b, "SMB"],
]);

/** What a directory is for. */
export interface DirectoryUse {
  readonly group: string;
  /** The field of the configuration that names it: "queue.directory". */
  readonly field: string;
  /** How large it may grow by the configuration, in bytes; undefined: it stays small. */
  readonly maxBytes: number | undefined;
}

/** Whether files of a relay can live there, survive there, and have room. */
export function directoryChecks(facts: DirectoryFacts, use: DirectoryUse): Check[] {
  const trouble = placeTrouble(facts, use);
  if (trouble !== undefined) return [trouble];
  return [placeCheck(facts, use), ...survivalChecks(facts, use), ...roomChecks(facts, use)];
}

function placeTrouble({ path, nearest, exists, isDirectory, unwritable }: DirectoryFacts, use: DirectoryUse): Check | undefined {
  const { group, field } = use;
  if (!isDirectory) {
    return { group, verdict: "fail", what: `${nearest} is a file, not a directory`, todo: `choose another ${field}` };
  }
  if (unwritable === undefined) return undefined;
  const what = exists ? `${path} is not writable (${unwritable})` : `${path} cannot be made in ${nearest} (${unwritable})`;
  if (unwritable === "EROFS") {
    return {
      group,
      verdict: "fail",
      what,
      todo: `its file system is read-only: mount one that is not, or choose another ${field}`,
    };
  }
  return { group, verdict: "fail", what, todo: `let the relay's user have it: install -d -o USER ${path}` };
}

function placeCheck({ path, nearest, exists }: DirectoryFacts, { group }: DirectoryUse): Check {
  const what = exists ? `${path} is writable for this user` : `${path} is made at start: ${nearest} is writable for this user`;
  return { group, verdict: "ok", what };
}

function survivalChecks({ nearest, fileSystem }: DirectoryFacts, { group, field }: DirectoryUse): Check[] {
  if (fileSystem === undefined) return [];
  const lost = VOLATILE.get(fileSystem);
  if (lost !== undefined) {
    const [name, what] = lost;
    return [
      {
        group,
        verdict: "warn",
        what: `${nearest} is on ${name}: ${what}`,
        todo: `put a volume or a disk there, or change ${field}`,
      },
    ];
  }
  const remote = REMOTE.get(fileSystem);
  if (remote === undefined) return [];
  const what = `${nearest} is on ${remote}: writes wait for the network, and its locks do not always hold`;
  return [{ group, verdict: "warn", what, todo: `use a local disk for ${field}` }];
}

function roomChecks({ nearest, freeBytes, freeFiles, usedBytes }: DirectoryFacts, use: DirectoryUse): Check[] {
  const { group, maxBytes } = use;
  const todo = "make room, or give it a larger disk";
  if (freeFiles !== undefined && freeFiles < LEAST_FILES) {
    const verdict = freeFiles === 0 ? "fail" : "warn";
    return [{ group, verdict, what: `${nearest} has room for ${freeFiles} more files (inodes)`, todo }];
  }
  if (freeBytes === undefined) return [];
  const free = `${formatBytes(freeBytes)} free on ${nearest}`;
  const growth = maxBytes === undefined ? undefined : Math.max(0, Math.ceil(maxBytes * (1 + SEGMENTS_SHARE)) - usedBytes);
  // A queue that has taken its space already needs no more.
  if (freeBytes < LEAST_BYTES && (growth === undefined || growth > freeBytes)) {
    return [{ group, verdict: "fail", what: `no room: only ${free}`, todo }];
  }
  if (growth === undefined || maxBytes === undefined) return [{ group, verdict: "ok", what: free }];
  const may = `with max_bytes of ${formatBytes(maxBytes)} it may take ${formatBytes(growth)} more`;
  if (freeBytes >= growth) return [{ group, verdict: "ok", what: `${free}; ${may}` }];
  const what = `only ${free}, but ${may}: the disk is full before the queue is`;
  return [{ group, verdict: "warn", what, todo: `${todo}, or lower max_bytes` }];
}
