#!/usr/bin/env bash
# Imports samples/contacts-messy.csv with the default settings and shows what happened to its rows.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

folder=$(mktemp -d "${TMPDIR:-/tmp}/csvingest-demo.XXXXXX")
cp "$root/samples/contacts-messy.csv" "$folder"
cd "$folder"
PATH=$root/bin:$PATH
# The demo shows the defaults, so it ignores the settings of this shell.
for name in ${!CSVINGEST_@}; do unset "$name"; done

run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

run consumer migrate
run producer --file contacts-messy.csv
run consumer --drain
run consumer status
run head -n 4 contacts-messy.errors.csv

cat <<END

Everything is in $folder:
  csvingest.db                  the queue and the tables
  contacts-messy.rejected.csv   the rejected rows, unchanged: correct them and import this file
  contacts-messy.errors.csv     line, column and reason of each rejection ($(($(wc -l <contacts-messy.errors.csv) - 1)) in total)
END
