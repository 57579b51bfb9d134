/** The names that stand in angle brackets in a template. */
const NAMES = "num ip uuid duration size hex mac url path email host time str json id version value user bool".split(" ");

/** What stands in a template where something varied, such as `<num>`. */
export const PLACEHOLDERS: ReadonlySet<string> = new Set(NAMES.map((name) => `<${name}>`));

export const MAX_PLACEHOLDER_CHARS = 12;

const PLACEHOLDER = new RegExp(`<(?:${NAMES.join("|")})>`, "g");
/** Values with nothing but punctuation between them, one of them in brackets behind another. */
const RUN = /<\*>(?:[ .:/@,_+-]{0,3}<\*>|\[<\*>\]|\{<\*>\})+/g;
const EMPTY_VALUE = /(\w=)(?=[\s,;)\]}]|$)/g;
/**
 * What templates of messages with one cause have in common, as `<*>`: a host that has a name today and an address
 * tomorrow, a value that is one word or two make no difference. It is a part of the fingerprint.
 */
export function groupOf(template: string): string {
  return template.replaceAll(PLACEHOLDER, "<*>").replaceAll(EMPTY_VALUE, "$1<*>").replaceAll(RUN, "<*>");
}
