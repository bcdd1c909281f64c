#!/usr/bin/env bash
# Makes in dist/ what runs without building: an archive of the programs with the .NET runtime and their bills of materials for each kind of
# machine, a tool package of the producer and of the consumer for machines that have .NET, and SHA256SUMS.
#
#   eng/dist.sh RID…      such as linux-x64 win-x64; the .NET runtime of each comes from the package source
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
options=(--configuration Release --tl:off --verbosity quiet '-clp:ErrorsOnly;NoSummary')

rm -rf dist
eng/quietly.sh "Restoring the tools" dotnet tool restore
for rid in "$@"; do
  name=csvingest-$version-$rid
  for project in Producer Consumer Web; do
    # With the RID in its path, the output for one kind of machine never gets into the archive of another.
    dotnet publish "src/CsvIngest.$project" --runtime "$rid" --self-contained -p:AppendRuntimeIdentifierToOutputPath=true \
      -p:BillOfMaterials=true --output "dist/$name" "${options[@]}" || {
      echo "Could not build the programs for $rid. If the error is NU1101 or NU1102, the package source has no .NET runtime for $rid:" \
        "list the others, as in make dist RIDS=linux-x64." >&2
      exit 1
    }
  done
  # Windows has tar, too.
  tar --create --gzip --file "dist/$name.tar.gz" --owner=0 --group=0 --numeric-owner --directory dist "$name"
  rm -r "dist/$name"
done
for project in Producer Consumer; do
  dotnet pack "src/CsvIngest.$project" --output dist "${options[@]}"
done
cd dist
sha256sum -- *.* >SHA256SUMS
