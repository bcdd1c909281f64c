#!/usr/bin/env bash
# Builds the programs for release into bin/, compiled for this kind of machine, with everything they need except the .NET runtime.
set -euo pipefail
cd "$(dirname "$0")/.."

# The files of a running program must be replaced, not overwritten.
rm -rf bin
for project in Producer Consumer Web; do
  dotnet publish "src/CsvIngest.$project" --configuration Release --output bin --tl:off --verbosity quiet '-clp:ErrorsOnly;NoSummary'
done
