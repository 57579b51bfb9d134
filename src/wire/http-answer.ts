/**
 * The beginning of an answer's body as text, at most so many bytes. The status has been said by then, so trouble with the
 * rest changes nothing: what was read until then is all there is. Never rejects.
 */
export async function answerText(body: AsyncIterable<unknown>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      if (!Buffer.isBuffer(chunk)) continue;
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= maxBytes) break;
    }
  } catch {
    // Cut off.
  }
  return Buffer.concat(chunks).toString("utf8", 0, maxBytes);
}
