#!/usr/bin/env bash
# Succeeds where the tests can get their servers through Testcontainers: a Docker engine answers, it has or gets the
# images, and the packages restore (tried in a folder of its own, so that the ordinary build's restore stands).
set -euo pipefail
cd "$(dirname "$0")/.."

no() {
  echo "Testcontainers: not used ($1)"
  exit 1
}

[ "${TESTCONTAINERS-}" != off ] || no "TESTCONTAINERS=off"
command -v docker >/dev/null || no "no docker"
timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || no "no Docker engine answers"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
timeout 120 dotnet restore tests/CsvIngest.ServerTests -p:UseTestcontainers=true -p:ArtifactsPath="$folder" --tl:off \
  >"$folder/log" 2>&1 </dev/null || no "its packages do not restore"

for image in $(sed -n 's/^ *image: \(rabbitmq:.*\|postgres:.*\)$/\1/p' docker-compose.yml); do
  docker image inspect "$image" >/dev/null 2>&1 || timeout 300 docker pull --quiet "$image" >/dev/null 2>&1 || no "no image $image"
done
echo "Testcontainers: used"
