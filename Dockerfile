# A static binary on an empty image: certificates and time zones inside, no shell, no root. It runs with a read-only
# root; only /data is written.
#
# The same commit gives the same binary: -trimpath takes the folder out of it, and the go command stamps version and
# commit from .git, so build from a clean clone. What the tag golang:1.26 stands for changes with each release of Go;
# for the same binary in a year, put its digest behind it: docker buildx imagetools inspect golang:1.26
FROM golang:1.26 AS build
ENV GOTOOLCHAIN=local CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The folder belongs to whoever built, not to root.
RUN git config --global --add safe.directory /src
RUN go build -trimpath -buildvcs=true -ldflags="-s -w" -o /out/stepin ./cmd/stepin && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/stepin /stepin
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# Mount a folder or a named volume here, never the file alone, and never a network drive.
VOLUME /data
ENV STEPIN_DB=/data/stepin.db
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/stepin", "status", "--quiet"]
ENTRYPOINT ["/stepin"]
