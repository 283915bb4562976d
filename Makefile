# Two commands matter: `make run` and `make test`. `make help` lists the rest.

SHELL   := /bin/sh
MAKEFLAGS += --no-print-directory
# A fresh Go stands here, and PATH may not know it yet.
export PATH := $(PATH):/usr/local/go/bin

PORT    ?= 8080
LISTEN  ?= 127.0.0.1:$(PORT)
PACKS   ?= kansai,sample
BIN     := build/daicho
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
# The version is given by hand because -buildvcs fails in a checkout that another account owns.
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

# Data lives in the user's data home, not in the checkout. root's own home is closed to the
# account that PostgreSQL runs as, so for root it is the system's place.
ifeq ($(shell id -u),0)
DATA    ?= /var/lib/daicho
else
DATA    ?= $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/daicho
endif

# With DATABASE_URL that server is used and none is started.
ifneq ($(DATABASE_URL)$(DATABASE_URL_FILE),)
RUN_NEEDS  := go
RUN_FLAGS  :=
else
RUN_NEEDS  := go postgres
RUN_FLAGS  := --data '$(DATA)'
endif
# Without this, a prettier that happens to be installed would format otherwise than on the next machine.
TEMPL_FMT  := go tool templ fmt -prettier-command cat
TEST_NEEDS := go chromium font python $(if $(TEST_DATABASE_URL),,postgres) cc?

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  PORT=$(PORT) DATA=$(DATA)"

.PHONY: run
run: ## build, start with the sample data, print the URL (PORT, DATA, DATABASE_URL)
	@./internal/setup/need.sh $(RUN_NEEDS)
	@$(MAKE) build
	@exec $(BIN) serve $(RUN_FLAGS) --listen '$(LISTEN)' --load '$(PACKS)'

.PHONY: test
test: ## everything: linters, all tests with the race detector, the browser
	@./internal/setup/need.sh --check $(TEST_NEEDS)
	@$(MAKE) -j2 test-needs lint
	@$(MAKE) test-go

# What is missing is downloaded while the linter is built. The race detector needs a C compiler: an
# ordinary user on a machine without one still gets every test, and is told what is missing.
.PHONY: test-needs
test-needs:
	@./internal/setup/need.sh $(TEST_NEEDS)

.PHONY: test-go
# Vet has run in lint; without debug tables the binaries link in three quarters of the time.
test-go: ## all Go tests, without the linters (PKG=./internal/... for some)
	@race=$$(./internal/setup/need.sh --found cc && echo -race || true); \
	 [ -n "$$race" ] || echo "test: without the race detector, which needs a C compiler" >&2; \
	 go test $$race -vet=off -ldflags=-w -timeout 20m $(or $(PKG),./...)
	@./internal/setup/pgtest-stop.sh

.PHONY: lint
# Without cgo, as the program is shipped: a C compiler may arrive while this runs.
lint: export CGO_ENABLED := 0
lint: ## gofmt, golangci-lint (.golangci.yml), go fix, templ
	@bad=$$(gofmt -l . | grep -v '_templ\.go$$' || true); \
	 if [ -n "$$bad" ]; then echo "gofmt -w:" $$bad >&2; exit 1; fi
	@go tool -modfile=internal/lint/go.mod golangci-lint run ./...
	@go fix -diff ./...
	@tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	 find web -name '*.templ' -exec cp --parents {} "$$tmp" \;; \
	 $(TEMPL_FMT) -fail "$$tmp" >/dev/null 2>&1 || { diff -ru web "$$tmp/web" | grep -v '^Only in'; \
		echo "templ: not formatted; run: make gen" >&2; exit 1; }
	@go tool templ generate -check >/dev/null 2>&1 || { echo "templ: generated files are stale; run: make gen" >&2; exit 1; }

.PHONY: gen
gen: ## generate code, format and modernise it: what lint wants
	@$(TEMPL_FMT) web
	@go tool templ generate
	@go generate ./...
	@go fix ./...
	@gofmt -w .

.PHONY: bench
bench: ## registers of 100,000 and 1,000,000 assets: figures and ratios (BENCH_ASSETS for one size)
	@./internal/setup/need.sh go postgres
	@go test -tags bench -count 1 -run TestBench -timeout 2h -v ./e2e/bench

.PHONY: build
build: ## one static binary: build/daicho
	@mkdir -p build
	@$(GOBUILD) -o $(BIN) ./cmd/daicho

.PHONY: dist
dist: ## release archives for amd64 and arm64 with their digests: build/dist
	@rm -rf build/dist && mkdir -p build/dist
	@set -e; for arch in amd64 arm64; do \
		dir=build/dist/daicho-$(VERSION)-linux-$$arch; mkdir -p $$dir; \
		GOOS=linux GOARCH=$$arch $(GOBUILD) -o $$dir/daicho ./cmd/daicho; \
		cp LICENSE README.md $$dir/; \
		tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$$(git log -1 --format=%ct) \
			-C build/dist -cf - $${dir##*/} | gzip -n >$$dir.tar.gz; \
		rm -r $$dir; \
	 done; cd build/dist && sha256sum *.tar.gz >SHA256SUMS && cat SHA256SUMS

.PHONY: clean
clean: ## remove what was built; never the data
	@rm -rf build
