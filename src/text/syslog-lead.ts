// Syslog's files, `journalctl` and the protocol itself repeat before every line of a program who says it and when:
//
//     Nov 20 10:47:40 web1 shop[812]: Traceback (most recent call last):
//     Nov 20 10:47:40 web1 shop[812]:   File "/srv/shop/cart.py", line 3, in add

/** What stands before a line. */
export interface Lead {
  readonly length: number;
  /** Host and program: the same for all lines of a trace, as the time is not. */
  readonly who: string;
}

const TIME = String.raw`(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d))`;
const LEAD = new RegExp(String.raw`^(?:<\d{1,3}>)?${TIME} (\S{1,255} [\w./@-]{1,64}(?:\[\d{1,10}\])?):(?: |$)`);
/** The longest lead, and more. */
const LOOK_CHARS = 512;
/** How rsyslog writes tabs and other control characters. */
const ESCAPED_TABS = /^(?:#011)+/;

/** What leads begin with that even a quiet line is looked at for; "?" stands for a digit. */
export const SYSLOG_BEGINNINGS: readonly string[] = [
  "<?",
  ...["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].map((month) => `${month} `),
];
const BEGINNING = /^(?:<\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) )/;

/** Whether a line begins with a priority or a month, as leads do, unlike what most programs print themselves. */
export function beginsLikeSyslog(line: string): boolean {
  return (line.charCodeAt(3) === 0x20 || line.charCodeAt(0) === 0x3c) && BEGINNING.test(line);
}

/** The lead of a line; undefined when it has none. */
export function leadOf(line: string): Lead | undefined {
  const first = line.charCodeAt(0);
  if (first !== 0x3c && line.charCodeAt(3) !== 0x20 && line.charCodeAt(10) !== 0x54) return undefined;
  const found = LEAD.exec(line.slice(0, LOOK_CHARS));
  return found === null ? undefined : { length: found[0].length, who: found[1] ?? "" };
}

/** What a line says behind its lead, tabs restored. */
export function behindLead(line: string, { length }: Lead): string {
  return line.slice(length).replace(ESCAPED_TABS, (tabs) => "\t".repeat(tabs.length / 4));
}

/** A text of lines with the lead of its first one taken off each that has it. */
export function withoutLeads(text: string): string {
  const first = leadOf(text);
  if (first === undefined) return text;
  const bare = (line: string): string => {
    const lead = leadOf(line);
    return lead?.who === first.who ? behindLead(line, lead) : line;
  };
  return text.split("\n").map(bare).join("\n");
}
