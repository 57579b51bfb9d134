// Certificates for tests, made anew for each run: an authority, a server's, a client's, and one of nobody.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly folder: string;
  readonly ca: string;
  readonly server: Pair;
  readonly client: Pair;
  /** Signed by nobody but itself. */
  readonly stranger: Pair;
  /** One more of the authority: a file name, "/CN=a sender", and what its subjectAltName says, "" for none. */
  issue(name: string, subject: string, names: string): Pair;
  remove(): void;
}

/** Makes them with openssl, in a folder of their own. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-tls-"));
  const ca = selfSigned(folder, "ca", "/CN=an authority");
  const pair = (name: string, subject: string, names: string): Pair => {
    const key = join(folder, `${name}.key`);
    const request = join(folder, `${name}.csr`);
    const cert = join(folder, `${name}.pem`);
    const extensions = join(folder, `${name}.ext`);
    writeFileSync(extensions, names === "" ? "" : `subjectAltName=${names}\n`);
    openssl(["req", "-new", ...KEY, "-keyout", key, "-out", request, "-subj", subject]);
    openssl([
      "x509",
      "-req",
      "-in",
      request,
      "-CA",
      ca.cert,
      "-CAkey",
      ca.key,
      "-CAcreateserial",
      "-days",
      "3650",
      "-extfile",
      extensions,
      "-out",
      cert,
    ]);
    return { cert, key };
  };
  const server = pair("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1");
  const client = pair("client", "/CN=a sender", "DNS:sender.example");
  const stranger = selfSigned(folder, "stranger", "/CN=nobody");
  // Senders of the tests do not run as root.
  chmodSync(folder, 0o755);
  for (const file of readdirSync(folder)) chmodSync(join(folder, file), 0o644);
  return {
    folder,
    ca: ca.cert,
    server,
    client,
    stranger,
    issue: pair,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function selfSigned(folder: string, name: string, subject: string): Pair {
  const pair = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  openssl(["req", "-x509", ...KEY, "-days", "3650", "-subj", subject, "-keyout", pair.key, "-out", pair.cert]);
  return pair;
}

function openssl(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error !== undefined) throw new Error("openssl is not there; install it with: apt-get install openssl", { cause: error });
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}\n${stderr}`);
}
