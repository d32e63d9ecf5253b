# Builds with the compilers that native packages may need, runs without them.
FROM node:22-bookworm AS build
WORKDIR /app
# .npmrc first: it says which install scripts stay off.
COPY .npmrc package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim
# Beyond loopback the server refuses to start without NEURALCACHE_API_TOKENS (or NEURALCACHE_ALLOW_OPEN=true).
ENV NODE_ENV=production \
    NEURALCACHE_HTTP_HOST=0.0.0.0 \
    NEURALCACHE_STORAGE_DIR=/data \
    NEURALCACHE_MODEL_STORE_DIR=/models
WORKDIR /app
COPY package.json LICENSE README.md ./
COPY models ./models
COPY config ./config
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN mkdir /data /models && chown node:node /data /models
VOLUME /data /models
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.NEURALCACHE_HTTP_PORT || process.env.PORT || 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Half a request's garbage is the request itself: with room for many of them little of it is ever copied.
ENTRYPOINT ["node", "--max-semi-space-size=64", "dist/main.js"]
CMD ["serve"]
