# syntax=docker/dockerfile:1
# Posthorn as one image: the server, its API, its workers and the command line. Runs as nobody in particular, on a file
# system that can be read-only; only /data is written, and only by the embedded store.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY packages/receiver/package.json packages/receiver/
COPY packages/posthorn/package.json packages/posthorn/
COPY packages/console/package.json packages/console/
# Its last script makes the console, whose sources come with the next layer.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run prepare && npm run build \
  && mkdir /image && cd /image \
  && npm pack --silent /build/packages/receiver/dist /build/packages/posthorn/dist \
  && npm init --yes >/dev/null \
  && npm install --omit=dev --no-audit --no-fund ./*.tgz \
  && rm ./*.tgz

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    POSTHORN_HOST=0.0.0.0 \
    POSTHORN_PORT=3400 \
    POSTHORN_DATA_DIR=/data
RUN mkdir /data && chown node:node /data
COPY --from=build --chown=root:root /image /opt/posthorn
USER node
WORKDIR /opt/posthorn
VOLUME /data
EXPOSE 3400
# Answers as soon as the process lives; whether it can store and deliver is /readyz, for the balancer to ask.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.POSTHORN_PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/posthorn/node_modules/posthorn/bin/posthorn.js"]
CMD ["serve"]
