# Sourced: installs packages with apt, as root or through sudo.

# apt_install WHO OTHERWISE PACKAGE…: does nothing without packages; if it cannot install them, says who needs them and what else helps.
apt_install() {
  local who=$1 otherwise=$2
  shift 2
  [ $# -gt 0 ] || return 0

  cannot() {
    printf '%s need %s: %s.\nInstall what is missing.%s\n' "$who" "$packages" "$1" "${otherwise:+ $otherwise}" >&2
    exit 1
  }

  local packages="$*" as_root=() log
  command -v apt-get >/dev/null || cannot "not installed, and apt-get is not available"
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
    apt install --yes --no-install-recommends "$@"
  }

  # Try twice, because mirrors sometimes fail for a moment.
  echo "Installing $packages"
  log=$(mktemp)
  install "$@" >"$log" 2>&1 </dev/null || { sleep 5; install "$@" >>"$log" 2>&1 </dev/null; } || {
    cat "$log" >&2
    rm -f "$log"
    cannot "apt-get could not install them"
  }
  rm -f "$log"
}
