import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { exceptionOf, isBlank, MAX_VALUES, messageOf, oldestFirst, type Found } from "./dialect.ts";
import { goFrame } from "./go-frame.ts";

// `%+v` of github.com/pkg/errors, and the stack zap adds: functions without arguments. An error's message stands above
// its stack, the innermost error first.

const FUNCTION = /^[\w./%-]+\.[\w.()*[\]·-]+$/;
const PLACE = /^\t(\/\S.*|[A-Za-z]:\S.*|\S+\.go):(\d+)$/;

/** The errors of such a text; undefined when it has fewer than two frames. */
export function parsePkgErrors(lines: readonly string[]): Found | undefined {
  const values: ExceptionValue[] = [];
  let frames: Frame[] = [];
  let message: string[] = [];
  let first = -1;
  let count = 0;
  const close = (): void => {
    if (frames.length > 0 && values.length < MAX_VALUES)
      values.push(exceptionOf(undefined, messageOf(message), oldestFirst(frames)));
    frames = [];
    message = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const place = FUNCTION.test(line) ? PLACE.exec(lines[i + 1] ?? "") : null;
    if (place !== null) {
      if (first < 0) first = i;
      const frame = goFrame(line, place[1] ?? "", Number(place[2]));
      if (frame.module !== "runtime" && frame.module !== "testing") frames.push(frame);
      count += 1;
      i += 1;
    } else {
      if (frames.length > 0) close();
      if (first >= 0 && !isBlank(line)) message.push(line);
      else if (first < 0) message = isBlank(line) ? message : [line];
    }
  }
  // What stands below the last stack is said about all of it: errors.WithMessage.
  const rest = frames.length === 0 ? messageOf(message) : "";
  close();
  if (rest !== "" && values.length > 0) values.push(exceptionOf(undefined, rest, []));
  return count < 2 ? undefined : { platform: "go", values, first, prefix: "" };
}
