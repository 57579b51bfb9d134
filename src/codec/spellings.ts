// How loggers, shippers and standards spell what a record is made of. Data only: the decoder reads it through
// `names.ts`, and anything that looks at raw bytes must use the same tables.

import { ERROR_SPELLINGS } from "./error-spellings.ts";
import { REQUEST_SPELLINGS } from "./request-spellings.ts";
import { TRACE_SPELLINGS } from "./trace-spellings.ts";

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
  | "insights" // Azure: 0 verbose .. 4 critical
  | "mysql" // 1 error, 2 warning, 3 note
  | "cloud" // Google Cloud: 100 debug .. 800 emergency
  | "word" // only a word of the level table counts
  | "digit" // syslog 0-7, written as text
  | "letter" // MongoDB: D I W E F
  | "datadog" // ids as decimal numbers, or a trace id of all 32 hex digits
  | "decimal" // a span id as a decimal number, or as 16 hex digits
  | "version" // a release only when it looks like a version or a commit
  | "verbose" // a trace only when it has frames
  | "verb" // an HTTP method only when it is a usual one
  | "bare"; // a path or a query only beside a method, because the name says nothing of a request

export interface Spellings {
  readonly role: Role;
  /** Best first. "a.b" also means the member `b` of an object `a`, and "a_b". */
  readonly names: readonly string[];
  /** The member stays among the fields too: an everyday word that a person may have meant differently. */
  readonly kept?: true;
  /** Such a word counts inside a container too. */
  readonly inside?: true;
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
  { role: "time", names: ["syslog.timestamp", "written_at", "ibm_datetime", "_meta.date"], dialects: LOOSE },
  { role: "time", names: ["observedTimeUnixNano", "time_iso8601", "time_local", "T"], dialects: LOOSE },
  { role: "time", names: ["requestTimeEpoch", "requestReceivedTimestamp"], dialects: LOOSE },
  { role: "time", names: ["date", "t"], dialects: LOOSE, kept: true },

  { role: "level", names: ["level", "log.level"] },
  { role: "level", names: ["severity"], form: "cloud" },
  { role: "level", names: ["levelname", "level_name", "levelName"] },
  { role: "level", names: ["@l"], form: "serilog" },
  { role: "level", names: ["Level", "LogLevel", "logLevel", "loglevel", "lvl", "@level", "Severity", "severity_text"] },
  { role: "level", names: ["severityText", "SeverityText", "error_severity", "record.level.name", "syslog.severity"] },
  { role: "level", names: ["level.levelStr", "_meta.logLevelName", "priorityName", "context.logLevel", "SEVERITY"] },
  { role: "level", names: ["severity_number", "severityNumber", "SeverityNumber"], form: "otel" },
  { role: "level", names: ["level_value"], form: "logback" },
  { role: "level", names: ["severityLevel"], form: "insights" },
  { role: "level", names: ["levelno", "record.level.no"], form: "python" },
  { role: "level", names: ["PRIORITY", "priority"], form: "digit" },
  { role: "level", names: ["L"], dialects: LOOSE },
  { role: "level", names: ["s"], dialects: LOOSE, form: "letter" },
  { role: "level", names: ["status"], dialects: LOOSE, form: "word", kept: true },
  { role: "level", names: ["prio"], dialects: LOOSE, form: "mysql", kept: true },

  { role: "message", names: ["short_message", "message"], dialects: ["gelf"] },
  { role: "message", names: ["log"], dialects: ["forward"] },
  { role: "message", names: ["message", "msg", "@m", "@message", "RenderedMessage", "Message"], dialects: LOOSE },
  { role: "event", names: ["event"], dialects: LOOSE },
  { role: "message", names: ["record.message", "MESSAGE", "short_message", "log", "text", "body", "M"], dialects: LOOSE },
  { role: "message", names: ["Body", "LogMessage", "textPayload", "0"], dialects: LOOSE },
  { role: "template", names: ["@mt", "MessageTemplate", "messageTemplate", "message_template", "{OriginalFormat}"] },
  { role: "fullMessage", names: ["full_message"] },

  { role: "logger", names: ["logger", "logger_name", "log.logger", "loggerName", "LoggerName", "logger.name"] },
  { role: "logger", names: ["SourceContext", "scope.name", "otel.scope.name", "@module"] },
  { role: "logger", names: ["name"], dialects: ["json", "forward"] },
  { role: "logger", names: ["InstrumentationScope.Name", "InstrumentationScope.name", "instrumentation_scope.name"] },
  { role: "logger", names: ["Category", "categoryName", "progname", "N", "_meta.name"], dialects: LOOSE },
  { role: "logger", names: ["channel", "label"], kept: true },
  { role: "logger", names: ["record.name", "context", "target", "component", "category"], kept: true, dialects: LOOSE },
  { role: "logger", names: ["program", "SYSLOG_IDENTIFIER", "syslog_identifier", "ident", "appname"], kept: true },
  { role: "logger", names: ["facility"] },

  { role: "service", names: ["service", "service.name", "serviceName", "ServiceName", "dd.service"] },
  { role: "service", names: ["serviceContext.service", "cloud_RoleName", "otelServiceName", "entity.name"] },
  { role: "service", names: ["Application", "ApplicationName", "component_name"], kept: true },
  { role: "service", names: ["app", "app.name", "appName", "application", "application.name", "applicationName"], kept: true },

