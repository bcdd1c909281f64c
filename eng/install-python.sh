#!/usr/bin/env bash
# Installs what the programs in clients/python need, if it is missing: with apt, as root or through sudo.
set -euo pipefail
source "$(dirname "$0")/apt.sh"

missing=()
/usr/bin/python3 -c 'import pika' 2>/dev/null || missing+=(python3-pika)
/usr/bin/python3 -c 'import google.protobuf' 2>/dev/null || missing+=(python3-protobuf)
/usr/bin/python3 -c 'import psycopg2' 2>/dev/null || missing+=(python3-psycopg2)
apt_install "The programs in clients/python" "They are for /usr/bin/python3; see clients/python/README.md." "${missing[@]}"
