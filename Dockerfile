# A static binary on an empty image: certificates and time zones inside, no shell, no root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/stepin ./cmd/stepin && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/stepin /stepin
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# Mount a folder or a named volume here, never the file alone, and never a network drive.
VOLUME /data
ENV STEPIN_DB=/data/stepin.db
HEALTHCHECK --start-period=60s CMD ["/stepin", "status", "--quiet"]
ENTRYPOINT ["/stepin"]
