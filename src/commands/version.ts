import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const manifest: unknown = JSON.parse(readFileSync(fileURLToPath(import.meta.resolve("#package.json")), "utf8"));

/** The version of the package, as in package.json. */
export const version: string =
  typeof manifest === "object" && manifest !== null && "version" in manifest && typeof manifest.version === "string"
    ? manifest.version
    : "0.0.0";
