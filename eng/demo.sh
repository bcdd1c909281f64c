#!/usr/bin/env bash
# Imports samples/contacts-messy.csv with the embedded default and shows what became of its rows.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

folder=$(mktemp -d "${TMPDIR:-/tmp}/csvingest-demo.XXXXXX")
cp "$root/samples/contacts-messy.csv" "$folder"
cd "$folder"
PATH=$root/bin:$PATH
# The demo is about the defaults, whatever is set in this shell.
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
  contacts-messy.rejected.csv   the refused rows as they stood: mend them and import this file
  contacts-messy.errors.csv     line, column and reason of each ($(($(wc -l <contacts-messy.errors.csv) - 1)) in all)
END