  { role: "host", names: ["host", "hostname", "host.name", "host.hostname", "HOSTNAME", "_HOSTNAME", "nodename"] },
  { role: "host", names: ["machine_name", "MachineName", "machinename", "machineName", "hostName", "HostName", "source_host"] },
  { role: "host", names: ["syslog.hostname", "cloud_RoleInstance", "_meta.hostname", "server_name", "serverName"] },

  { role: "environment", names: ["environment", "env", "deployment.environment.name", "deployment.environment"] },
  { role: "environment", names: ["service.environment", "app.env", "app.environment", "dd.env", "EnvironmentName"] },
  {
    role: "environment",
    names: ["sentry.environment", "deploy.env", "node.env", "NODE_ENV", "nodeEnv", "rails.env", "RAILS_ENV"],
  },
  { role: "environment", names: ["RACK_ENV", "APP_ENV", "ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "spring.profiles.active"] },
  { role: "environment", names: ["DOTNET_ENVIRONMENT", "SENTRY_ENVIRONMENT", "appEnv", "DeploymentEnvironment"] },
  { role: "environment", names: ["Environment"], kept: true },

  {
    role: "release",
    names: ["release", "service.version", "serviceVersion", "app.version", "appVersion", "application.version"],
  },
  { role: "release", names: ["dd.version", "build.version", "sentry.release", "APP_VERSION", "deployment.version"] },
  { role: "release", names: ["serviceContext.version", "SENTRY_RELEASE", "application_Version", "ApplicationVersion"] },
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
  { role: "transaction", names: ["route", "request.route", "req.route", "job.name", "jobName"], kept: true, inside: true },
  { role: "transaction", names: ["task.name", "taskName", "job_class", "jobClass", "ActionName"], kept: true, inside: true },
  { role: "transaction", names: ["operation_Name", "resourcePath", "meta.caller_id", "ctx.class"], kept: true, inside: true },

  ...TRACE_SPELLINGS,

  { role: "fingerprint", names: ["fingerprint", "sentry.fingerprint"] },

  ...ERROR_SPELLINGS,

  ...REQUEST_SPELLINGS,

  { role: "kubernetes", names: ["kubernetes"] },
  {
    role: "namespace",
    names: ["kubernetes.namespace_name", "kubernetes.namespace", "k8s.namespace.name"],
    kept: true,
    inside: true,
  },
  {
    role: "namespace",
    names: ["namespace_name", "kubernetes.pod_namespace", "kube_namespace", "orchestrator.namespace"],
    kept: true,
    inside: true,
  },
  { role: "namespace", names: ["resource.labels.namespace_name"], kept: true, inside: true },
  { role: "pod", names: ["kubernetes.pod_name", "kubernetes.pod.name", "k8s.pod.name", "pod_name"], kept: true, inside: true },
  { role: "pod", names: ["resource.labels.pod_name"], kept: true, inside: true },
  { role: "containerName", names: ["kubernetes.container_name", "kubernetes.container.name"], kept: true, inside: true },
  { role: "containerName", names: ["k8s.container.name", "container.name", "kube_container_name"], kept: true, inside: true },
  { role: "containerName", names: ["resource.labels.container_name"], kept: true, inside: true },
  {
    role: "containerId",
    names: ["docker.container_id", "kubernetes.docker_id", "kubernetes.container_id"],
    kept: true,
    inside: true,
  },
  { role: "containerId", names: ["container.id"], kept: true, inside: true },
  {
    role: "node",
    names: ["kubernetes.host", "kubernetes.node.name", "kubernetes.node_name", "k8s.node.name"],
    kept: true,
    inside: true,
  },
  { role: "node", names: ["kubernetes.pod_node_name"], kept: true, inside: true },
  { role: "node", names: ["node_name"], kept: true, inside: true },
  {
    role: "image",
    names: ["kubernetes.container_image", "container.image.name", "image_name", "container_image"],
    kept: true,
    inside: true,
  },
];

/** Objects whose members count as the record's own where the record has none: what frameworks nest a record's data in. */
export const CONTAINERS: readonly string[] = [
  "fields", // Rust tracing, Apex
  "span", // Rust tracing
  "spans",
  "Properties", // Serilog
  "properties", // NLog
  "State", // .NET's console logger
  "Scopes",
  "context", // Monolog
  "extra", // Monolog, Python
  "mdc",
  "contextMap", // Log4j 2
  "attributes", // OpenTelemetry
  "Attributes",
  "resource",
  "Resource",
  "resource.attributes",
  "metadata", // Elixir, Swift
  "meta", // winston
  "data", // logrus' data key, Celery
  "ctx", // Sidekiq
  "payload", // Ruby's Semantic Logger
  "named_tags",
  "jsonPayload", // Google Cloud
  "record.extra", // loguru
  "proxy", // Vercel
  "message", // a logger that was given an error instead of a text
];

/** Those of them that are lists of objects. */
export const LISTS: ReadonlySet<string> = new Set(["Scopes", "spans"]);
