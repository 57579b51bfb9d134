import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Tests run from the compiled tree; the fixtures stay where they are.
const FOLDER = fileURLToPath(new URL("../../../test/fixtures/gelf/", import.meta.url));

/** The datagrams of one recorded sender in order of arrival: "graypy-udp-zlib-chunked". */
export function datagramsOf(sender: string): Buffer[] {
  const files = readdirSync(FOLDER)
    .filter((file) => new RegExp(`^${sender}-\\d+\\.bin$`).test(file))
    .toSorted();
  if (files.length === 0) throw new Error(`no capture of ${sender}`);
  return files.map((file) => readFileSync(FOLDER + file));
}
