# Two images: `app` is the program alone, `database` is PostgreSQL with the accounts it expects.
# docker-compose.yml puts them together.

FROM golang:1.26-bookworm AS build
ENV GOTOOLCHAIN=local CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /daicho ./cmd/daicho

# The database tells the two roles apart by the account at the other end of the socket (peer), so
# no password exists that could leak. The numbers are those of the users in the app image.
FROM postgres:17-bookworm AS database
RUN useradd --system --no-create-home --shell /usr/sbin/nologin --uid 10001 daicho_app \
 && useradd --system --no-create-home --shell /usr/sbin/nologin --uid 10002 daicho_owner
COPY internal/postgres/schema/roles.sql    /docker-entrypoint-initdb.d/1-roles.sql
COPY internal/postgres/schema/database.sql /docker-entrypoint-initdb.d/2-database.sql
COPY internal/setup/hba.sh                 /docker-entrypoint-initdb.d/3-hba.sh
ENV POSTGRES_DB=daicho \
    POSTGRES_HOST_AUTH_METHOD=trust \
    POSTGRES_INITDB_ARGS="--data-checksums --encoding=UTF8 --locale=C.UTF-8"
USER postgres

# busybox brings the wget of the health check and nothing else.
FROM busybox:1.37-musl AS app
COPY --from=build /daicho /usr/local/bin/daicho
# A named volume takes its owner from here: the key of the trail's seal is kept in it.
RUN mkdir -p /var/lib/daicho/trail && chown 10001:10001 /var/lib/daicho/trail && chmod 700 /var/lib/daicho/trail
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/daicho"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
