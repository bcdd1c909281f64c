#!/usr/bin/env bash
# Measures this machine: builds the benchmarks in Release, gets the servers they need, runs them.
set -euo pipefail
cd "$(dirname "$0")/.."

eng/install-servers.sh
eng/quietly.sh "Building the benchmarks" \
  dotnet build tests/CsvIngest.Benchmarks --configuration Release --tl:off --verbosity quiet '-clp:ErrorsOnly;NoSummary'
exec artifacts/bin/CsvIngest.Benchmarks/release/CsvIngest.Benchmarks "$@"
