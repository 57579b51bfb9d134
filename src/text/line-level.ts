// Stand-in by the lead so that the others can build meanwhile; the author of src/text replaces this file.
import type { SeverityNumber } from "../record/severity.ts";
export function levelOfLine(text: string): SeverityNumber | undefined {
  return /\bERROR\b/.test(text) ? 17 : undefined;
}
