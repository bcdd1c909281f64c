#!/usr/bin/env bash
# Creates .env from .env.example if it does not exist, with a random password for each change-me.
set -euo pipefail
cd "$(dirname "$0")/.."

[ ! -e .env ] || exit 0
umask 077
while IFS= read -r line; do
  case $line in
    *=change-me) printf '%s=%s\n' "${line%%=*}" "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" ;;
    *) printf '%s\n' "$line" ;;
  esac
done <.env.example >.env.new
mv .env.new .env
echo "Created .env with new passwords."
