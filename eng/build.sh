#!/usr/bin/env bash
# Builds the programs for release into bin/, for this kind of machine.
#
# The producer and the consumer become machine code if there is a C compiler to link it, which takes some minutes. Otherwise, or if NATIVE is
# "no", all programs are compiled ahead of time and need the .NET runtime; these two then start several times slower.
set -euo pipefail
cd "$(dirname "$0")/.."

# In one node, because the programs share the folder of the assemblies that are compiled ahead of time (see src/Directory.Build.targets).
publish() {
  # The files of a running program must be replaced, not overwritten.
  rm -rf bin
  # The SDK deletes what a program published before and no longer does, although another program in the same folder may need it.
  rm -f artifacts/obj/CsvIngest.*/release/PublishOutputs.*
  dotnet publish src/Programs.slnf --configuration Release --property:PublishDir="$PWD/bin/" --maxCpuCount:1 --tl:off --verbosity quiet \
    '-clp:ErrorsOnly;NoSummary' "$@"
}

if [ "${NATIVE-}" != no ] && linker=$(command -v clang || command -v gcc); then
  if publish --property:Native=true --property:CppCompilerAndLinker="${linker##*/}"; then exit; fi
  echo "The programs cannot be compiled to machine code here, such as without the compiler's package; building them without."
fi
publish
