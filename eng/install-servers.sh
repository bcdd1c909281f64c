#!/usr/bin/env bash
# Installs the servers that the tests start private instances of, where they are missing: apt, as root or through sudo.
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
Install what is missing, or name servers that may be used:
  CSVINGEST_TEST_BROKER=amqp://user:password@host/vhost
  CSVINGEST_TEST_DATABASE=postgres://user:password@host/database
END
  exit 1
}

command -v apt-get >/dev/null || cannot "not installed, and there is no apt-get here"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || cannot "not installed, and installing asks for root (no sudo without a password)"
  as_root=(sudo -n)
fi

# RUNLEVEL=1 keeps the packages from starting their services where there is no systemd: the tests start their own.
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 RUNLEVEL=1 \
    apt-get --quiet --quiet -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@"
}

install() {
  # A mirror that is out of reach among several is no reason to stop: what matters is whether the packages install.
  apt update || true
  apt install --yes --no-install-recommends "${missing[@]}"
}

# Twice: mirrors do fail for a moment.
echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install >"$log" 2>&1 </dev/null || { sleep 5; install >>"$log" 2>&1 </dev/null; } || {
  cat "$log" >&2
  cannot "apt-get could not install them"
}
