# Unisono in a container. Everything that it keeps is under /data.
#   docker build -t unisono .
#   docker run -p 8008:8008 -v unisono:/data unisono serve --server-name example.org
FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci
COPY web/ ./
RUN npm run build

FROM rust:1.95-bookworm AS server
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
RUN cargo build --release --locked --workspace --bin unisono

FROM debian:bookworm-slim
# The certificates of public mail servers are checked against the system's list.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin unisono \
    && install -d -o unisono -g unisono -m 0700 /data
COPY --from=server /src/target/release/unisono /usr/local/bin/unisono
USER unisono
WORKDIR /data
VOLUME /data
EXPOSE 8008
ENV UNISONO_LISTEN=0.0.0.0:8008 UNISONO_DATA_DIR=/data
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["curl", "-fsS", "http://127.0.0.1:8008/healthz"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["unisono"]
CMD ["serve"]
