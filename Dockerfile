# syntax=docker/dockerfile:1

# Both stages are the same Debian, so that the binary meets the libtorrent it was built against.
FROM rust:1.95.0-bookworm AS build
# The toolchain of the image, without the components that only development needs.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN apt-get update \
    && apt-get install -y --no-install-recommends libtorrent-rasterbar-dev pkg-config g++ \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches are mounts, so the binary is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin revaer \
    && cp target/release/revaer /usr/local/bin/revaer

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libtorrent-rasterbar2.0 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --user-group --home-dir /config --shell /usr/sbin/nologin revaer \
    && install -d -o revaer -g revaer /config /downloads
COPY --from=build /usr/local/bin/revaer /usr/local/bin/revaer

USER revaer
WORKDIR /downloads
VOLUME ["/config", "/downloads"]
# Inside a container loopback reaches nobody; what is published decides who may connect.
# A qBittorrent profile in /config, of whatever image, is taken over into /config/revaer at the first start.
ENV QBT_PROFILE=/config \
    REVAER_WEBUI_ADDRESS=* \
    REVAER_READY_FILE=/config/ready.json \
    QBT_WEBUI_PORT=8080 \
    QBT_TORRENTING_PORT=6881 \
    QBT_SAVE_PATH=/downloads
EXPOSE 8080 6881 6881/udp
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/usr/local/bin/revaer", "health"]
ENTRYPOINT ["/usr/local/bin/revaer"]
