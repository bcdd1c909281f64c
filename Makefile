# The entry point for all common tasks. `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

# Folders are prerequisites too, because their time changes when a file in them is deleted.
sources := $(shell find src migrations 2>/dev/null) $(wildcard Directory.*.props) eng/build.sh
compose := docker compose
N ?= 5
RIDS ?= linux-x64 linux-arm64 win-x64 osx-arm64
args ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: bin/.built ## build the programs for release: bin/producer, bin/consumer and bin/web

bin/.built: $(sources)
	@eng/quietly.sh "Building the programs, which takes some minutes" eng/build.sh
	@touch $@

.PHONY: demo
demo: bin/.built ## import a messy file, without any server, and show what happened to its rows
	@eng/demo.sh

.PHONY: web
web: bin/.built ## upload files in a browser or with curl, without any server: make web args="--listen 127.0.0.1:8081"
	@eng/web.sh $(args)

.PHONY: demo-transactions
demo-transactions: bin/.built ## publish transactions from Python to real servers, and show their totals per account
	@eng/install-python.sh
	@eng/private-servers.sh eng/demo-transactions.sh

.PHONY: test
test: ## run all tests, including those on real servers, which it starts itself
	@eng/test.sh all

.PHONY: test-faults
test-faults: ## run the fault tests, including the long ones
	@eng/test.sh faults

.PHONY: soak
soak: ## kill programs and servers at random: make soak SECONDS=600
	@CSVINGEST_TEST_SECONDS=$(or $(SECONDS),600) eng/test.sh soak

.PHONY: fuzz
fuzz: ## run the property tests on new inputs, and the producer on mutated files: make fuzz SECONDS=300
	@CSVINGEST_TEST_SECONDS=$(or $(SECONDS),300) eng/test.sh fuzz

.PHONY: bench
bench: bin/.built ## measure throughput and memory on this machine: make bench args="…"
	@eng/bench.sh $(args)

.PHONY: fmt
fmt: ## format the code
	dotnet format CsvIngest.sln

.PHONY: check
check: check-format test ## run what CI runs: format check, build with warnings as errors, all tests

# Every build checks the style rules, as warnings that count as errors. This checks the rest: white space, line ends, order of usings.
.PHONY: check-format
check-format:
	@dotnet format whitespace . --folder --exclude artifacts --verify-no-changes || { echo "The code is not formatted. Run make fmt."; exit 1; }

.PHONY: dist
dist: ## make in dist/ what runs without building, or for some machines only: make dist RIDS="linux-x64 win-x64"
	@eng/dist.sh $(RIDS)

# Not part of `make test`, because building the archives takes minutes.
.PHONY: test-dist
test-dist: dist ## install what make dist makes in empty folders, and import a file with it
	@eng/test.sh dist

.PHONY: up
up: ## start RabbitMQ, PostgreSQL, a consumer and the web program in containers
	@eng/compose-secrets.sh
	$(compose) --profile tools build
	$(compose) up --detach
	@eng/compose-hints.sh

.PHONY: scale
scale: ## set the number of consumers: make scale N=5
	@eng/compose-secrets.sh
	$(compose) up --detach --no-recreate --scale consumer=$(N)

.PHONY: logs
logs: ## follow the logs of the containers
	@eng/compose-secrets.sh
	$(compose) logs --follow --tail 100

.PHONY: down
down: ## stop the containers; their data is kept
	@eng/compose-secrets.sh
	$(compose) --profile tools down

.PHONY: clean
clean: ## delete all build output
	rm -rf bin artifacts dist
