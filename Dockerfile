# A static binary on an empty image, with certificates and time zones. There is no shell and no root user. It runs with
# a read-only root file system and writes only to /data.
#
# The same commit gives the same binary. -trimpath removes the build folder from it. The go command stamps version and
# commit from .git, so build from a clean clone. The tag golang:1.26 moves with each release of Go. To get the same
# binary in a year, add its digest to the tag: docker buildx imagetools inspect golang:1.26
#
# .goreleaser.yaml sets BINARY=released: it has built the binary already, and gives a folder for each platform.
ARG BINARY=built
FROM golang:1.26 AS built
ENV GOTOOLCHAIN=local CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# Git refuses a folder of another user unless it is marked as safe.
RUN git config --global --add safe.directory /src
RUN go build -trimpath -buildvcs=true -ldflags="-s -w" -o /out/stepin ./cmd/stepin && mkdir -p /out/data /out/tmp

FROM --platform=$BUILDPLATFORM golang:1.26 AS released
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/stepin /out/stepin
RUN mkdir -p /out/data /out/tmp

FROM ${BINARY} AS build

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/stepin /stepin
COPY --from=build --chown=65532:65532 /out/data /data
# The demo keeps its file here.
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
# Mount a named volume or a folder here. Never mount the file alone, and never a network drive.
VOLUME /data
ENV STEPIN_DB=/data/stepin.db
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/stepin", "status", "--quiet"]
ENTRYPOINT ["/stepin"]
