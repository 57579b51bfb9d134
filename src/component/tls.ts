import * as z from "zod";

/** Where the certificates of a listening socket are: paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly client_ca?: string | undefined;
}

/** The field of every input that listens on TCP; without it the input speaks plain TCP. */
export const tlsFields = {
  tls: z
    .strictObject({
      cert: z.string().min(1).describe("PEM file with the certificate, and those between it and its root."),
      key: z.string().min(1).describe("PEM file with its private key."),
      client_ca: z
        .string()
        .min(1)
        .optional()
        .describe("PEM file with the authorities of client certificates; with it, a sender without one is turned away."),
    })
    .optional()
    .describe("Speaks TLS 1.2 or newer with these certificates, and nothing else. The files are read when the input starts."),
};
