// How loggers, shippers and standards spell what a record is made of. Data only: the decoder reads it through
// `names.ts`, and anything that looks at raw bytes must use the same tables.

import { REQUEST_SPELLINGS } from "./request-spellings.ts";

/** Whose conventions the members of an object follow where they differ. */
export type Dialect = "gelf" | "json" | "forward" | "grpc";

/** What a member is for. Where several members serve one role, the better spelling wins and the others stay fields. */
export const ROLES = [
  "time",
  "level",
  "message",
  "event", // structlog's message, which is a template too; an object in ECS
  "template",
  "fullMessage",
  "logger",
  "service",
  "host",
  "environment",
  "release",
  "dist",
  "transaction",
  "traceId",
  "spanId",
  "requestId",
  "fingerprint",
  "stack",
  "error", // one line, a trace, or a list: the value decides
  "errorType",
  "errorMessage",
  "userId",
  "userEmail",
  "username",
  "userFullName",
  "userIp",
  "method",
  "url",
  "path",
  "query",
  "status",
  "remoteAddress",
  "headers",
  "requestLine",
  "userAgent",
  "referrer",
  "httpHost",
  "namespace",
  "pod",
  "containerName",
  "containerId",
  "node",
  "image",
  "kubernetes", // the object that Fluent Bit and Fluentd attach
  "dropped",
] as const;

export type Role = (typeof ROLES)[number];

/** How a value is written where its name tells more than its type. */
export type Form =
  | "python" // 10 debug .. 50 critical
  | "logback" // 5000 trace .. 40000 error
  | "otel" // 1 trace .. 24 fatal
  | "serilog" // 0 verbose .. 5 fatal
  | "cloud" // Google Cloud: 100 debug .. 800 emergency
  | "word" // only a word of the level table counts
  | "digit" // syslog 0-7, written as text
  | "letter" // MongoDB: D I W E F
  | "datadog" // ids as decimal numbers, or a trace id of all 32 hex digits
  | "decimal" // a span id as a decimal number, or as 16 hex digits
  | "version" // a release only when it looks like a version or a commit
  | "verbose" // a trace only when it has frames
  | "verb"; // an HTTP method only when it is a usual one

export interface Spellings {
  readonly role: Role;
  /** Best first. "a.b" also means the member `b` of an object `a`, and "a_b". */
  readonly names: readonly string[];
  /** The member stays among the fields too: an everyday word that a person may have meant differently. */
  readonly kept?: true;
  /** Where it counts; everywhere when absent. */
  readonly dialects?: readonly Dialect[];
  readonly form?: Form;
}

/** Not GELF, whose own fields are fixed and whose `_` fields are the sender's business. */
const LOOSE: readonly Dialect[] = ["json", "forward", "grpc"];

