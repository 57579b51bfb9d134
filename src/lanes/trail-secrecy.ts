import type { Processor } from "../component/processor.ts";
import { newRecord } from "../record/record.ts";

const NOWHERE = { input: "", peer: "", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };

/**
 * Whether a trail's key may be written to disk. Keys are what senders wrote, before scrubbing: one that the processors
 * for quiet records would change (a session id, say) holds a secret. `names` are those of the trail keys.
 */
export function holdsNoSecret(key: string, names: readonly string[], processors: readonly Processor[]): boolean {
  const deferred = processors.filter(({ deferrable }) => deferrable === true);
  return names
    .filter((name) => key.startsWith(`${name} `))
    .every((name) => {
      const value = key.slice(name.length + 1);
      const record = newRecord(NOWHERE, value);
      record.fields.set(name, value);
      for (const processor of deferred) processor.process(record);
      return record.message === value && record.fields.get(name) === value;
    });
}
