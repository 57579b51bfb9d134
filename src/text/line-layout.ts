/** What a logger's layout writes before the message of a plain line. */
export interface Layout {
  /** As written; undefined where the layout has none. */
  readonly time: string | undefined;
  readonly logger: string | undefined;
  readonly thread: string | undefined;
  readonly pid: string | undefined;
  /** Where the message begins, in characters. */
  readonly end: number;
}

/** No layout of a logger is longer. */
const MAX_LAYOUT_CHARS = 512;

const TIME = String.raw`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?|\d\d:\d\d:\d\d[.,]\d{3}`;
const LEVEL = "(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL|ALERT|EMERGENCY|ANY)";
const NAME = String.raw`[A-Za-z_$][\w.$-]{0,199}`;
/** A name that can be no word of a message, nor what went wrong. */
const DOTTED = String.raw`(?!\S{0,200}(?:Error|Exception|Failure|Throwable): )[A-Za-z_$][\w$-]{0,79}(?:\.[\w$-]{1,79}){1,12}`;
const ASIDE = (name: string): string => String.raw`(?:\[(?<${name}>[^[\]\n]{1,120})\] {1,8})?`;

/** One for each family of layouts; each begins at the beginning and looks at no more than {@link MAX_LAYOUT_CHARS}. */
const LAYOUTS: readonly RegExp[] = [
  // Spring Boot: "2026-01-02T03:04:05.678Z ERROR 71 --- [shop] [main] c.a.s.Orders  : message"
  String.raw`(?<time>${TIME}) {1,4}${LEVEL} {1,4}(?<pid>\d{1,10}) --- (?:\[[^[\]\n]{0,120}\] ){0,2}\[ {0,40}(?<thread>[^[\]\n]{1,120})\] (?<logger>${NAME}) {0,60}: `,
  // Logback, Log4j and Python: "time [thread] ERROR logger - message", "time ERROR [thread] logger - message", "time ERROR a.b: message"
  String.raw`(?<time>${TIME}) {1,4}${ASIDE("thread")}${LEVEL} {1,8}${ASIDE("second")}(?:(?<logger>${NAME})(?: \[[^[\]\n]{0,80}\])? {1,8}--? |(?<dotted>${DOTTED}): )?(?=\S)`,
  // Python: "time - logger - ERROR - message"
  String.raw`(?<time>${TIME}) - (?<logger>${NAME}) - ${LEVEL} - `,
  // Python without a format: "ERROR:logger:message"
  String.raw`${LEVEL}:(?<logger>[A-Za-z_][\w.-]{0,199}):(?=\S)`,
  // Monolog: "[time] channel.ERROR: message"
  String.raw`\[(?<time>${TIME})\] (?<logger>[\w-]{1,80})\.${LEVEL}: `,
  // log4js: "[time] [ERROR] logger - message"
  String.raw`\[(?<time>${TIME})\] \[${LEVEL}\] (?<logger>${NAME}) - `,
  // Ruby: "E, [time #71] ERROR -- program: message"
  String.raw`[DIWEFA], \[(?<time>${TIME}) #(?<pid>\d{1,10})\] {1,3}${LEVEL} -- (?<logger>[^:\n]{0,80}): `,
  // .NET's console: "fail: Category[0]", and the message below
  String.raw`(?:trce|dbug|info|warn|fail|crit): (?<logger>${NAME})\[-?\d{1,10}\](?:\r?\n {0,8}|$)`,
].map((layout) => new RegExp(`^(?:${layout})`));

/**
 * What stands before the message of a plain line in the layout of a family of loggers; undefined when it is in none that
 * is certain. A time alone, or a level alone, is no layout.
 */
export function layoutOf(text: string): Layout | undefined {
  const look = text.length > MAX_LAYOUT_CHARS ? text.slice(0, MAX_LAYOUT_CHARS) : text;
  for (const layout of LAYOUTS) {
    const found = layout.exec(look);
    if (found === null) continue;
    const { time, logger, dotted, thread, second, pid } = found.groups ?? {};
    return { time, logger: logger === "" ? undefined : (logger ?? dotted), thread: thread ?? second, pid, end: found[0].length };
  }
  return undefined;
}
