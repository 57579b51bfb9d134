// The words that make a name a secret's name, spelled as `spell` in names.ts spells them: lower case, one space between
// words, digits at the end of a word left out ("cvv2" is "cvv").

/** A name that holds one of these words is a secret's, wherever the word stands, unless it ends in one of {@link ABOUT}. */
export const ANYWHERE: ReadonlySet<string> = new Set(
  words("password passwords passwd passwds pwd passphrase passcode secret secrets credential credentials creds"),
);

/** "password_policy", "secret_name", "token_count": the last word says that the value only tells something about a secret. */
export const ABOUT: ReadonlySet<string> = new Set(
  words(`
    after age algo algorithm at attempt attempts backend before bucket changed count counts created date deleted directory disabled enabled
    endpoint engine error errors exists expired expires expiration expire expiry failed failure failures field fields file
    filename format found host id ids index issuer kind label length len lifetime limit limits location max maximum message
    method min minimum missing mode name names namespace on optional path policy policies present prompt protected provider ref
    regex remaining required reset resets retries rotated rotation rule rules scheme service since size source state status store
    strength time timestamp ttl type types until updated uri url usage used valid validity version versions
    c cc conf cpp cs css dart erl ex exs go html java js json jsx kt log lua md php properties py rb rs scala sh sql swift toml ts
    tsx txt vue xml yaml yml
  `),
);

/** Secrets when they end a name. */
export const LAST: ReadonlySet<string> = new Set(
  words(`
  apikey apikeys accesskey secretkey privatekey authkey encryptionkey signingkey sharedkey masterkey sessionkey appkey
  creditcard cardnumber ccnumber ccnum cvv cvc ssn iban psk mnemonic jsessionid phpsessid sessionid sessid
    passwort kennwort contrasena senha wachtwoord motdepasse
    pw pswd psw passwrd dbpass userpass mysqlpass pgpass redispass rootpass adminpass smtppass mailpass ftppass sshpass ldappass storepass keypass
    contraseña hasło heslo lösenord passord adgangskode salasana parola şifre jelszó
    пароль 密码 密碼 パスワード 비밀번호
`),
);

/** Secrets when they end a name, but words of prose too: "token: expired" is none. */
export const LAST_WEAK: ReadonlySet<string> = new Set(
  words(`
  token tokens cookie cookies auth authorization bearer jwt otp totp pin csrf xsrf
`),
);

/** Secrets when they end a name and the value looks made by a machine: 16 characters or more, with a digit. */
export const LAST_LONG: ReadonlySet<string> = new Set(words("session signature sig sess sid"));

/** Last words of names whose secrets are numbers: "pin=on" and "credit card: declined" hold none. */
export const NUMERIC: ReadonlySet<string> = new Set(
  words("creditcard cardnumber ccnumber ccnum cvv cvc ssn iban otp totp pin card number num pan code codes"),
);

/** What an object named like a weak secret calls it: {token: {value: "..."}}. */
export const HOLDING: ReadonlySet<string> = new Set(
  words("value values raw data text content string str plain current access refresh id hash header basic bearer digest 0 1 2 3"),
);

/** Two and three words that are secrets when they end a name. */
export const PHRASES: readonly string[] = lines(`
  api key, api keys, access key, access keys, access key id, private key, private keys, encryption key, signing key, auth key
  authentication key, master key, ssh key, shared key, session key, session id, account key, consumer key, license key
  app key, application key, hmac key, aes key, jwt key, service key, subscription key, client key, host key data
  client key data, secret id, credit card, debit card, card number, cc number, cc num, card no, card pan, security code
  verification code, cvv code, cvc code, pin code, mfa code, otp code, backup code, backup codes, recovery code
  recovery codes, recovery phrase, seed phrase, social security, security number, pass word, pass phrase, pass code
  user pass, db pass, database pass, smtp pass, mail pass, email pass, ftp pass, ldap pass, redis pass, mysql pass
  de passe, postgres pass, pg pass, admin pass, root pass, login pass, proxy pass, http pass, auth pass, key pass, store pass
  sudo pass, account pass, client pass, server pass, service pass, api pass, system pass, wifi pass
`);

/** Names that look like secrets and are none: positions in a list, parts of a grammar. */
export const HARMLESS: readonly string[] = lines(`
  unexpected token, illegal token, next token, page token, continuation token, sync token, cancellation token, cancel token
  stop token, pad token, special token, end token
`);

/** Ends of words that were written together: "dbpassword", "accesstoken". */
export const ENDINGS: readonly string[] = words(`
  password passwd passphrase secret apikey accesskey secretkey privatekey sessionid sessid cardnumber creditcard
`);
export const ENDINGS_WEAK: readonly string[] = ["token", "authorization"];

/** Words that may follow a secret's name without changing it: "token_value", "auth_header". */
export const WRAPPING: ReadonlySet<string> = new Set(words("value header hash string pem"));

/** First words of a value that is prose: "Invalid password: must have 8 characters". */
export const PROSE: ReadonlySet<string> = new Set(
  words(`
    a an and any are at authentication because but cannot can did do does empty error expected expired expires failed failure
    for from given has have how if in incorrect invalid is isn it its mismatch missing must need needs no none not of ok okay on
    only or please rejected required revoked should successful success the this to too unable unexpected unknown use using
    valid verification was what when which while will with wrong you your
  `),
);

/** Values that reveal nothing. */
export const NOTHING: ReadonlySet<string> = new Set(
  words("null nil none undefined true false nan n/a - <nil> (nil) (null) <none> ?"),
);

/** What a setting or an outcome is: no secret where the name promises none for sure, as in "auth=ldap", "credentials: include". */
export const STATES: ReadonlySet<string> = new Set(
  words(`
    on off yes no enabled disabled enable disable required optional missing present absent set unset empty valid invalid verified
    unverified active inactive expired revoked issued renewed refreshed created deleted updated changed accepted rejected declined
    denied allowed granted failed failure fail success successful succeeded ok done error pending unknown default always never
    include omit same-origin none anonymous guest basic bearer digest ldap oauth oauth2 oidc saml kerberos ntlm jwt password mtls
    certificate cert apikey internal external local strict lax secure httponly session persistent opaque
  `),
);

/** Words that announce how the rest of an Authorization value is to be read. */
export const SCHEMES: ReadonlySet<string> = new Set(
  words("bearer basic token negotiate ntlm apikey digest oauth hawk aws4-hmac-sha256"),
);
/** Those whose rest is a list of parameters, not one word. */
export const LONG_SCHEMES: ReadonlySet<string> = new Set(words("digest oauth hawk aws4-hmac-sha256"));

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function lines(text: string): string[] {
  return text
    .trim()
    .split(/\s*[,\n]\s*/)
    .filter((phrase) => phrase !== "");
}
