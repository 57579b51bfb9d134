# The relay in a container: `docker build -t crumbtrail .`
#
# Runs as user 1000 and writes nowhere but /var/lib/crumbtrail and /tmp, so that the root file system may be read-only:
#   docker run --read-only --tmpfs /tmp -v crumbtrail:/var/lib/crumbtrail -e SENTRY_DSN -p 12201:12201/udp crumbtrail

FROM node:26-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --no-audit --no-fund
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev --no-audit --no-fund

FROM node:26-bookworm-slim
# tini hands signals on and buries what a process leaves behind, as process 1 has to.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
RUN install -d -o node -g node /var/lib/crumbtrail
# What waits for the tracker, and dead letters.
VOLUME /var/lib/crumbtrail
WORKDIR /app
COPY package.json LICENSE ./
COPY protos ./protos
COPY deploy/docker/relay.yml /etc/crumbtrail/relay.yml
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist/src ./dist/src
ENV NODE_ENV=production
# Kubernetes' runAsNonRoot wants a number.
USER 1000:1000
# GELF over UDP, TCP and HTTP; forward; gRPC; probes, metrics and status.
EXPOSE 12201/udp 12201/tcp 12202/tcp 24224/tcp 24224/udp 4317/tcp 8686/tcp
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["node","/app/dist/src/main.js","doctor","--live"]
LABEL org.opencontainers.image.title="Crumbtrail" \
      org.opencontainers.image.description="Turns log streams into Sentry issues with the trail that led to them" \
      org.opencontainers.image.licenses="MIT"
ENTRYPOINT ["/usr/bin/tini","--","node","/app/dist/src/main.js"]
CMD ["run","--config","/etc/crumbtrail/relay.yml"]
