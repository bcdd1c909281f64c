#!/usr/bin/env bash
# Puts Release builds of both programs, with all they need but the .NET runtime, into bin/.
set -euo pipefail
cd "$(dirname "$0")/.."

# Files of a program that is running must be replaced, not written over.
rm -rf bin
for project in Producer Consumer; do
  dotnet publish "src/CsvIngest.$project" --configuration Release --output bin --tl:off --verbosity quiet '-clp:ErrorsOnly;NoSummary'
done