/** Rows of one role are read from top to bottom: the first name is the best one. */
export const SPELLINGS: readonly Spellings[] = [
  { role: "dropped", names: ["version"], dialects: ["gelf"] },
  { role: "dropped", names: ["@r"], dialects: LOOSE }, // renderings, which the rendered message holds

  { role: "time", names: ["timestamp", "@timestamp"], dialects: ["gelf"] },
  { role: "time", names: ["@timestamp", "timestamp", "time", "ts", "@t", "Timestamp", "datetime"], dialects: LOOSE },
  { role: "time", names: ["asctime", "eventTime", "instant", "timeMillis", "record.time.timestamp"], dialects: LOOSE },
  { role: "time", names: ["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "timeUnixNano"], dialects: LOOSE },
  { role: "time", names: ["observedTimeUnixNano", "time_iso8601", "time_local", "T"], dialects: LOOSE },
  { role: "time", names: ["date", "t"], dialects: LOOSE, kept: true },

  { role: "level", names: ["level", "log.level"] },
  { role: "level", names: ["severity"], form: "cloud" },
  { role: "level", names: ["levelname", "level_name", "levelName"] },
  { role: "level", names: ["@l"], form: "serilog" },
  { role: "level", names: ["Level", "LogLevel", "logLevel", "loglevel", "lvl", "@level", "Severity", "severity_text"] },
  { role: "level", names: ["severityText", "SeverityText", "error_severity", "record.level.name"] },
  { role: "level", names: ["severity_number", "severityNumber", "SeverityNumber"], form: "otel" },
  { role: "level", names: ["level_value"], form: "logback" },
  { role: "level", names: ["levelno", "record.level.no"], form: "python" },
  { role: "level", names: ["PRIORITY", "priority"], form: "digit" },
  { role: "level", names: ["L"], dialects: LOOSE },
  { role: "level", names: ["s"], dialects: LOOSE, form: "letter" },
  { role: "level", names: ["status"], dialects: LOOSE, form: "word", kept: true },

  { role: "message", names: ["short_message", "message"], dialects: ["gelf"] },
  { role: "message", names: ["log"], dialects: ["forward"] },
  { role: "message", names: ["message", "msg", "@m", "@message", "RenderedMessage", "Message"], dialects: LOOSE },
  { role: "event", names: ["event"], dialects: LOOSE },
  { role: "message", names: ["record.message", "MESSAGE", "short_message", "log", "text", "body", "M"], dialects: LOOSE },
  { role: "template", names: ["@mt", "MessageTemplate", "messageTemplate", "message_template", "{OriginalFormat}"] },
  { role: "fullMessage", names: ["full_message"] },

  { role: "logger", names: ["logger", "logger_name", "log.logger", "loggerName", "LoggerName", "logger.name"] },
  { role: "logger", names: ["SourceContext", "scope.name", "otel.scope.name", "@module"] },
  { role: "logger", names: ["name"], dialects: ["json", "forward"] },
  { role: "logger", names: ["Category", "N"], dialects: LOOSE },
  { role: "logger", names: ["channel"], kept: true },
  { role: "logger", names: ["record.name", "context", "target", "component", "category"], kept: true, dialects: LOOSE },
  { role: "logger", names: ["program", "SYSLOG_IDENTIFIER", "syslog_identifier", "ident", "appname"], kept: true },
  { role: "logger", names: ["facility"] },

  { role: "service", names: ["service", "service.name", "serviceName", "ServiceName", "dd.service"] },
  { role: "service", names: ["app", "app.name", "appName", "application", "application.name", "applicationName"], kept: true },

  { role: "host", names: ["host", "hostname", "host.name", "host.hostname", "HOSTNAME", "_HOSTNAME", "nodename"] },
  { role: "host", names: ["machine_name", "MachineName", "server_name", "serverName"] },

  { role: "environment", names: ["environment", "env", "deployment.environment.name", "deployment.environment"] },
  { role: "environment", names: ["service.environment", "app.env", "app.environment", "dd.env", "EnvironmentName"] },
  {
    role: "environment",
    names: ["sentry.environment", "deploy.env", "node.env", "NODE_ENV", "nodeEnv", "rails.env", "RAILS_ENV"],
  },
  { role: "environment", names: ["RACK_ENV", "APP_ENV", "ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "spring.profiles.active"] },
  { role: "environment", names: ["Environment"], kept: true },

  {
    role: "release",
    names: ["release", "service.version", "serviceVersion", "app.version", "appVersion", "application.version"],
  },
  { role: "release", names: ["dd.version", "build.version", "sentry.release", "APP_VERSION", "deployment.version"] },
  { role: "release", names: ["version"], dialects: LOOSE, kept: true, form: "version" },
  { role: "release", names: ["container.image.tag", "image.tag", "imageTag"], kept: true, form: "version" },
  {
    role: "release",
    names: ["git.commit.sha", "git.commit", "git.sha", "git.revision", "gitSha", "gitCommit"],
    kept: true,
    form: "version",
  },
  {
    role: "release",
    names: ["commit.sha", "commitSha", "commit.hash", "commit.id", "GIT_COMMIT", "GIT_SHA"],
    kept: true,
    form: "version",
  },
  { role: "release", names: ["vcs.revision", "build.commit", "commit", "revision"], kept: true, form: "version" },
  { role: "dist", names: ["dist"] },
  { role: "dist", names: ["build", "build.number", "buildNumber"], kept: true },

  { role: "transaction", names: ["transaction", "transaction.name", "http.route"] },
  { role: "transaction", names: ["route", "job.name", "jobName", "task.name", "taskName"], kept: true },

  {
    role: "traceId",
    names: ["trace_id", "traceId", "traceID", "TraceId", "TraceID", "trace.id", "otelTraceID", "@tr", "traceid"],
  },
  { role: "traceId", names: ["logging.googleapis.com/trace", "traceparent", "sentry-trace", "sentry_trace", "b3"] },
  { role: "traceId", names: ["x-b3-traceid", "X-B3-TraceId", "uber-trace-id", "x-amzn-trace-id", "X-Amzn-Trace-Id"] },
  { role: "traceId", names: ["xray_trace_id", "xrayTraceId", "AWS-XRAY-TRACE-ID", "x-cloud-trace-context"] },
  { role: "traceId", names: ["xRayTraceId", "_X_AMZN_TRACE_ID", "X_AMZN_TRACE_ID", "TRACE_ID", "x-trace-id", "X-Trace-Id"] },
  {
    role: "traceId",
    names: ["trace.trace_id", "trace.traceId", "trace.traceID", "trace_context.trace_id", "span_context.trace_id"],
  },
  { role: "traceId", names: ["traceContext.traceId", "spanContext.traceId"] },
  { role: "traceId", names: ["trace"], kept: true },
  { role: "traceId", names: ["dd.trace_id", "x-datadog-trace-id", "X-Datadog-Trace-Id"], form: "datadog" },
  { role: "spanId", names: ["span_id", "spanId", "spanID", "SpanId", "SpanID", "span.id", "otelSpanID", "@sp", "spanid"] },
  { role: "spanId", names: ["logging.googleapis.com/spanId", "x-b3-spanid", "X-B3-SpanId"] },
  { role: "spanId", names: ["trace.span_id", "trace.spanId", "trace.spanID", "trace_context.span_id", "span_context.span_id"] },
  { role: "spanId", names: ["traceContext.spanId", "spanContext.spanId", "SPAN_ID"] },
  { role: "spanId", names: ["dd.span_id", "x-datadog-parent-id", "X-Datadog-Parent-Id"], form: "decimal" },
  { role: "spanId", names: ["transaction.id"], kept: true },
  { role: "requestId", names: ["request_id", "requestId", "requestID", "RequestId", "req_id", "reqId", "request.id", "req.id"] },
  { role: "requestId", names: ["x-request-id", "X-Request-Id", "X-Request-ID", "x_request_id", "http.request.id"] },
  { role: "requestId", names: ["awsRequestId", "aws_request_id", "AWSRequestId", "httpRequestId", "correlation_id"] },
  { role: "requestId", names: ["correlationId", "CorrelationId", "x-correlation-id", "X-Correlation-ID"] },

  { role: "fingerprint", names: ["fingerprint", "sentry.fingerprint"] },

  { role: "stack", names: ["error.stack_trace", "err.stack", "error.stack", "exception.stacktrace", "exception.stack_trace"] },
  { role: "stack", names: ["exception.stackTrace", "exception.stack", "error.stacktrace", "error.stackTrace", "err.stacktrace"] },
  { role: "stack", names: ["stack_trace", "stackTrace", "exc_text", "@x", "exception_stack", "thrown.extendedStackTrace"] },
  { role: "stack", names: ["errorVerbose"], form: "verbose" },
  { role: "stack", names: ["StackTrace", "stacktrace", "stack", "S", "stack_info", "errorCauses"] },
  { role: "error", names: ["exc_info", "exception", "Exception", "error", "err", "Error"] },
  { role: "errorType", names: ["error.type", "err.type", "exception.type", "exception.class", "exception.exc_type"] },
  {
    role: "errorType",
    names: ["err.name", "error.name", "exception.name", "error.kind", "error.class", "exception.exception_class"],
  },
  { role: "errorType", names: ["errorType", "exc_type", "exceptionClass", "thrown.name", "record.exception.type"] },
  {
    role: "errorMessage",
    names: ["error.message", "err.message", "exception.message", "error.msg", "exception.exception_message"],
  },
  { role: "errorMessage", names: ["errorMessage", "exc_value", "thrown.message", "record.exception.value"] },

  ...REQUEST_SPELLINGS,

  { role: "kubernetes", names: ["kubernetes"] },
  { role: "namespace", names: ["kubernetes.namespace_name", "kubernetes.namespace", "k8s.namespace.name"], kept: true },
  {
    role: "namespace",
    names: ["namespace_name", "kubernetes.pod_namespace", "kube_namespace", "orchestrator.namespace"],
    kept: true,
  },
  { role: "namespace", names: ["resource.labels.namespace_name"], kept: true },
  { role: "pod", names: ["kubernetes.pod_name", "kubernetes.pod.name", "k8s.pod.name", "pod_name"], kept: true },
  { role: "pod", names: ["resource.labels.pod_name"], kept: true },
  { role: "containerName", names: ["kubernetes.container_name", "kubernetes.container.name"], kept: true },
  { role: "containerName", names: ["k8s.container.name", "container.name", "kube_container_name"], kept: true },
  { role: "containerName", names: ["resource.labels.container_name"], kept: true },
  { role: "containerId", names: ["docker.container_id", "kubernetes.docker_id", "kubernetes.container_id"], kept: true },
  { role: "containerId", names: ["container.id"], kept: true },
  { role: "node", names: ["kubernetes.host", "kubernetes.node.name", "kubernetes.node_name", "k8s.node.name"], kept: true },
  { role: "node", names: ["kubernetes.pod_node_name"], kept: true },
  { role: "node", names: ["node_name"], kept: true },
  { role: "image", names: ["kubernetes.container_image", "container.image.name", "image_name", "container_image"], kept: true },
];

/** Objects whose members count as the record's own where the record has none: what frameworks nest a record's data in. */
export const CONTAINERS: readonly string[] = [
  "fields", // Rust tracing, logrus' data key
  "Properties", // Serilog
  "State", // .NET's console logger
  "context", // Monolog
  "extra", // Monolog, Python
  "mdc",
  "contextMap", // Log4j 2
  "attributes", // OpenTelemetry
  "resource", // OpenTelemetry
];
