#!/usr/bin/env bash
# Installs packages with apt, as root or through sudo:
#
#   eng/install-packages.sh NEXT_STEP PACKAGE…      NEXT_STEP is what to do if that is not possible
set -euo pipefail

next_step=$1
missing=("${@:2}")

cannot() {
  printf 'This needs %s: %s.\n%s\n' "${missing[*]}" "$1" "$next_step" >&2
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
