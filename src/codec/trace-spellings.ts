import type { Spellings } from "./spellings.ts";

/** How tracers, proxies and platforms spell the ids of a trace, of a span and of a request. */
export const TRACE_SPELLINGS: readonly Spellings[] = [
  {
    role: "traceId",
    names: ["trace_id", "traceId", "traceID", "TraceId", "TraceID", "trace.id", "otelTraceID", "@tr", "traceid"],
  },
  { role: "traceId", names: ["otel_trace_id", "otelTraceId", "otel.trace_id", "logging.googleapis.com/trace", "traceparent"] },
  { role: "traceId", names: ["Traceparent", "TraceParent", "traceParent", "http_traceparent", "sentry-trace", "sentry_trace"] },
  { role: "traceId", names: ["b3", "x-b3-traceid", "X-B3-TraceId", "x_b3_traceid", "http_x_b3_traceid", "uber-trace-id"] },
  { role: "traceId", names: ["uber_trace_id", "x-amzn-trace-id", "X-Amzn-Trace-Id", "x_amzn_trace_id", "http_x_amzn_trace_id"] },
  { role: "traceId", names: ["xray_trace_id", "xrayTraceId", "AWS-XRAY-TRACE-ID", "x-cloud-trace-context", "xray.trace_id"] },
  { role: "traceId", names: ["xRayTraceId", "_X_AMZN_TRACE_ID", "X_AMZN_TRACE_ID", "amzn_trace_id", "TRACE_ID"] },
  { role: "traceId", names: ["x-trace-id", "X-Trace-Id", "x_trace_id", "X-Cloud-Trace-Context", "dt.trace_id"] },
  {
    role: "traceId",
    names: ["trace.trace_id", "trace.traceId", "trace.traceID", "trace_context.trace_id", "span_context.trace_id"],
  },
  { role: "traceId", names: ["traceContext.traceId", "spanContext.traceId", "operation_Id", "ot-tracer-traceid"] },
  { role: "traceId", names: ["trace"], kept: true },
  { role: "traceId", names: ["dd.trace_id", "x-datadog-trace-id", "X-Datadog-Trace-Id"], form: "datadog" },

  { role: "spanId", names: ["span_id", "spanId", "spanID", "SpanId", "SpanID", "span.id", "otelSpanID", "@sp", "spanid"] },
  { role: "spanId", names: ["otel_span_id", "otelSpanId", "otel.span_id", "logging.googleapis.com/spanId"] },
  { role: "spanId", names: ["x-b3-spanid", "X-B3-SpanId", "x_b3_spanid", "http_x_b3_spanid", "dt.span_id"] },
  { role: "spanId", names: ["trace.span_id", "trace.spanId", "trace.spanID", "trace_context.span_id", "span_context.span_id"] },
  { role: "spanId", names: ["traceContext.spanId", "spanContext.spanId", "SPAN_ID", "operation_ParentId", "ot-tracer-spanid"] },
  { role: "spanId", names: ["dd.span_id", "x-datadog-parent-id", "X-Datadog-Parent-Id"], form: "decimal" },
  { role: "spanId", names: ["transaction.id"], kept: true },

  { role: "requestId", names: ["request_id", "requestId", "requestID", "RequestId", "req_id", "reqId", "request.id", "req.id"] },
  { role: "requestId", names: ["x-request-id", "X-Request-Id", "X-Request-ID", "x_request_id", "http.request.id"] },
  { role: "requestId", names: ["http.request_id", "http.requestId", "http_x_request_id", "request.request_id", "REQUEST_ID"] },
  { role: "requestId", names: ["awsRequestId", "aws_request_id", "AWSRequestId", "function_request_id", "httpRequestId"] },
  { role: "requestId", names: ["faas.invocation_id", "InvocationId", "TraceIdentifier", "aspnet-traceidentifier", "RayID"] },
  { role: "requestId", names: ["correlation_id", "correlationId", "CorrelationId", "x-correlation-id", "X-Correlation-ID"] },
  { role: "requestId", names: ["X-Correlation-Id", "x_correlation_id", "CorrelationID", "correlationID"] },
];
