/** One call of a stack trace, in Sentry's words. Absent fields are left out. */
export interface Frame {
  function?: string;
  module?: string;
  package?: string;
  /** Where in memory the call is, "0x7f...", for frames of which nothing else is known. */
  instruction_addr?: string;
  filename?: string;
  abs_path?: string;
  lineno?: number;
  colno?: number;
  context_line?: string;
  pre_context?: string[];
  post_context?: string[];
  in_app?: boolean;
}

/** One exception of a chain. Frames are ordered oldest call first. */
export interface ExceptionValue {
  type?: string;
  value?: string;
  module?: string;
  frames: Frame[];
}

/** What a stack trace in text says. `values` are ordered root cause first, headline last; never empty. */
export interface ParsedTrace {
  /** Sentry's platform: "python", "java", "node", "javascript", "go", "ruby", "php", "csharp", "native", ... */
  readonly platform: string;
  readonly values: ExceptionValue[];
}
