import { readFileSync } from "node:fs";
import { codeOf, messageOf, RelayError } from "../base/errors.ts";
import type { ForwardCredentials } from "../wire/send/forward-greeter.ts";

/** Secrets never stand on the command line, where every process of the machine can read them. */
export interface CredentialOptions {
  readonly sharedKeyFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

/**
 * What `crumbtrail send` shows to a forward input; undefined: nothing. Files go before the variables CRUMBTRAIL_SHARED_KEY and
 * CRUMBTRAIL_PASSWORD. Throws for options that do not go together, and for files that cannot be read.
 */
export function readCredentials(
  options: CredentialOptions,
  scheme: string,
  env: Readonly<Record<string, string | undefined>>,
): ForwardCredentials | undefined {
  const { sharedKeyFile, user, passwordFile } = options;
  const isWritten = sharedKeyFile !== undefined || user !== undefined || passwordFile !== undefined;
  if (scheme !== "forward") {
    if (!isWritten) return undefined;
    throw new RelayError("RELAY_USAGE", `--shared-key-file, --user and --password-file are for forward://, not for ${scheme}://`);
  }
  const sharedKey =
    sharedKeyFile === undefined ? (env["CRUMBTRAIL_SHARED_KEY"] ?? "") : secretIn(sharedKeyFile, "--shared-key-file");
  if (sharedKey === "") {
    if (!isWritten) return undefined;
    throw new RelayError("RELAY_USAGE", "a user needs a shared key too: give --shared-key-file, or set CRUMBTRAIL_SHARED_KEY");
  }
  const password = passwordFile === undefined ? (env["CRUMBTRAIL_PASSWORD"] ?? "") : secretIn(passwordFile, "--password-file");
  if (user !== undefined && password === "") {
    throw new RelayError("RELAY_USAGE", `--user ${user}: give --password-file, or set CRUMBTRAIL_PASSWORD`);
  }
  if (user === undefined && passwordFile !== undefined) throw new RelayError("RELAY_USAGE", "--password-file without --user");
  return { sharedKey, user: user ?? "", password: user === undefined ? "" : password };
}

/** The text of a file without the line end behind it. */
function secretIn(file: string, option: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const trouble = codeOf(error) === "ENOENT" ? "there is no such file" : messageOf(error);
    throw new RelayError("RELAY_USAGE", `${option} ${file}: ${trouble}`, { cause: error });
  }
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new RelayError("RELAY_USAGE", `${option} ${file}: the file is empty`);
  return secret;
}
