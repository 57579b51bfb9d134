/** How messages call what no file says. */
export const BUILT_IN_NAME = "built-in defaults";

/** What a configuration that leaves these sections out gets: the same as the shipped `relay.yml` (a test holds them equal). */
export const BUILT_IN = `
inputs:
  gelf_udp: { type: gelf_udp, listen: "127.0.0.1:12201" }
  gelf_tcp: { type: gelf_tcp, listen: "127.0.0.1:12201" }
  gelf_http: { type: gelf_http, listen: "127.0.0.1:12202" }
  forward: { type: forward, listen: "127.0.0.1:24224" }
  grpc: { type: grpc, listen: "127.0.0.1:4317" }
policy:
  issue: error
  log: "off"
  breadcrumb: debug
processors:
  - { type: scrub }
queue:
  type: memory
upstreams:
  default: { type: sentry, dsn: "\${SENTRY_DSN:-}" }
`;
