#!/usr/bin/env bash
# Installs the browser of the page tests, and nginx, behind which they upload: with apt, as root or through sudo.
set -euo pipefail
source "$(dirname "$0")/apt.sh"

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
apt_install "The tests of the pages" "" "${missing[@]}"
