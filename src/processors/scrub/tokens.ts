import type { Findings } from "./findings.ts";

/** Tokens that say by their first characters who issued them. All quantifiers are bounded or end at a different class. */
interface TokenRule {
  readonly rule: string;
  /** The two characters that the pattern can begin with. */
  readonly starts: string;
  /** Tried where a run of 20 or more letters, digits, "_" and "-" starts. */
  readonly pattern: RegExp;
}

const RULES: readonly TokenRule[] = [
  { rule: "jwt", starts: "ey", pattern: /eyJ[\w-]+\.[\w-]{2,}(?:\.[\w-]*){0,3}/y },
  { rule: "aws_key", starts: "AK AS AB AC", pattern: /A(?:KI|SI|BI|CC)A[A-Z0-9]{16}(?![A-Za-z0-9])/y },
  { rule: "aws_key", starts: "Fw IQ", pattern: /(?:FwoGZXIvYXdz|IQoJb3JpZ2luX2Vj)[A-Za-z0-9+/=%]{20,4096}/y }, // session tokens
  { rule: "google_key", starts: "AI GO", pattern: /(?:AIza[\w-]{35}|GOCSPX-[\w-]{20,255})/y },
  { rule: "github_token", starts: "gh gi", pattern: /(?:gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})/y },
  {
    rule: "gitlab_token",
    starts: "gl",
    pattern: /gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|ffct|oas)-[\w-]{20,255}(?:\.[\w-]{1,64}){0,2}/y,
  },
  { rule: "slack_token", starts: "xo xa", pattern: /(?:xox[abeoprs]-[\w-]{10,255}|xapp-\d-[\w-]{10,255})/y },
  {
    rule: "stripe_key",
    starts: "sk rk wh",
    pattern: /(?:[sr]k_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9]{20,255}[+/=A-Za-z0-9]{0,64})/y,
  },
  // OpenAI and Anthropic, Hugging Face, Linear, Grafana, Tailscale, age
  { rule: "api_token", starts: "sk", pattern: /sk-(?=[\w-]{0,254}\d)[\w-]{20,255}/y },
  { rule: "api_token", starts: "hf", pattern: /hf_[A-Za-z0-9]{30,64}/y },
  { rule: "api_token", starts: "li gl ts", pattern: /(?:lin_api_[A-Za-z0-9]{40}|glsa_\w{40,64}|tskey-[\w-]{20,128})/y },
  { rule: "api_token", starts: "AG", pattern: /AGE-SECRET-KEY-1[A-Z0-9]{58}/y },
  // Twilio, Mailgun, Brevo, Square, Razorpay, Databricks, Postman, Atlassian, Figma, Sentry
  { rule: "api_token", starts: "SK", pattern: /SK[0-9a-f]{32}(?![A-Za-z0-9])/y },
  { rule: "api_token", starts: "ke xk", pattern: /(?:key-[0-9a-f]{32}(?![A-Za-z0-9])|xkeysib-[0-9a-f]{64}-\w{16})/y },
  { rule: "api_token", starts: "sq rz", pattern: /(?:sq0(?:atp|csp)-[\w-]{22,60}|rzp_live_[A-Za-z0-9]{14,40})/y },
  { rule: "api_token", starts: "da", pattern: /dapi[0-9a-f]{32}(?![0-9A-Za-z])/y },
  { rule: "api_token", starts: "PM AT", pattern: /(?:PMAK-[0-9a-f]{24}-[0-9a-f]{34}|AT[AC]TT3[\w=-]{20,255})/y },
  { rule: "api_token", starts: "fi sn", pattern: /(?:figd_[\w-]{30,60}|sntry[us]_[A-Za-z0-9+/=_-]{20,255})/y },
  // New Relic, HubSpot, Groq, Perplexity, xAI, Supabase, Notion
  {
    rule: "api_token",
    starts: "NR pa pp",
    pattern: /(?:NR(?:AK|JS|II)-[A-Za-z0-9]{20,40}|pat-(?:na|eu)1-[0-9a-f-]{36}|pplx-[A-Za-z0-9]{40,64})/y,
  },
  {
    rule: "api_token",
    starts: "gs xa sb nt",
    pattern: /(?:gsk_[A-Za-z0-9]{40,64}|xai-[A-Za-z0-9]{60,100}|sbp_[0-9a-f]{40}|ntn_[A-Za-z0-9]{40,60})/y,
  },
  // npm, PyPI, RubyGems, Docker Hub, DigitalOcean, Shopify
  { rule: "api_token", starts: "np py", pattern: /(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,1024})/y },
  { rule: "api_token", starts: "ru dc do", pattern: /(?:rubygems_[a-f0-9]{48}|dckr_pat_[\w-]{20,64}|do[opr]_v1_[a-f0-9]{64})/y },
  { rule: "api_token", starts: "sh", pattern: /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/y },
];

