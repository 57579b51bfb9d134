import fc from "fast-check";

/** A part of a line: half of the time what is usual. */
function mostly(usual: string, odd: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, fc.constantFrom(...odd));
}

const address = mostly(
  "203.0.113.9",
  "10.0.0.255 1.2.3 1.2.3.256 1.2.3.4.5 1..2.3 0001.2.3.4 ::1 2001:db8::1 ::ffff:10.0.0.9 fe80::1%eth0 unix: cafe a:b localhost -".split(
    " ",
  ),
);
const user = mostly("-", ["ada", "ada@shop.example", "ada lovelace", "", "--", "x".repeat(101), "\\xC3\\xBC", "ü"]);
const time = mostly("20/Nov/2026:08:30:12 +0000", [
  "20/Nov/2026:23:30:12 +0000",
  "20/Nov/2026:12:00:00 +0000",
  "31/Feb/2026:08:30:12 +0000",
  "20/Nov/2026:08:30:12 +0100",
  "20/nov/2026:08:30:12 +0000",
  "20/Nov/1969:08:30:12 +0000",
  "20/Nov/2026:08:30:12 +000x",
  "2026-11-20T08:30:12+00:00 ",
  '20/Nov/2026:08:30:1] "0000',
  "-",
  "",
]);
const method = mostly("GET", ["POST", "OPTIONS", "HEAD", "get", "PROPFIND", "GETX", ""]);
const target = mostly("/orders/1042?token=abc", [
  "/",
  "/cart",
  "/?",
  "/a?b?c",
  "*",
  "http://shop.example/x",
  "/a b",
  '/"q"',
  "/\\x22",
  "/cards/4111111111111111",
  "/ü",
  "/TypeError",
  "/x;password=hunter2secret",
  `/${"x".repeat(300)}`,
  `/${"y".repeat(4_100)}`,
  "",
]);
const protocol = mostly("HTTP/1.1", ["HTTP/2.0", "HTTP/", "HTTP/1.1 HTTP/1.1", "HTTP/1.1 ", ""]);
const request = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(method, target, protocol).map((parts) => parts.join(" ")) },
  fc.constantFrom("-", "", "\\x16\\x03\\x01", "GET /a", "GET  /a HTTP/1.1"),
);
const status = mostly("200", ["304", "403", "404", "499", "500", "502", "099", "000", "999", "20", "2000", "-", "abc"]);
const sent = mostly("512", ["0", "007", "999999999999999", "1234567890123456", "-", "", "1.5", "x"]);
const header = mostly("https://shop.example/cart", ["-", "", " ", "curl/8", '" "', "\\x22", "\\xC2\\xA0 ", "é", "\t", "a#012b"]);

const CHARACTERS = [" ", '"', "-", "[", "]", "?", "/", "\\", ".", ":", "#", "é", "0"];
const LIKELY = '203.0.113.9 - - [20/Nov/2026:08:30:12 +0000] "GET /orders/7?a=1 HTTP/1.1" 200 512 "-" "curl/8"';

/** An access line of nginx in the combined format, each of its parts usual or odd. */
export const accessLine = fc
  .tuple(address, user, time, request, status, sent, header, header)
  .map(
    ([from, who, when, what, how, much, by, agent]) => `${from} - ${who} [${when}] "${what}" ${how} ${much} "${by}" "${agent}"`,
  );

/** A usual access line with some of its characters others, or gone. */
export const mutatedAccessLine = fc
  .tuple(fc.nat(LIKELY.length), fc.nat(2), fc.oneof(fc.constantFrom(...CHARACTERS), fc.string({ maxLength: 2 })))
  .map(([at, gone, instead]) => LIKELY.slice(0, at) + instead + LIKELY.slice(at + gone));
