import type { Spellings } from "./spellings.ts";

/** How loggers spell an error and its stack trace. */
export const ERROR_SPELLINGS: readonly Spellings[] = [
  { role: "stack", names: ["error.stack_trace", "err.stack", "error.stack", "exception.stacktrace", "exception.stack_trace"] },
  { role: "stack", names: ["exception.stackTrace", "exception.stack", "error.stacktrace", "error.stackTrace", "err.stacktrace"] },
  {
    role: "stack",
    names: ["err.stack_trace", "err.stackTrace", "exception.StackTrace", "Exception.StackTrace", "error.StackTrace"],
  },
  { role: "stack", names: ["exception.backtrace", "error.backtrace", "err.backtrace", "exception.trace", "error.trace"] },
  { role: "stack", names: ["exception.frames", "error.frames", "exception.traceback", "error.traceback", "exc.traceback"] },
  { role: "stack", names: ["stack_trace", "stackTrace", "exc_text", "@x", "exception_stack", "thrown.extendedStackTrace"] },
  { role: "stack", names: ["traceback", "backtrace"] },
  { role: "stack", names: ["errorVerbose"], form: "verbose" },
  { role: "stack", names: ["StackTrace", "stacktrace", "stack", "S", "stack_info", "errorCauses"] },

  { role: "error", names: ["exc_info", "exception", "Exception", "error", "err", "Error", "exc"] },

  { role: "errorType", names: ["error.type", "err.type", "exception.type", "exception.class", "exception.exc_type"] },
  {
    role: "errorType",
    names: ["err.name", "error.name", "exception.name", "error.kind", "error.class", "exception.exception_class"],
  },
  {
    role: "errorType",
    names: ["exception.exceptionType", "exception.Type", "Exception.Type", "exception.ClassName", "err.class"],
  },
  { role: "errorType", names: ["errorType", "exc_type", "exceptionClass", "thrown.name", "record.exception.type"] },
  { role: "errorType", names: ["exceptionType", "exceptionName", "errorName", "errorClass"] },

  {
    role: "errorMessage",
    names: ["error.message", "err.message", "exception.message", "error.msg", "exception.exception_message"],
  },
  { role: "errorMessage", names: ["exception.exc_value", "exception.Message", "Exception.Message", "error.errmsg", "err.msg"] },
  { role: "errorMessage", names: ["errorMessage", "exc_value", "thrown.message", "record.exception.value"] },
  { role: "errorMessage", names: ["exceptionMessage", "errorMsg", "errmsg"] },
];
