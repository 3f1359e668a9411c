# One image for all roles; deploy/ says how they are started. Two targets:
#   docker build -t plumbline .                               the CPU (default)
#   docker build -t plumbline:cuda --target plumbline-cuda .  GPU workers of the role embedder (docs/gpu.md), Linux x64

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# The workspace of the SDK is in the lock file; its code is no part of the service.
COPY sdk/package.json ./sdk/
# Install scripts are off: nothing is downloaded but the packages of the lock file.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts && find dist -name '*.map' -delete

# The CUDA libraries of the embedding runtime come from NuGet, by its own install script.
FROM build AS build-cuda
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false

FROM node:20.20.2-bookworm-slim AS files
WORKDIR /plumbline
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/dist ./dist
COPY --from=build /build/sql/migrations ./sql/migrations
COPY --from=build /build/analyzers/embed/model ./analyzers/embed/model
COPY --from=build /build/ingest/signals/prices.json ./ingest/signals/prices.json
COPY --from=build /build/analyzers/default-monitors.yaml ./analyzers/default-monitors.yaml
COPY --from=build /build/alerts/default-rules.yaml ./alerts/default-rules.yaml
COPY --from=build /build/docs/runbooks ./docs/runbooks
COPY --from=build /build/demo ./demo

FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04 AS plumbline-cuda
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=files /plumbline /plumbline
COPY --from=build-cuda /build/node_modules /plumbline/node_modules
RUN mkdir -p /var/lib/plumbline && chown 1000:1000 /var/lib/plumbline
ENV DATA_DIR=/var/lib/plumbline EMBEDDINGS_DEVICE=cuda
VOLUME /var/lib/plumbline
USER 1000:1000
WORKDIR /plumbline
EXPOSE 7007
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 7007) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/app/main.js"]
CMD ["serve"]

FROM files AS plumbline
COPY --from=build /build/node_modules ./node_modules
RUN mkdir -p /var/lib/plumbline && chown 1000:1000 /var/lib/plumbline
# Used by the embedded store only, which a container with CLICKHOUSE_URL does not open.
ENV DATA_DIR=/var/lib/plumbline
VOLUME /var/lib/plumbline
# The user `node` of the image, by number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 7007
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 7007) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/app/main.js"]
CMD ["serve"]
