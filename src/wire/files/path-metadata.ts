import { posix } from "node:path";

const FULL_ID = /^[0-9a-f]{64}$/;
const PART_OF_ID = /^[0-9a-f]{6,63}$/;
/** Longest name of a link before `.log`: file names end at 255 bytes. */
const MAX_LINK_BYTES = 251;
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * What the path of a log file says about its records, under record field names: the path itself, and in a Kubernetes node
 * `namespace`, `pod`, `container_name`, `container_id` and `restart_count`. `target` is where the path leads when it is a
 * link. Pure.
 *
 *     /var/log/containers/<pod>_<namespace>_<container>-<container id>.log, the id cut off where the name is too long
 *     /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restart count>.log, or .log.<time> once it is rotated
 *     /var/lib/docker/containers/<container id>/<container id>-json.log
 */
export function pathMetadata(path: string, target = path): ReadonlyMap<string, string> {
  const metadata = new Map([["log_file", path]]);
  // What names a container for sure comes first, and stays.
  for (const said of [podsPath(path), podsPath(target), containersLink(path), dockerPath(path), dockerPath(target)]) {
    for (const [name, value] of said) if (!metadata.has(name)) metadata.set(name, value);
  }
  return metadata;
}

type Said = readonly (readonly [name: string, value: string])[];

function podsPath(path: string): Said {
  const parts = path.split("/");
  const [folder = "", container = "", file = ""] = parts.slice(-3);
  const count = /^(\d{1,9})\.log(?:\.|$)/.exec(file)?.[1];
  const [namespace = "", pod = "", uid = "", ...rest] = folder.split("_");
  if (parts.at(-4) !== "pods" || count === undefined || uid === "" || rest.length > 0 || container === "") return [];
  if (!DNS_LABEL.test(namespace) || !DNS_LABEL.test(pod)) return [];
  return [
    ["namespace", namespace],
    ["pod", pod],
    ["container_name", container],
    ["restart_count", count],
  ];
}

function containersLink(path: string): Said {
  const file = posix.basename(path);
  if (posix.basename(posix.dirname(path)) !== "containers" || !file.endsWith(".log")) return [];
  const base = file.slice(0, -".log".length);
  const [pod = "", namespace = "", ...rest] = base.split("_");
  const named = rest.join("_");
  if (!DNS_LABEL.test(pod) || !DNS_LABEL.test(namespace) || named === "") return [];
  const said: [string, string][] = [
    ["namespace", namespace],
    ["pod", pod],
  ];
  const dash = named.lastIndexOf("-");
  const id = named.slice(dash + 1);
  const isCut = Buffer.byteLength(base) === MAX_LINK_BYTES;
  if (dash > 0 && (FULL_ID.test(id) || (isCut && PART_OF_ID.test(id)))) {
    said.push(["container_name", named.slice(0, dash)], ["container_id", id]);
  } else if (!isCut) return [];
  // Otherwise the name of the container may itself be cut, and would be taken for another one.
  return said;
}

function dockerPath(path: string): Said {
  const [id = "", file = ""] = path.split("/").slice(-2);
  return FULL_ID.test(id) && file.startsWith(`${id}-json.log`) ? [["container_id", id]] : [];
}
