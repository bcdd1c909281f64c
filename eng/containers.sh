#!/usr/bin/env bash
# Succeeds where the tests can get their servers from containers: a Docker engine answers, and it has or gets the images.
# Prints what Testcontainers is to find in its environment then, one NAME=VALUE a line; otherwise the reason, on standard error.
# CSVINGEST_TEST_CONTAINERS=off has the tests use this machine's own servers.
set -euo pipefail
cd "$(dirname "$0")/.."

no() {
  echo "No containers: $1" >&2
  exit 1
}

# has IMAGE SECONDS: waits no longer than that for a download.
has() {
  docker image inspect "$1" >/dev/null 2>&1 || timeout "$2" docker pull --quiet "$1" >/dev/null 2>&1
}

[ "${CSVINGEST_TEST_CONTAINERS-}" != off ] || no "CSVINGEST_TEST_CONTAINERS is off"
command -v docker >/dev/null || no "docker is not installed"
# A remote engine that is out of reach would keep the client waiting.
api=$(timeout 20 docker version --format '{{.Server.APIVersion}}' 2>/dev/null) || no "no Docker engine answers"

for image in $(sed -n 's/^ *image: \(rabbitmq:.*\|postgres:.*\)$/\1/p' docker-compose.yml); do
  has "$image" 300 || no "the engine has no image $image and cannot pull it"
done

# An old engine refuses clients that ask for a newer version than its own.
echo "DOCKER_API_VERSION=${DOCKER_API_VERSION:-$api}"
# Ryuk removes the containers of a run that was killed. A run that ends removes its own.
ryuk=${TESTCONTAINERS_RYUK_CONTAINER_IMAGE:-testcontainers/ryuk:0.14.0}
if [ "${TESTCONTAINERS_RYUK_DISABLED-}" = true ] || ! has "$ryuk" 60; then
  echo "TESTCONTAINERS_RYUK_DISABLED=true"
else
  echo "TESTCONTAINERS_RYUK_CONTAINER_IMAGE=$ryuk"
fi
