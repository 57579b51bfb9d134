import { FORMAT_NAMES } from "../codec/format-names.ts";
import type { Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { keyOf } from "./keys.ts";
import { TrailKey } from "./trail-key.ts";

/** What else the metadata of a call may say about its records: nothing that decides where they go. */
const HARMLESS: ReadonlySet<string> = new Set(["span_id", "user_id", "user_email", "username", "client_ip"]);
const PLAIN = /^[0-9A-Za-z](?:[ -~]{0,198}[!-~])?$/;
/** Values that every codec keeps as they are, by name. */
const AS_THEY_ARE: ReadonlyMap<string, RegExp> = new Map([
  ["trace_id", /^(?!0{32})[0-9a-f]{32}$/],
  ["request_id", PLAIN],
]);
/** What the path of a file says beside that, to codecs of lines: it decides about the stream alone, or about nothing. */
const OF_FILES: ReadonlyMap<string, RegExp> = new Map([
  ["log_file", /^/],
  ["namespace", PLAIN],
  ["pod", PLAIN],
  ["container_name", PLAIN],
  ["container_id", PLAIN],
  ["restart_count", PLAIN],
  // What a pod's labels and annotations say.
  ["service", PLAIN],
  ["release", /^/],
  ["environment", /^/],
  ["component", /^/],
  ["pod_uid", /^/],
  ["container_image", /^/],
]);
/** Labels and annotations under their own names. */
const KUBERNETES = "k8s.";
const LINES: ReadonlySet<string> = new Set(FORMAT_NAMES);

/** The trail keys that a batch gives to those of its records which have none of that name. */
export class BatchKeys {
  readonly #names: readonly string[];
  readonly #decisive: readonly string[];
  readonly #keys: readonly TrailKey[];
  readonly #given: boolean[];

  /** `names` are those of the keys; `decisive` all names that records are asked for. */
  constructor(names: readonly string[], decisive: readonly string[]) {
    this.#names = names;
    this.#decisive = decisive;
    this.#keys = names.map(() => new TrailKey());
    this.#given = names.map(() => false);
  }

  /** Reads what a batch says; false when that may be more than keys and the name of its stream. */
  read({ labels, metadata, place }: Provenance, codec: Codec): boolean {
    this.#given.fill(false);
    if (labels !== undefined && this.#decisive.some((name) => labels.has(name))) return false;
    const ofFile = LINES.has(codec.name);
    return this.#takes(metadata, ofFile) && this.#takes(place, ofFile);
  }

  #takes(said: ReadonlyMap<string, string> | undefined, ofFile: boolean): boolean {
    if (said === undefined) return true;
    for (const [name, value] of said) {
      if (HARMLESS.has(name)) continue;
      if (ofFile && name.startsWith(KUBERNETES)) continue;
      const kept = AS_THEY_ARE.get(name) ?? (ofFile ? OF_FILES.get(name) : undefined);
      if (kept?.test(value) !== true) return false;
      const index = this.#names.indexOf(name);
      if (index < 0) continue;
      this.#keys[index]?.write(keyOf(name, value));
      this.#given[index] = true;
    }
    return true;
  }

  /** The key of a name, by its index; undefined when the batch gives none. */
  get(index: number): TrailKey | undefined {
    return this.#given[index] === true ? this.#keys[index] : undefined;
  }
}
