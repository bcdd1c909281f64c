#!/usr/bin/env bash
# Builds the programs for release into bin/, compiled for this kind of machine, with everything they need except the .NET runtime.
set -euo pipefail
cd "$(dirname "$0")/.."

# The files of a running program must be replaced, not overwritten.
rm -rf bin
# The SDK deletes what a program published before and no longer does, although another program in the same folder may need it.
rm -f artifacts/obj/CsvIngest.*/release/PublishOutputs.*
# In one node, because the programs share the folder of the assemblies that are compiled ahead of time (see src/Directory.Build.targets).
dotnet publish src/Programs.slnf --configuration Release --property:PublishDir="$PWD/bin/" --maxCpuCount:1 --tl:off --verbosity quiet \
  '-clp:ErrorsOnly;NoSummary'
