import { relayJsonSchema } from "../config/json-schema.ts";

/** Prints the JSON Schema of the configuration. */
export async function schema(): Promise<number> {
  process.stdout.write(`${JSON.stringify(relayJsonSchema(), null, 2)}\n`);
  return 0;
}
