// Stand-in by the lead so that the others can build meanwhile; the author of src/text replaces this file.
import type { ParsedTrace } from "../record/exception.ts";
export function titleOf(parts: {
  readonly message: string;
  readonly template: string;
  readonly trace: ParsedTrace | undefined;
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
}): string {
  return parts.message.slice(0, 120);
}
