#!/usr/bin/env bash
# Installs promtool, which checks the metrics, if it is missing: with apt, as root or through sudo.
set -euo pipefail
source "$(dirname "$0")/apt.sh"

missing=()
command -v promtool >/dev/null || missing+=(prometheus)
apt_install "The tests" "promtool is a part of Prometheus." "${missing[@]}"
