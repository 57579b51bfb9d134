/** The JSON of an event of about that many bytes, with breadcrumbs that differ as those of a web server do. */
export function eventOfBytes(bytes: number): Buffer {
  const crumbs: object[] = [];
  const event = {
    event_id: "0123456789abcdef0123456789abcdef",
    timestamp: 1_767_322_000.5,
    platform: "other",
    level: "error",
    logger: "shop.http.access",
    logentry: { message: "could not charge order <*>", formatted: "could not charge order 42", params: ["42"] },
    tags: { service: "shop", input: "bench" },
    breadcrumbs: { values: crumbs },
  };
  for (let i = 0; JSON.stringify(event).length < bytes; i += 1) {
    const message = `GET /api/orders/${i * 3} answered 200 in ${i % 211} ms for customer ${i * 11}`;
    crumbs.push({ timestamp: 1_767_322_000 + i, level: "info", category: "shop.http.access", message });
  }
  return Buffer.from(JSON.stringify(event));
}
