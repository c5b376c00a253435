# What a newcomer needs: `make demo` and `make test`. Everything else is below,
# in the order a developer meets it; `make help` lists it.

GO        ?= go
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS   := -X main.version=$(VERSION)
# libopusfile (reading files through C) is not used: our own reader is pure Go.
TAGS      := nolibopusfile
BIN       := bin
FUZZTIME  ?= 5s
# Nodes of the rooms that reproduce Plumtree; the paper has 10000, which take six minutes.
PAPER_NODES ?= 2000

# Pinned here and not in go.mod, so that they weigh nothing on the module's graph.
GOLANGCI  := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULNCHECK := $(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@latest

.DEFAULT_GOAL := build
.PHONY: help build run demo test test-all check lint fuzz fuzz-long race bench sim vuln deps deps-slow clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: deps ## the three programs, in bin/
	$(GO) build -tags $(TAGS) -ldflags "$(LDFLAGS)" -o $(BIN)/banyan ./cmd/banyan
	CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS) -s -w" -trimpath -o $(BIN)/banyan-relay ./cmd/banyan-relay
	CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS)" -o $(BIN)/banyan-sim ./cmd/banyan-sim

run: demo ## the same as demo: a live room on this machine

demo: build ## a live room on this machine, with its page open
	$(BIN)/banyan demo $(DEMO)

test: deps ## the fast tests: no network beyond loopback
	$(GO) test -tags $(TAGS) ./...

race: deps ## the fast tests under the race detector, where there are goroutines
	$(GO) test -tags $(TAGS) -race ./cmd/... ./node/... ./mesh/sim/...

test-all: build deps-slow race ## the fast tests and the slow ones: processes, browser, twenty seeds
	PAPER_NODES=$(PAPER_NODES) BANYAN_BIN=$(CURDIR)/$(BIN) BANYAN_OUT=$(CURDIR)/out $(GO) test -tags $(TAGS),slow -p 1 -count 1 -timeout 20m -run '^TestSlow' -v ./...

check: deps lint race fuzz ## everything that must be clean before a commit lands
	$(GO) vet -tags $(TAGS),slow ./...
	$(GO) mod tidy -diff
	$(GO) test -tags $(TAGS) -run '^$$' -bench . -benchtime 1x -short ./... > /dev/null
	@test -z "$$(git status --porcelain)" || { git status --short; echo "make check: the tree is not clean (see above)"; exit 1; }

lint: deps ## format, lint, floors
	$(GOLANGCI) fmt --diff
	$(GOLANGCI) run

fuzz: deps ## each fuzz target for FUZZTIME (5s)
	@./.ci/fuzz $(FUZZTIME) $(TAGS)

fuzz-long: ## each fuzz target for five minutes
	@$(MAKE) fuzz FUZZTIME=5m

bench: deps ## all benchmarks, ready for benchstat
	$(GO) test -tags $(TAGS) -run '^$$' -bench . -benchmem -count 6 ./... | tee out/bench.txt

sim: build ## twenty seeds of the simulator's room under churn and loss
	$(GO) test -tags slow -count 1 -v -run '^TestSlow' ./mesh/sim

vuln: ## known vulnerabilities in what we depend on (needs the vulnerability database)
	$(VULNCHECK) -tags $(TAGS) ./...

deps: ## what building needs beside Go (a C compiler, libopus)
	@./.ci/deps build

deps-slow: ## what the slow tests need beside that (Chromium, Node.js)
	@./.ci/deps slow

clean: ## remove what was built
	rm -rf $(BIN) out
