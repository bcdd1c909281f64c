#!/usr/bin/env bash
# eng/quietly.sh MESSAGE COMMAND…: prints the message and how long the command took, and its output only if it fails.
set -euo pipefail

message=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT

printf '%s… ' "$message"
begun=$(date +%s)
if "$@" >"$log" 2>&1 </dev/null; then
  printf '%d s\n' $(($(date +%s) - begun))
else
  status=$?
  printf 'failed\n'
  cat "$log"
  exit "$status"
fi
