#!/usr/bin/env bash
# Installs the servers that the benchmarks need, builds the benchmarks for release, and runs them.
set -euo pipefail
cd "$(dirname "$0")/.."

# On this machine's own servers, beside its own psql.
export CSVINGEST_TEST_CONTAINERS=off
eng/install-servers.sh
eng/quietly.sh "Building the benchmarks" \
  dotnet build tests/CsvIngest.Benchmarks --configuration Release --tl:off --verbosity quiet '-clp:ErrorsOnly;NoSummary'
exec artifacts/bin/CsvIngest.Benchmarks/release/CsvIngest.Benchmarks "$@"
