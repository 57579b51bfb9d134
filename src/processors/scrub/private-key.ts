import type { Findings } from "./findings.ts";

const BEGIN = "-----BEGIN ";
const END = "-----END ";
const MAX_LABEL_CHARS = 64;
const LABEL = /^[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/** Finds private keys in PEM, with real or escaped line ends; one that is cut off goes to the end of the text. */
export function findPrivateKeys(text: string, findings: Findings): void {
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + BEGIN.length)) {
    const label = LABEL.exec(text.slice(at + BEGIN.length, at + BEGIN.length + MAX_LABEL_CHARS));
    if (label === null) continue;
    const body = at + BEGIN.length + label[0].length;
    const end = text.indexOf(END, body);
    const close = end < 0 ? -1 : text.indexOf("-----", end + END.length);
    const to = close < 0 ? text.length : close + 5;
    findings.add("pem", at, to);
    at = to - BEGIN.length;
  }
}
