import * as z from "zod";
import { duration } from "./fields.ts";

/** The certificates of a listening socket, and who may connect. Paths are those of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** With it, clients need a certificate of one of these authorities. */
  readonly client_ca?: string | undefined;
  /** Names of which a client's certificate needs one; undefined: any will do. */
  readonly client_names?: readonly string[] | undefined;
  /** Milliseconds; undefined: {@link HANDSHAKE_TIMEOUT_MS}. */
  readonly handshake_timeout?: number | undefined;
}

/** How long a client may take to agree on a key, where nobody said otherwise. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_HANDSHAKE_MS = 600_000;

const pem = (what: string): z.ZodString => z.string().min(1).describe(`PEM file with ${what}`);

/** What stands under `tls` of everything that listens on TCP. */
const listening = z
  .strictObject({
    cert: pem("the certificate, and those between it and its root."),
    key: pem("its private key, without a passphrase."),
    client_ca: pem(
      "the authorities of client certificates; with it, a sender without one is turned away, and no session is resumed.",
    ).optional(),
    client_names: z
      .array(z.string().regex(/^(?:\*\.)?[^*]{1,255}$/, "a name is exact, or begins with *. for any one label"))
      .min(1)
      .optional()
      .describe(
        "Names of senders, of which a client certificate needs one: DNS names, URIs or e-mail addresses of its subjectAltName, " +
          "or its common name where it has none. Exact, or *.example.com for one label. Needs client_ca; absent: any name.",
      ),
    handshake_timeout: duration("10s").describe("How long a sender may take to agree on a key before it is let go of."),
  })
  .superRefine((tls, context) => {
    if (tls.handshake_timeout < 1 || tls.handshake_timeout > MAX_HANDSHAKE_MS) {
      const message = "expected a time between 1ms and 10m: half a handshake must not hold a connection for ever";
      context.issues.push({ code: "custom", message, path: ["handshake_timeout"], input: tls.handshake_timeout });
    }
    if (tls.client_names === undefined || tls.client_ca !== undefined) return;
    const message = "without client_ca nobody shows a certificate, so there are no names; add client_ca";
    context.issues.push({ code: "custom", message, path: ["client_names"], input: tls.client_names });
  });

/** The field of every input that listens on TCP, and of the admin endpoint; without it they speak plain TCP. */
export const tlsFields = {
  tls: listening
    .optional()
    .describe(
      "Speaks TLS 1.2 or newer with these certificates, and nothing else. The files are read at start, and again when they " +
        "change, without dropping connections.",
    ),
};

/** How an upstream's certificate is judged, and what we show it. Paths are those of PEM files. */
export interface TrustFiles {
  /** The only authorities that are trusted; undefined: those that Node knows. */
  readonly ca?: string | undefined;
  /** Our own certificate; both or neither. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** "sha256/BASE64" of public keys, of which the upstream's certificate has to have one. */
  readonly pin?: readonly string[] | undefined;
}

/** The fields of an upstream that speaks HTTP. */
export const upstreamTlsFields = {
  tls: z
    .strictObject({
      ca: pem(
        "the authorities to trust instead of those that Node knows, as with curl's --cacert. To trust more, set " +
          "NODE_EXTRA_CA_CERTS instead.",
      ).optional(),
      cert: pem("our own certificate, for a tracker that asks for one.").optional(),
      key: pem("its private key, without a passphrase.").optional(),
      pin: z
        .array(z.string().regex(/^sha256\/\/?[A-Za-z0-9+/]{43}=$/, 'a pin looks like "sha256/" and 44 characters of base64'))
        .min(1)
        .optional()
        .describe(
          "Public keys of which the tracker's own certificate has to have one, beside being valid: sha256/ and the base64 of the " +
            "SHA-256 of its SubjectPublicKeyInfo, as in curl's --pinnedpubkey. With another key nothing is sent; events wait.",
        ),
    })
    .superRefine((tls, context) => {
      if ((tls.cert === undefined) === (tls.key === undefined)) return;
      const [has, lacks] = tls.cert === undefined ? ["key", "cert"] : ["cert", "key"];
      const message = `${has} without ${lacks}: a client certificate needs both; add ${lacks}`;
      context.issues.push({ code: "custom", message, path: [has], input: tls });
    })
    .optional()
    .describe("How the tracker's certificate is judged, for a DSN with https. The files are read again when they change."),
  proxy: z
    .string()
    .refine((text) => text === "" || isProxyUrl(text), 'expected a proxy such as "http://proxy.example:3128", or "" for none')
    .optional()
    .describe(
      'HTTP proxy on the way to the tracker, e.g. http://user:password@proxy.example:3128; "" for none. ' +
        "Absent: HTTPS_PROXY or HTTP_PROXY (by the DSN's scheme) and NO_PROXY of the environment.",
    ),
};

/** Whether a text names an HTTP proxy: "http://" or "https://", perhaps user and password, host, perhaps a port. */
export function isProxyUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { pathname, search, hash, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return pathname === "/" && search === "" && hash === "";
}