const BY_START: ReadonlyMap<number, readonly TokenRule[]> = new Map(
  [...new Set(RULES.flatMap(({ starts }) => starts.split(" ")))].map((start) => [
    pairAt(start, 0),
    RULES.filter(({ starts }) => starts.split(" ").includes(start)),
  ]),
);

function pairAt(text: string, at: number): number {
  return (text.charCodeAt(at) << 16) | text.charCodeAt(at + 1);
}

/** Tokens whose long run stands behind a short one, by the text before the run. */
const BY_BEFORE: readonly { readonly rule: string; readonly before: RegExp }[] = [
  { rule: "google_key", before: /(?<![\w-])ya29\.$/ },
  { rule: "google_key", before: /(?<![\w/:])1\/\/$/ }, // refresh tokens
  { rule: "api_token", before: /(?<![\w-])(?:SG|hv[sbr])\.$/ }, // SendGrid, Vault
  { rule: "slack_token", before: /hooks\.slack\.com\/(?:services|workflows)\/[A-Z]\w{4,30}\/[A-Z]\w{4,30}\/(?:\d{4,30}\/)?$/ },
  { rule: "api_token", before: /discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{10,25}\/$/ },
];
const BEFORE_CHARS = 100;
/** What follows the dot of a SendGrid or Vault token. */
const SECOND_PART = /(?:\.[\w-]{1,255})?/y;

/** Telegram writes "<number of the bot>:AA...". */
const TELEGRAM_BOT = /(?<!\d)\d{8,10}:$/;
const TELEGRAM_KEY = /AA[\w-]{33}(?![\w-])/y;

/** False when no token can start here: by its first two characters, and by the one before it. */
export function mayStartToken(text: string, start: number): boolean {
  const before = text.charAt(start - 1);
  return before === "." || before === "/" || before === ":" || BY_START.has(pairAt(text, start));
}

/** Looks at one run of 20 or more token characters, `text[start .. end)`. */
export function findToken(text: string, start: number, end: number, findings: Findings): void {
  const rules = BY_START.get(pairAt(text, start)) ?? [];
  const known = rules.find(({ pattern }) => {
    pattern.lastIndex = start;
    return pattern.test(text);
  });
  if (known !== undefined) {
    findings.add(known.rule, start, Math.max(end, known.pattern.lastIndex));
    known.pattern.lastIndex = 0;
    return;
  }
  findBehind(text, start, end, findings);
}

function findBehind(text: string, start: number, end: number, findings: Findings): void {
  const last = text.charAt(start - 1);
  if (last !== "." && last !== "/" && last !== ":") return;
  const before = text.slice(Math.max(0, start - BEFORE_CHARS), start);
  if (last === ":") {
    TELEGRAM_KEY.lastIndex = start;
    if (TELEGRAM_BOT.test(before) && TELEGRAM_KEY.test(text)) findings.add("api_token", start, end);
    return;
  }
  const behind = BY_BEFORE.find((one) => one.before.test(before));
  if (behind === undefined) return;
  SECOND_PART.lastIndex = end;
  SECOND_PART.test(text);
  findings.add(behind.rule, start, Math.max(end, SECOND_PART.lastIndex));
}
