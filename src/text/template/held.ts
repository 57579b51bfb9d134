/** What a logger's template leaves open: `{OrderId}`, `{@user,-10:0.0}`, `%s`, `%-5.2f`, `%(name)s`. */
const HOLE =
  /\{[@$]?[\w.-]{1,100}(?:,[^:{}]{0,20})?(?::[^{}]{0,100})?\}|%(?:\(\w{1,100}\))?[-#0+]{0,4}\d{0,4}(?:\.\d{1,4})?[sdifrxXoeEgGcaju]/;
const MAX_VALUES = 50;

/**
 * What stands in a message where its logger's template is open, in order; nothing where the message was not made of that
 * template, or too much is open.
 */
export function valuesIn(template: string, message: string): string[] {
  const pieces = template.split(HOLE);
  const first = pieces[0] ?? "";
  if (pieces.length === 1 || pieces.length > MAX_VALUES + 1 || !message.startsWith(first)) return [];
  const values: string[] = [];
  let at = first.length;
  for (let i = 1; i < pieces.length; i += 1) {
    const end = endOf(pieces[i] ?? "", i === pieces.length - 1, message, at);
    if (end < at) return [];
    values.push(message.slice(at, end));
    at = end + (pieces[i] ?? "").length;
  }
  return values;
}

/** Where the next piece of the template begins in the message; -1 where it does not follow. */
function endOf(piece: string, last: boolean, message: string, at: number): number {
  if (last) return message.endsWith(piece) ? message.length - piece.length : -1;
  return piece === "" ? at : message.indexOf(piece, at);
}
