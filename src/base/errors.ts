/** Why the process could not do what it was asked, as a code that scripts and tests can rely on. */
export type RelayErrorCode =
  | "RELAY_BAD_CONFIG" // exit 78
  | "RELAY_USAGE" // exit 2
  | "RELAY_LISTEN" // exit 1: a port could not be opened
  | "RELAY_STORE" // exit 1: the queue's directory is another relay's, or of a newer version
  | "RELAY_UPSTREAM_UNAVAILABLE" // exit 69
  | "RELAY_NOT_EXECUTABLE" // exit 126, as of a shell: the wrapped command is not executable
  | "RELAY_NO_COMMAND" // exit 127, as of a shell: there is no such command
  | "RELAY_BUG"; // exit 1: please report

/** The one error class of the project. Its message is written for the person who has to act on it. */
export class RelayError extends Error {
  readonly code: RelayErrorCode;

  constructor(code: RelayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RelayError";
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code of a system or library error ("ENOENT"); "" for what has none. */
export function codeOf(thrown: unknown): string {
  const code = typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : "";
}
