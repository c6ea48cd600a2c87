# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
# Only what runs.
RUN npm run build -- --sourceMap false --declaration false

FROM node:24-slim AS dependencies
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

# Distroless: Node.js and its libraries, without shell and package manager, so that little is left to attack or to patch.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="camunda-auth-proxy" \
      org.opencontainers.image.description="A local reverse proxy that signs every request to a Camunda 8 cluster" \
      org.opencontainers.image.licenses="Apache-2.0"
# One malloc arena: those of V8's helper threads are used at start, and would hold some 10 MB ever after.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
USER 65532:65532

# The listener stays on 127.0.0.1, which is right for a sidecar. A published port needs CAMUNDA_PROXY_HOST=0.0.0.0 and a
# caller token (CAMUNDA_PROXY_CALLER_TOKEN_FILE or CAMUNDA_PROXY_CALLER_TOKEN); without one the proxy does not start.
EXPOSE 8080

# Asks the admin listener, which it finds by the variables CAMUNDA_PROXY_ADMIN_HOST and CAMUNDA_PROXY_ADMIN_PORT.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/dist/cli.js", "wait", "--timeout", "2"]

# Requests in flight have 30 s to finish: give `docker stop` a timeout of more than that.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/cli.js"]
CMD ["start"]
