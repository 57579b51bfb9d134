import type { Findings } from "./findings.ts";

/** Tokens that say by their first characters who issued them. All quantifiers are bounded or end at a different class. */
interface TokenRule {
  readonly rule: string;
  /** Tried where a run of 20 or more letters, digits, "_" and "-" starts. */
  readonly pattern: RegExp;
}

const BY_START: readonly TokenRule[] = [
  { rule: "jwt", pattern: /eyJ[\w-]+\.[\w-]{2,}(?:\.[\w-]*){0,3}/y },
  { rule: "aws_key", pattern: /A(?:KI|SI|BI|CC)A[A-Z0-9]{16}(?![A-Za-z0-9])/y },
  { rule: "google_key", pattern: /(?:AIza[\w-]{35}|GOCSPX-[\w-]{20,255})/y },
  { rule: "github_token", pattern: /(?:gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})/y },
  { rule: "gitlab_token", pattern: /gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|ffct|oas)-[\w-]{20,255}(?:\.[\w-]{1,64}){0,2}/y },
  { rule: "slack_token", pattern: /(?:xox[abeoprs]-[\w-]{10,255}|xapp-\d-[\w-]{10,255})/y },
  { rule: "stripe_key", pattern: /(?:[sr]k_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9]{20,255}[+/=A-Za-z0-9]{0,64})/y },
  {
    rule: "api_token",
    pattern:
      /(?:sk-(?=[\w-]{0,254}\d)[\w-]{20,255}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,1024}|do[opr]_v1_[a-f0-9]{64}|dckr_pat_[\w-]{20,64}|hf_[A-Za-z0-9]{30,64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|rubygems_[a-f0-9]{48}|glsa_\w{40,64}|lin_api_[A-Za-z0-9]{40}|tskey-[\w-]{20,128}|AGE-SECRET-KEY-1[A-Z0-9]{58})/y,
  },
];

/** Tokens whose long run stands behind a short one: the text before the run, and the rule. */
const BY_BEFORE: readonly { readonly rule: string; readonly before: RegExp }[] = [
  { rule: "google_key", before: /(?<![\w-])ya29\.$/ },
  { rule: "api_token", before: /(?<![\w-])(?:SG|hv[sbr])\.$/ },
  { rule: "slack_token", before: /hooks\.slack\.com\/(?:services|workflows)\/[A-Z]\w{4,30}\/[A-Z]\w{4,30}\/(?:\d{4,30}\/)?$/ },
  { rule: "api_token", before: /discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{10,25}\/$/ },
  { rule: "api_token", before: /(?<!\d)(?:bot)?\d{8,10}:$/ },
];

const FIRST_CHARS: ReadonlySet<number> = new Set(Buffer.from("eAGgxsrwnpdhlt"));
const BEFORE_CHARS = 100;
/** A Telegram bot's key; the colon before it is too usual to mean anything alone. */
const TELEGRAM = /AA[\w-]{33}(?![\w-])/y;
/** What follows the dot of a SendGrid or Vault token. */
const SECOND_PART = /(?:\.[\w-]{1,255})?/y;

/** Looks at one run of 20 or more token characters, `text[start .. end)`. */
export function findToken(text: string, start: number, end: number, findings: Findings): void {
  if (FIRST_CHARS.has(text.charCodeAt(start))) {
    for (const { rule, pattern } of BY_START) {
      pattern.lastIndex = start;
      if (!pattern.test(text)) continue;
      findings.add(rule, start, Math.max(end, pattern.lastIndex));
      return;
    }
  }
  const before = text.charAt(start - 1);
  if (before === "." || before === "/" || before === ":") findBehind(text, start, end, findings);
}

function findBehind(text: string, start: number, end: number, findings: Findings): void {
  const before = text.slice(Math.max(0, start - BEFORE_CHARS), start);
  for (const one of BY_BEFORE) {
    if (!one.before.test(before)) continue;
    if (before.endsWith(":")) {
      TELEGRAM.lastIndex = start;
      if (!TELEGRAM.test(text)) continue;
    }
    SECOND_PART.lastIndex = end;
    SECOND_PART.test(text);
    findings.add(one.rule, start, Math.max(end, SECOND_PART.lastIndex));
    return;
  }
}
