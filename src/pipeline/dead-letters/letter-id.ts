/** "20261120T132142123Z-1a2b3c4d": when the letter died, in UTC, and eight hex digits. Sorts by time. */
const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-([0-9a-f]{8})$/;
const SHORT = /^[0-9a-f]{8}/;

/** The id of a letter, which is also the name of its files. `short`: eight lower-case hex digits. */
export function letterId(diedMs: number, short: string): string {
  return `${new Date(diedMs).toISOString().replaceAll(/[-:.]/g, "")}-${short}`;
}

/** What an id says; undefined when it is none. */
export function readLetterId(id: string): { readonly diedMs: number; readonly short: string } | undefined {
  const [, year, month, day, hour, minute, second, ms, short] = ID.exec(id) ?? [];
  if (short === undefined) return undefined;
  const diedMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(diedMs) ? undefined : { diedMs, short };
}

/** What an event's letter is called after its time, so that it is found by its event id; undefined for logs. */
export function shortOf(eventId: string): string | undefined {
  return SHORT.exec(eventId)?.[0];
}
