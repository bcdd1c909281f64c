#!/usr/bin/env bash
# Runs the web program and a consumer until one of them ends. Without settings, both use csvingest.db in the current folder.
set -euo pipefail
PATH=$(cd "$(dirname "$0")/.." && pwd)/bin:$PATH

consumer migrate
consumer --quiet &
consumer=$!
web "$@" &
web=$!
# Both stop in order at the same signal; a signal that reaches this script only is passed on.
trap 'kill "$consumer" "$web" 2>/dev/null || true' INT TERM EXIT
status=0
wait -n || status=$?
kill "$consumer" "$web" 2>/dev/null || true
wait || true
exit "$status"
