import type { ErrorCode, YAMLError } from "yaml";

/** A YAML error in words for the person who typed the line. */
export interface Trouble {
  readonly message: string;
  readonly hint: string | undefined;
}

/** `text` is the whole document, `error.pos[0]` where the parser stumbled. */
export function troubleOf(error: YAMLError, text: string): Trouble {
  const at = error.pos[0];
  if (text[at] === "{" && text[at - 1] === "$") {
    return { message: "a variable inside { } or [ ] needs quotes", hint: 'write "${NAME}"' };
  }
  if (error.code === "BAD_SCALAR_START" || error.code === "BAD_ALIAS") {
    return { message: `a value cannot start with ${JSON.stringify(text.slice(at, at + 1))}`, hint: "put it in quotes" };
  }
  return KNOWN[error.code] ?? { message: `not valid YAML: ${lowerFirst(error.message)}`, hint: undefined };
}

const KNOWN: { readonly [Code in ErrorCode]?: Trouble } = {
  TAB_AS_INDENT: { message: "this line is indented by a tab", hint: "YAML takes only spaces" },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'two "key: value" pairs run into each other',
    hint: 'check the indentation; a value that holds ": " needs quotes',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'this is no "key: value" pair', hint: "check the indentation and the colon" },
  MULTIPLE_DOCS: { message: "a second document starts here", hint: "one file holds one configuration: remove the ---" },
  TAG_RESOLVE_FAILED: { message: "YAML tags have no meaning here", hint: "remove the !tag" },
};

function lowerFirst(sentence: string): string {
  // What the parser quotes may be a piece of a secret.
  const plain = sentence.replace(/: ".*"$/s, "").replace(/\.$/, "");
  return plain.slice(0, 1).toLowerCase() + plain.slice(1);
}
