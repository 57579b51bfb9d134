import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { NameHints } from "../../../src/processors/scrub/name-hints.ts";
import { SecretNames, spell } from "../../../src/processors/scrub/names.ts";
import { PHRASES } from "../../../src/processors/scrub/vocabulary.ts";

const SECRET = `
  password Password PASSWORD passwd pwd passphrase userPassword user_password user-password user.password dbpassword
  DB_PASSWORD password2 newPassword password_confirmation passwordHash PGPASSWORD MYSQL_PWD spring.datasource.password
  secret client_secret clientSecret client-secret CLIENTSECRET secretKey AWS_SECRET_ACCESS_KEY secrets vault_secret_id
  token access_token accessToken refreshToken id_token auth-token csrfToken X-CSRF-Token tokens bearer_token jwtToken
  authorization Authorization proxy-authorization HTTP_AUTHORIZATION auth x-auth auth_header
  cookie Cookie set-cookie Set-Cookie setCookie cookies http.request.header.cookie req.headers.authorization
  api_key apiKey api-key API-Key X-Api-Key xApiKey APIKEY apikey api.key stripeApiKey APIKey api_keys
  access_key accessKey AWS_ACCESS_KEY_ID accessKeyId private_key privateKey PRIVATE-KEY encryptionKey signing_key
  ssh_key account_key AccountKey SharedAccessKey session_id sessionId session-id JSESSIONID PHPSESSID connect.sid sid
  credit_card creditCard card_number cardNumber cc-number ccnum cvv cvv2 CVC card_cvc ssn social_security_number
  pin pin_code otp totp mfa_code security_code credential credentials userCredentials creds iban
  passwort kennwort senha smtp_pass dbPass pass oauth2Token jwt x-amz-security-token psk recovery_codes
  session signature X-Amz-Signature
`;
const INNOCENT = `
  tokenizer tokenized token_count tokenCount token_type max_token_length tokens_per_second secretary secretariat
  password_policy passwordLength password_reset_url password_changed_at password_expires passwordless secret_name
  keyboard monkey key keys cache_key primary_key foreignKey public_key publicKey partition_key routing_key idempotency_key
  sort_key object_key compass bypass passenger passed pass_rate passport first_pass author authority authored
  authenticated auth_method auth_type cookie_policy cookie_consent cookiePolicyAccepted pinned mapping spinner opinion pippin
  inside sidecar consider cardinality discard wildcard dashboard credited incredible next_token page_token nextPageToken
  continuation_token user id user_id request_id trace_id message level status host port number code country_code phone_number
  version duration expires_in scope session_count sessions_total signature_algorithm
`;

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

describe("SecretNames", () => {
  const names = new SecretNames();
  for (const name of words(SECRET)) it(`takes ${name} for a secret's name`, () => assert.equal(names.kindOf(name).secret, true));
  for (const name of words(INNOCENT))
    it(`takes ${name} for an innocent name`, () => assert.equal(names.kindOf(name).secret, false));
  for (const name of ["", "_", "...", "__proto__", "constructor", "hasOwnProperty", "\ud800", "é"]) {
    it(`takes ${JSON.stringify(name)} for an innocent name`, () => assert.equal(names.kindOf(name).secret, false));
  }

  it("knows names of its own in every spelling", () => {
    const own = new SecretNames(["national id", "Geburtsdatum", "пароль"]);
    for (const name of [
      "nationalId",
      "NATIONAL_ID",
      "user.national-id",
      "national id",
      "geburtsdatum",
      "ПАРОЛЬ",
      "user_пароль",
    ]) {
      assert.equal(own.kindOf(name).secret, true, name);
    }
    for (const name of ["national", "id", "nationality", "nation al id x", "international_id"]) {
      assert.equal(own.kindOf(name).secret, false, name);
    }
  });

  it("lets names pass that are allowed, in every spelling", () => {
    const lenient = new SecretNames([], ["session_id", "csrf-token"]);
    for (const name of ["sessionId", "SESSION-ID", "csrfToken"]) assert.equal(lenient.kindOf(name).allowed, true, name);
    assert.equal(lenient.kindOf("my_session_id").secret, true);
  });

  it("makes phrases of a word and the one before it", () => {
    for (const [before, name] of [
      ["api", "key"],
      ["API", "Key"],
      ["Private", "key"],
      ["card", "number"],
      ["session", "id"],
    ] as const) {
      assert.equal(names.kindAfter(before, name).secret, true, `${before} ${name}`);
    }
    for (const [before, name] of [
      ["cache", "key"],
      ["the", "id"],
      ["Unexpected", "token"],
      ["order", "number"],
    ] as const) {
      assert.equal(names.kindAfter(before, name).secret, false, `${before} ${name}`);
    }
  });

  it("decides the same whether it remembers a name or not", () => {
    const fresh = new SecretNames();
    for (let index = 0; index < 10_000; index++) fresh.kindOf(`name_${index}`);
    for (const name of words(SECRET)) assert.equal(fresh.kindOf(name).secret, true, name);
  });

  it("decides by the end of an endless name", () => {
    assert.equal(names.kindOf(`${"x".repeat(1 << 20)}_password`).secret, true);
    assert.equal(names.kindOf("aA".repeat(1 << 19)).secret, false);
  });
});

describe("spell", () => {
  const cases: [string, string][] = [
    ["X-Api-Key", "x api key"],
    ["xApiKey", "x api key"],
    ["APIKey", "api key"],
    ["api.key", "api key"],
    ["password2", "password"],
    ["oauth2Token", "oauth token"],
    ["user[password]", "user password"],
    ["  a__b  ", "a b"],
    ["2fa", "2fa"],
    ["ÜberGeheim", "über geheim"],
  ];
  for (const [name, expected] of cases) it(`spells ${name} as "${expected}"`, () => assert.equal(spell(name), expected));
});

describe("NameHints", () => {
  const names = new SecretNames(["national id", "gebdat", "пароль"]);
  const hints = new NameHints(names.extra);

  it("never rules out a secret's name", () => {
    const all = [...words(SECRET), "national_id", "nationalId", "gebdat", "x_gebdat", "пароль", "ПАРОЛЬ2"];
    for (const name of all) assert.equal(hints.canBeSecret(`x ${name}=1`, name.length + 2), true, name);
  });

  it("never rules out a secret's name made of known words", () => {
    const part = fc.constantFrom(
      ...words(SECRET),
      ...words(INNOCENT),
      ...PHRASES.map((phrase) => phrase.replaceAll(" ", "_")),
      "x",
      "Old",
      "db",
      "stripe",
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), fc.constantFrom("_", "-", ".", ""), (parts, glue) => {
        const name = parts.join(glue);
        if (name.length <= 64 && names.kindOf(name).secret) assert.equal(hints.canBeSecret(name, name.length), true, name);
      }),
      { numRuns: 1_000 },
    );
  });

  it("rules out most names that logs are full of", () => {
    for (const name of words(
      "level msg time ts caller method path status duration pid hostname user id request_id service version host port",
    )) {
      assert.equal(hints.canBeSecret(`x ${name}`, name.length + 2), false, name);
    }
  });
});
