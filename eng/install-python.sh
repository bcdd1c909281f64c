#!/usr/bin/env bash
# Installs what the programs in clients/python need, if it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
/usr/bin/python3 -c 'import pika' 2>/dev/null || missing+=(python3-pika)
/usr/bin/python3 -c 'import google.protobuf' 2>/dev/null || missing+=(python3-protobuf)
/usr/bin/python3 -c 'import psycopg2' 2>/dev/null || missing+=(python3-psycopg2)
[ ${#missing[@]} -gt 0 ] || exit 0
exec eng/install-packages.sh "Install them for /usr/bin/python3; see clients/python/README.md." "${missing[@]}"
