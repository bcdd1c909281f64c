#!/usr/bin/env bash
# Publishes samples/transactions.csv from Python and shows the totals per account. eng/private-servers.sh sets the addresses.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

folder=$(mktemp -d "${TMPDIR:-/tmp}/csvingest-demo.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cp "$root/samples/transactions.csv" "$folder"
cd "$folder"
PATH=$root/bin:$root/clients/python:$PATH
export PYTHONDONTWRITEBYTECODE=1

run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

run consumer migrate
run producer.py --file transactions.csv
run consumer --drain
run consumer status
run consumer totals transactions
