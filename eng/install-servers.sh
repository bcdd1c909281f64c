#!/usr/bin/env bash
# Installs the servers of which the tests start private instances, if they are missing: with apt, as root or through sudo.
set -euo pipefail
source "$(dirname "$0")/apt.sh"

missing=()
[ -n "${CSVINGEST_TEST_BROKER-}" ] || command -v rabbitmq-server >/dev/null || [ -x /usr/sbin/rabbitmq-server ] ||
  missing+=(rabbitmq-server)
[ -n "${CSVINGEST_TEST_DATABASE-}" ] || command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
  missing+=(postgresql)
apt_install "The tests" "Or specify servers that the tests may use:
  CSVINGEST_TEST_BROKER=amqp://user:password@host/vhost
  CSVINGEST_TEST_DATABASE=postgres://user:password@host/database" "${missing[@]}"
