import { open } from "node:fs/promises";

/** The text of a file, up to a number of bytes; undefined when it cannot be read. */
export async function smallFile(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    const file = await open(path, "r");
    try {
      const bytes = Buffer.alloc(maxBytes);
      let length = 0;
      while (length < maxBytes) {
        const { bytesRead } = await file.read(bytes, length, maxBytes - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.toString("utf8", 0, length);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
