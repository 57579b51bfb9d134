/** Whether a line leaves a quotation open: it has an odd number of quotes, or MySQL's "near '" without its end. */
export function opensQuote(line: string): boolean {
  return hasOddQuotes(line) || (line.includes(" near '") && !endsStatement(line));
}

/** Whether a line closes a quotation; what MySQL quotes, quotes within it included, ends before " at line 4". */
export function closesQuote(line: string): boolean {
  return hasOddQuotes(line) || endsStatement(line);
}

function endsStatement(line: string): boolean {
  return /' at line \d{1,9}$/.test(line.slice(-20));
}

/** An odd number of `'` that are no apostrophes between letters. */
function hasOddQuotes(line: string): boolean {
  let odd = false;
  for (let at = line.indexOf("'"); at >= 0; at = line.indexOf("'", at + 1)) {
    if (!(isLetter(line.charCodeAt(at - 1)) && isLetter(line.charCodeAt(at + 1)))) odd = !odd;
  }
  return odd;
}

function isLetter(unit: number): boolean {
  return (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
}
