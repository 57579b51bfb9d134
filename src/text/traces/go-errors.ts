import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { exceptionOf, isBlank, MAX_VALUES, messageOf, type Found } from "./dialect.ts";
import { goFrame, goStack } from "./go-frame.ts";

// `%+v` of github.com/pkg/errors, and the stack zap adds: functions without arguments. An error's message stands above
// its stack, the innermost error first.

/** What the library's logger puts before a line. */
export const STAMP = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? /;
const FUNCTION = /^[\w./%~()*[\]·-]+$/;
const PLACE = /^\t(\/\S.*|[A-Za-z]:\S.*|\S+\.(?:go|s)):(\d+)$/;

/** Whether a line is the name of a function alone, such as `main.charge` or `example.com/acme/shop/store.(*Orders).Find`. */
export function isFunction(line: string): boolean {
  return line.length < 4_096 && FUNCTION.test(line) && /\w\.[\w(]/.test(line);
}

/** The name of a function without its package, as zerolog's stacks have it: only above a place. */
function isBareFunction(line: string): boolean {
  return line.length <= 200 && /^(?:[A-Za-z_]\w*|\(\*?\w+\)\.\w+)$/.test(line);
}

/** The errors of such a text; undefined when it has fewer than two frames. */
export function parsePkgErrors(lines: readonly string[]): Found | undefined {
  const values: ExceptionValue[] = [];
  let frames: Frame[] = [];
  let message: string[] = [];
  let first = -1;
  let count = 0;
  const close = (): void => {
    const said = wrapping(messageOf(message), values.at(-1));
    // errors.WithStack adds a stack and no word: where the error beneath came from is known already.
    if (frames.length > 0 && values.length < MAX_VALUES && (said !== "" || values.length === 0))
      values.push(exceptionOf(undefined, said, goStack(frames)));
    frames = [];
    message = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const place = isFunction(line) || isBareFunction(line) ? PLACE.exec(lines[i + 1] ?? "") : null;
    if (place !== null) {
      if (first < 0) first = i;
      const frame = goFrame(line, place[1] ?? "", Number(place[2]));
      if (frame.module !== "runtime" && frame.module !== "testing") frames.push(frame);
      // Below the first function of a goroutine begins the next stack.
      if (frame.module === "runtime" && frame.function === "goexit") close();
      count += 1;
      i += 1;
    } else {
      if (frames.length > 0) close();
      if (first >= 0 && !isBlank(line)) message.push(line);
      else if (first < 0) message = isBlank(line) ? message : [line.replace(STAMP, "")];
    }
  }
  // What stands below the last stack is said about all of it: errors.WithMessage.
  const rest = frames.length === 0 ? messageOf(message) : "";
  close();
  if (rest !== "" && values.length > 0) values.push(exceptionOf(undefined, wrapping(rest, values.at(-1)), []));
  return count < 2 ? undefined : { platform: "go", values, first, prefix: "" };
}

/** What `Error()` says of an error that wraps another one; `%+v` prints of each its own words alone. */
function wrapping(said: string, wrapped: ExceptionValue | undefined): string {
  return said === "" || wrapped?.value === undefined ? said : `${said}: ${wrapped.value}`;
}
