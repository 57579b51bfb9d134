import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { marker } from "../../../src/processors/scrub/mark.ts";
import { SecretNames } from "../../../src/processors/scrub/names.ts";
import { OwnPatterns } from "../../../src/processors/scrub/own-patterns.ts";
import { TextScrubber } from "../../../src/processors/scrub/text.ts";

const found: string[] = [];
const text = new TextScrubber({
  names: new SecretNames(),
  own: new OwnPatterns([]),
  mark: marker(false, ""),
  count: (rule) => found.push(rule),
});
const hashing = new TextScrubber({
  names: new SecretNames(),
  own: new OwnPatterns([]),
  mark: marker(true, ""),
  count: () => undefined,
});

// Joined here, so that no tool that looks for keys in source code takes these for real ones.
const JWT = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"].join(".");
const AWS = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
const GITHUB = ["ghp", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"].join("_");

/** What goes in, what comes out; "#" stands for the mark. */
const SECRETS: [string, string][] = [
  ["login password=hunter2 ok", "login password=# ok"],
  ["password = hunter2", "password = #"],
  ["password: hunter2", "password: #"],
  ["Password : hunter2", "Password : #"],
  ["PASSWORD=hunter2;Server=x", "PASSWORD=#;Server=x"],
  ["password := hunter2", "password := #"],
  ["db_password=Pa,ss;w0rd,user=x", "db_password=#,user=x"],
  ["password='a b' next", "password='#' next"],
  ['password="a b" next', 'password="#" next'],
  ["password=`a b` next", "password=`#` next"],
  ["password=abc)def (password=abc)", "password=# (password=#)"],
  ["{user=bob, password=abc}", "{user=bob, password=#}"],
  ["[password=abc] done", "[password=#] done"],
  ['{"password":"hunter2","a":1}', '{"password":"#","a":1}'],
  ['{"password": "hun\\"ter2", "a": 1}', '{"password": "#", "a": 1}'],
  ['{"password":"C:\\\\","a":1}', '{"password":"#","a":1}'],
  ['{"pin":12345,"a":1}', '{"pin":"#","a":1}'],
  ['{"tokens":["abcd","efgh"],"a":1}', '{"tokens":"#","a":1}'],
  ['{"credentials":{"user":"bob","x":"}"},"a":1}', '{"credentials":"#","a":1}'],
  ['{\\"password\\":\\"a b\\",\\"x\\":1}', '{\\"password\\":\\"#\\",\\"x\\":1}'],
  ['{\\"password\\":\\"a\\\\\\"b\\",\\"x\\":1}', '{\\"password\\":\\"#\\",\\"x\\":1}'],
  ['{\\\\\\"password\\\\\\":\\\\\\"ab\\\\\\",\\\\\\"x\\\\\\":1}', '{\\\\\\"password\\\\\\":\\\\\\"#\\\\\\",\\\\\\"x\\\\\\":1}'],
  ["{'password': 'hunter2', 'a': 1}", "{'password': '#', 'a': 1}"],
  [':password=>"hunter2", "token"=>"abcd1234"', ':password=>"#", "token"=>"#"'],
  ["user[password]=hunter2&x=1", "user[password]=#&x=1"],
  ["user%5Bpassword%5D=hunter2&x=1", "user%5Bpassword%5D=#&x=1"],
  ["['password'] = 'hunter2'", "['password'] = '#'"],
  ["GET /cb?code=1&access_token=abc.def&state=2 HTTP/1.1", "GET /cb?code=1&access_token=#&state=2 HTTP/1.1"],
  ["/x?X-Amz-Signature=0123456789abcdef0123&a=b", "/x?X-Amz-Signature=#&a=b"],
  ["https://x/?token=abcdef\\u0026b=1", "https://x/?token=#\\u0026b=1"],
  ["Authorization: Bearer abc.def", "Authorization: #"],
  ["authorization: Basic dXNlcjpwYXNz\nHost: x", "authorization: #\nHost: x"],
  ['"Authorization":["Bearer abc"],"x":1', '"Authorization":"#","x":1'],
  ["Authorization: Digest username=\"bob\", response='x' \nHost: x", "Authorization: #\nHost: x"],
  ["Authorization: AWS4-HMAC-SHA256 Credential=a/b, Signature=c", "Authorization: #"],
  ["curl -H 'Authorization: token abc123'", "curl -H 'Authorization: #'"],
  ["Cookie: a=b; c=d then", "Cookie: # then"],
  ["set-cookie: sid=1; Path=/; HttpOnly", "set-cookie: #"],
  ['"cookie":"a=b; c=d","x":1', '"cookie":"#","x":1'],
  ["X-Api-Key: 12345678", "X-Api-Key: #"],
  ["api key: 12345678", "api key: #"],
  ["API Key = 12345678", "API Key = #"],
  ["Private key: abcdef", "Private key: #"],
  ["credit card number: 1234", "credit card number: #"],
  ["session=3f2a9c8b7d6e5f4a3b2c", "session=#"],
  ["password=abc(d)e{f} x", "password=# x"],
  ["password= hunter2", "password= #"],
  ["secret:s3cr3t", "secret:#"],
  ["token: abcdef123456", "token: #"],
  ["password: swordfish", "password: #"],
  ["AccountKey=ab/c+d==;EndpointSuffix=x", "AccountKey=#;EndpointSuffix=x"],
  ["cmd --password hunter2 --token=abcd1234 -v", "cmd --password # --token=# -v"],
  ["cmd --db-password 'a b' x", "cmd --db-password '#' x"],
  ["<password>hunter2</password>", "<password>#</password>"],
  ['<wsse:Password Type="x#PasswordText">hunter2</wsse:Password>', '<wsse:Password Type="x\u0000PasswordText">#</wsse:Password>'],
  ["ALTER USER bob WITH PASSWORD 'hunter2'", "ALTER USER bob WITH PASSWORD '#'"],
  ["CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '#'"],
  ["postgres://bob:hunter2@db:5432/x", "postgres://bob:#@db:5432/x"],
  ["redis://:hunter2@h/0 and amqp://a:b@c", "redis://:#@h/0 and amqp://a:#@c"],
  ["mongodb+srv://bob:p@ss@h/x", "mongodb+srv://bob:#@h/x"],
  ["https://bob:pa/ss@h/x", "https://bob:#@h/x"],
  ["https://0123456789abcdef0123@github.com/x", "https://#@github.com/x"],
  [`jwt ${JWT} end`, "jwt # end"],
  [`x ${AWS} y`, "x # y"],
  [`x=${AWS}`, "x=#"],
  [`clone https://${GITHUB}@github.com/a/b`, "clone https://#@github.com/a/b"],
  ["Bearer abcdef123456 sent", "Bearer # sent"],
  ["basic dXNlcjpwYXNz sent", "basic # sent"],
  ["card 4111 1111 1111 1111 ok", "card # ok"],
  ["iban DE89 3704 0044 0532 0130 00.", "iban #."],
  ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", "#\nx"],
  ["cmd -password hunter2 -storepass changeit -v", "cmd -password # -storepass # -v"],
  ["curl -s -u bob:hunter2 https://h", "curl -s -u bob:# https://h"],
  ["curl --user 'bob:hunter2' https://h", "curl --user 'bob:#' https://h"],
  ["mysqldump -uroot -phunter2 shop", "mysqldump -uroot -p# shop"],
  ["sshpass -p hunter2 ssh h", "sshpass -p # ssh h"],
  ["redis-cli -h h -a hunter2 ping", "redis-cli -h h -a # ping"],
  ["bob:hunter2@tcp(db:3306)/shop", "bob:#@tcp(db:3306)/shop"],
  ["jdbc:oracle:thin:scott/tiger@h:1521:x", "jdbc:oracle:thin:scott/#@h:1521:x"],
  ['<property name="db.password" type="x">hunter2</property>', '<property name="db.password" type="x">#</property>'],
  ["<password><![CDATA[hunter2]]></password>", "<password><![CDATA[#]]></password>"],
  ['<add key="password" value="hunter2" />', '<add key="password" value="#" />'],
  ['{"name":"X-Api-Key","value":"hunter2"}', '{"name":"X-Api-Key","value":"#"}'],
  ['{\\"key\\":\\"DB_PASSWORD\\",\\"value\\":\\"hunter2\\"}', '{\\"key\\":\\"DB_PASSWORD\\",\\"value\\":\\"#\\"}'],
  ['got Secret("hunter2") back', 'got Secret("#") back'],
  ['["password"]=> string(7) "hunter2"', '["password"]=> string(7) "#"'],
  ['["password"]=>\n  string(7) "hunter2"\n', '["password"]=>\n  string(7) "#"\n'],
  ["/login?next=%2Fcb%3Faccess_token%3Dab12%26x%3D1", "/login?next=%2Fcb%3Faccess_token%3D#%26x%3D1"],
  ["new password is hunter2, bye", "new password is #, bye"],
  [
    "contrase\u00f1a: hunter2 \u043f\u0430\u0440\u043e\u043b\u044c=hunter2 \u5bc6\u7801: hunter2",
    "contrase\u00f1a: # \u043f\u0430\u0440\u043e\u043b\u044c=# \u5bc6\u7801: #",
  ],
  ["mot de passe: hunter2", "mot de passe: #"],
  [`row (7, $2b$12$${"aB3./".repeat(10)}xyz, true)`, "row (7, #, true)"],
  ["root:$6$saltsalt$" + "aB3./".repeat(17) + "x:19000", "root:#:19000"],
  ["$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g done", "# done"],
  ["pbkdf2_sha256$600000$salt$aGFzaGhhc2hoYXNoaGFzaGhhc2g= done", "# done"],
  ["password=a password=b password=c", "password=# password=# password=#"],
  ["docker login -u bob -p hunter2 reg", "docker login -u bob -p # reg"],
  ["failed with password hunter2x9", "failed with password #"],
  ["SET PASSWORD FOR 'bob' = 'hunter2'", "SET PASSWORD FOR 'bob' = '#'"],
  ["INSERT INTO u (id, password) VALUES (1, 'hunter2')", "INSERT INTO u (id, password) VALUES (1, '#')"],
  ["AUTH PLAIN AGJvYgBodW50ZXIy", "AUTH PLAIN #"],
  ["your verification code is 482913", "your verification code is #"],
  ["auth=('bob', 'hunter2') next", "auth=# next"],
  ["admin_pw=hunter2 pswd: hunter2", "admin_pw=# pswd: #"],
  ["private_key_pem=abc", "private_key_pem=#"],
  ["connect.sid=s%3Aabcdef.0123456789", "connect.sid=#"],
  ["jdbc:oracle:thin:a/b1@h", "jdbc:oracle:thin:a/#@h"],
  ["--token abcd", "--token #"],
  ["x$2b$12$" + "aB3./".repeat(10) + "xyz", "x#"],
  ["token=abcd\tsecret=x\nPASSWD=y\r\nz", "token=#\tsecret=#\nPASSWD=#\r\nz"],
];

const INNOCENT = [
  "GET /api/v1/users/12345 returned 200 in 12ms for user alice from 10.0.0.1",
  "2024-05-01 12:00:01,123 INFO [main] com.foo.Bar - id=8f14e45f-ceea-467f-a0e6-2b1d9f8b3c6a took 35ms",
  "Invalid password: must be at least 8 characters",
  "Unexpected token: foo",
  "SyntaxError: Unexpected token < in JSON at position 0",
  "token: expired",
  "Authorization: failed",
  "auth: session opened for user root",
  'secret "db-creds" not found in namespace default',
  "password reset requested, password changed, wrong password",
  "token_count=512 tokenizer=bpe secretary=bob max_tokens: 4096 tokens: 17",
  "bearer authentication failed, basic authentication required",
  "key=user:12345:profile cache_key=abc:def public_key=abc id=5",
  "if (password == null) return token != other",
  "std::secret::value and password::hash",
  "PWD=/home/app OLDPWD=/srv",
  "password=null token=undefined secret= password=\"\" pass=''",
  "password=%s token={} secret=*** password=${DB_PASSWORD} WHERE token = ? AND secret = $1",
  "tests pass: 10 fail: 2",
  "http://host:8080/path and https://[::1]:80/@x and ssh://git@github.com/a",
  "see https://example.com/a:b/c@d for more",
  "order 1234567890123456 shipped at 1714560001123 ns 1714560001123456789",
  "session=short sess=x sig=a",
  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  "java.lang.IllegalStateException: no token\n\tat com.example.TokenService.token(TokenService.java:12)",
  '{"level":"info","time":1714560001123,"msg":"ok","has_password":true,"token":null}',
  "docker run -u 1000:1000 -p 8080:80 nginx -a x",
  "mysql -p shop and curl -u bob https://h",
  "no-password login, - password reset, x -token expired",
  'call token() and secret(5) and check("password")',
  "password is incorrect, password is required, password was changed 3 days ago",
  '{"name":"color","value":"red","key":"size"}',
  "costs $5$ or $1$, $2b, a%3Db%26c%3Dd",
  '<property name="size">12</property>',
  "<b>password</b> <token/> a --> b -- c",
  "key: value, Token : , password:",
  "\u5bc6\u7801 \u0442\u043e\u043a\u0435\u043d ok",
  "accept_cookies=yes pin=on otp=disabled csrf=failed auth=ldap auth: none",
  "sid=12345 and session=42",
  'MountVolume.SetUp failed for volume "token" : secret "db-secret" not found',
  "credentials=include, credentials: same-origin",
  "password.py:12: DeprecationWarning, app/token.ts:4:2",
  "credit card: declined, cvv: missing, iban invalid",
  "author: Jane, authors=[a, b], session_duration=12.5, secretary=Anna, keyboard=qwerty, monkey=3",
  "password_reset_requested: true password_changed_at=2024-05-28T12:00:00Z password_strength=weak",
  "prompt_tokens=12 completion_tokens=1000 token_type=bearer access_token_expires_in=3600",
  "Failed password for root from 10.0.0.1 port 4711 ssh2",
  "Failed password for invalid user admin from 203.0.113.9 port 51234 ssh2",
  "Accepted publickey for bob from 10.0.0.1 port 4711 ssh2: RSA SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABC",
  "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh rhost=10.0.0.1",
  "password sha256 mismatch, password is too short, password required",
  "AUTH LOGIN failed, AUTH PLAIN supported",
  "exit code is 137, status code 500, error code: 40001, zip code: 12345, promo code SUMMER24",
  "gpio pin: 13, mapping: 1, compass: north, passenger=Bob, passed=12, bypass=true, spin=1",
  "docker run -p 8080:80 nginx, ssh -p 2222 host, mkdir -p /var/lib/x1, nmap -p 1-1024",
  "primary key=id, cache key: user:42:profile, keyspace=shop, partition_key=k1, sort key: name",
  "secretName: my-tls secret_name=db-credentials secretRef: db",
  'missing parameter: password; column "password" does not exist; WHERE password IS NOT NULL',
  "grant_type=password type=password field=password error=missing",
  "arn:aws:iam::123456789012:role/x git@github.com:acme/shop.git user@example.com",
  "ISBN 978-3-16-148410-0, tracking 1Z999AA10123456784, order 4111111111111112, DE 12 rows",
  "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 commit 0123456789abcdef0123456789abcdef01234567",
  "INSERT INTO u (id, name) VALUES (1, 'bob'); INSERT INTO u VALUES (1, 'bob')",
  "insert into u (email, encrypted_password) values ($1, $2)",
  "jwt expired, jwt malformed, CSRF token mismatch., api key missing, API key not found",
];

const PIECES = [
  "password",
  "=",
  ": ",
  ":",
  "token",
  '"',
  "'",
  "\\",
  '\\"',
  "[",
  "]",
  "{",
  "}",
  ",",
  ";",
  "&",
  " ",
  "\n",
  "a",
  "1",
  "Bearer ",
  "Basic ",
  "://",
  "@",
  "--",
  "<",
  ">",
  "</",
  "cookie",
  "api key",
  "secret",
  "[Filtered]",
  "[Filtered",
  "[Filtered:1a2b3c4d]",
  "4111 1111 1111 1111",
  "4111",
  "DE89",
  "3704 0044 0532 0130 00",
  JWT,
  AWS,
  GITHUB,
  "eyJ",
  "-----BEGIN PRIVATE KEY-----",
  "-----END PRIVATE KEY-----",
  "authorization",
  "pwd",
  "/",
  "null",
  "must",
  "=>",
  ":=",
  "%5D",
  "b'",
  "dXNlcjpwYXNz",
  "session",
  "0123456789abcdef",
  "\ud800",
  "\u{1f600}",
  "<password>",
  "identified by ",
  "curl -u a:",
  "mysql -p",
  "redis-cli -a ",
  "@tcp(",
  "value",
  "name",
  "%3D",
  "%26",
  "string(3) ",
  "Secret(",
  "password is ",
  "$2b$12$",
  "<![CDATA[",
  "]]>",
  "\u043f\u0430\u0440\u043e\u043b\u044c",
  "(a, password) VALUES (",
  "'a', 'b1'",
  ")",
  "AUTH PLAIN ",
  "password ",
  "password for x = ",
  "verification code is 1234",
  "docker login -p ",
  "auth=('",
  "sid",
  "1//",
]; // every rule meets every other one's delimiters

describe("TextScrubber", () => {
  for (const [before, after] of SECRETS) {
    it(`scrubs ${JSON.stringify(before)}`, () => {
      assert.equal(text.scrub(before), after.replaceAll("#", "[Filtered]").replaceAll("\u0000", "#"));
    });
  }

  for (const line of INNOCENT) {
    it(`leaves ${JSON.stringify(line.slice(0, 70))}`, () => {
      assert.equal(text.scrub(line), line);
    });
  }

  it("leaves what it made the first time", () => {
    for (const [before] of SECRETS) {
      const once = text.scrub(before);
      found.length = 0;
      assert.equal(text.scrub(once), once);
      assert.deepEqual(found, []);
      const hashed = hashing.scrub(before);
      assert.equal(hashing.scrub(hashed), hashed);
    }
  });

  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ maxLength: 4 })), { maxLength: 14 })
      .map((parts) => parts.join("")),
  );

  it("is idempotent on any text", () => {
    fc.assert(
      fc.property(anyText, (any) => {
        const once = text.scrub(any);
        assert.equal(text.scrub(once), once);
        const hashed = hashing.scrub(any);
        assert.equal(hashing.scrub(hashed), hashed);
      }),
      { numRuns: 400 },
    );
  });

  it("never makes a text longer than six times what it was", () => {
    fc.assert(
      fc.property(anyText, (any) => {
        assert.ok(hashing.scrub(any).length <= any.length * 6);
      }),
      { numRuns: 240 },
    );
  });

  const hostile = [
    "=",
    ":",
    "password=",
    "token:",
    "token:{",
    "a:a=",
    "eyJ",
    "eyJ-",
    "://",
    "://a:b",
    "--a ",
    "<a ",
    "4111 ",
    "DE89 ",
    "Bearer ",
    "-----BEGIN PRIVATE KEY-----",
    "\\",
    '\\"',
    '"',
    'password:"',
    "Cookie: a; ",
    "A1 ",
    "[Filtered]",
    "[Filtered",
    ",a",
    "ghp_",
    "AKIA",
    "password '",
    "a.",
    "(",
    "\u00e9",
    " ",
    " -p",
    " -u a:",
    "curl -u a:b ",
    "mysql -pa ",
    "a:b@tcp(",
    "jdbc:oracle:a:",
    "%3D",
    "token%3Da",
    "value=",
    'name="a" value=',
    "string(1) ",
    'token=>string(1) "',
    'Secret("',
    "password is ",
    "password is 1",
    "$2b$12$",
    "$1$a",
    "$argon2id$a",
    "pbkdf2_sha1$1$",
    "<a name=",
    "\u043f",
    "(password) VALUES (",
    "(password) VALUES (('",
    "(password) VALUES (1),",
    "(a, b",
    "password for a ",
    "password for '",
    "password a1",
    "AUTH PLAIN a",
    "verification code is ",
    "docker login -p a",
    "auth=('",
    "1//0",
    "SK0",
  ];
  for (const [i, piece] of hostile.entries()) {
    it(`gets through 1 MiB of ${JSON.stringify(piece)}`, () => {
      const line = piece.repeat(Math.ceil((1 << 20) / piece.length));
      assert.equal(typeof text.scrub(line), "string");
      assert.equal(typeof text.scrub(i % 2 === 0 ? `password=${line}` : `"token":"${line}"`), "string");
    });
  }
});
