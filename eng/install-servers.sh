#!/usr/bin/env bash
# Installs the servers of which the tests start private instances, if they are missing: with apt, as root or through sudo.
set -euo pipefail

missing=()
[ -n "${CSVINGEST_TEST_BROKER-}" ] || command -v rabbitmq-server >/dev/null || [ -x /usr/sbin/rabbitmq-server ] ||
  missing+=(rabbitmq-server)
[ -n "${CSVINGEST_TEST_DATABASE-}" ] || command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
  missing+=(postgresql)
[ ${#missing[@]} -gt 0 ] || exit 0

cannot() {
  cat >&2 <<END
The tests need ${missing[*]}: $1.
Install what is missing, or specify servers that the tests may use:
  CSVINGEST_TEST_BROKER=amqp://user:password@host/vhost
  CSVINGEST_TEST_DATABASE=postgres://user:password@host/database
END
  exit 1
}

command -v apt-get >/dev/null || cannot "not installed, and apt-get is not available"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || cannot "not installed, and installing requires root (sudo asks for a password)"
  as_root=(sudo -n)
fi

# RUNLEVEL=1 prevents the packages from starting their services without systemd: the tests start their own instances.
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 RUNLEVEL=1 \
    apt-get --quiet --quiet -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@"
}

install() {
  # One unreachable mirror among several does not matter, as long as the packages can be installed.
  apt update || true
  apt install --yes --no-install-recommends "${missing[@]}"
}

# Try twice, because mirrors sometimes fail for a moment.
echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install >"$log" 2>&1 </dev/null || { sleep 5; install >>"$log" 2>&1 </dev/null; } || {
  cat "$log" >&2
  cannot "apt-get could not install them"
}
