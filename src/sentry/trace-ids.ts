/** The id when it is one (32 lower-case hex digits, not all zero): a wrong one would be dropped, and a log with it. */
export function validTraceId(id: string | undefined): string | undefined {
  return id !== undefined && TRACE_ID.test(id) && !ZEROES.test(id) ? id : undefined;
}

/** The id when it is one: 16 lower-case hex digits, not all zero. */
export function validSpanId(id: string | undefined): string | undefined {
  return id !== undefined && SPAN_ID.test(id) && !ZEROES.test(id) ? id : undefined;
}

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const ZEROES = /^0+$/;
