# The front door. `make` alone prints the list.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

# Folders count too: their time changes when a file in them is deleted.
sources := $(shell find src migrations 2>/dev/null) $(wildcard Directory.*.props)
compose := docker compose
N ?= 5
args ?=

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: bin/.built ## Release builds of both programs: bin/producer and bin/consumer

bin/.built: $(sources)
	@eng/quietly.sh "Building the programs" eng/build.sh
	@touch $@

.PHONY: demo
demo: bin/.built ## import a messy file on this machine alone, no server needed, and show what became of it
	@eng/demo.sh

.PHONY: test
test: ## all tests, on real servers too; gets these itself
	@eng/test.sh all

.PHONY: test-faults
test-faults: ## the fault tests, the long ones too
	@eng/test.sh faults

.PHONY: soak
soak: ## random kills of programs and servers: make soak SECONDS=600
	@CSVINGEST_TEST_SECONDS=$(or $(SECONDS),600) eng/test.sh soak

.PHONY: fuzz
fuzz: ## other inputs for the properties, and mutated files for the producer: make fuzz SECONDS=300
	@CSVINGEST_TEST_SECONDS=$(or $(SECONDS),300) eng/test.sh fuzz

.PHONY: bench
bench: bin/.built ## rates and memory, measured here: make bench args="…"
	@eng/bench.sh $(args)

.PHONY: fmt
fmt: ## put the code into its format
	dotnet format CsvIngest.sln

.PHONY: check
check: check-format test ## what CI runs: format, warnings as errors, all tests

# Style rules are warnings, and so errors, in every build. This is the rest: white space, line ends, order of usings.
.PHONY: check-format
check-format:
	@dotnet format whitespace . --folder --exclude artifacts --verify-no-changes || { echo "Format: run make fmt"; exit 1; }

.PHONY: up
up: ## RabbitMQ, PostgreSQL and a consumer in containers
	@eng/compose-env.sh
	$(compose) --profile import build
	$(compose) up --detach
	@eng/compose-hints.sh

.PHONY: scale
scale: ## as many consumers as you like: make scale N=5
	@eng/compose-env.sh
	$(compose) up --detach --no-recreate --scale consumer=$(N)

.PHONY: logs
logs: ## follow what the containers say
	@eng/compose-env.sh
	$(compose) logs --follow --tail 100

.PHONY: down
down: ## stop the containers; what they stored stays
	@eng/compose-env.sh
	$(compose) --profile import down

.PHONY: clean
clean: ## delete everything built
	rm -rf bin artifacts
