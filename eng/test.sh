#!/usr/bin/env bash
# Builds and runs the tests, one project after the other. The last line is: N passed, N failed.
#
#   eng/test.sh all       all tests except the long ones (those marked Explicit)
#   eng/test.sh faults    the fault tests, including the long ones
#   eng/test.sh soak      random faults, for CSVINGEST_TEST_SECONDS
#   eng/test.sh fuzz      property tests on new inputs, mutated files for CSVINGEST_TEST_SECONDS; CSVINGEST_TEST_SEED repeats a run
#   eng/test.sh dist      what is in dist/, installed in empty folders
#   eng/test.sh install   no tests: installs what the tests of "all" need
#
# Fails if a test fails or if no test runs.
set -euo pipefail
cd "$(dirname "$0")/.."

results=artifacts/test-results
# A script that a shell starts with & ignores SIGINT and SIGQUIT, and so would all programs that the tests interrupt.
plain=()
if env --default-signal=INT,QUIT true 2>/dev/null; then plain=(env --default-signal=INT,QUIT); fi
passed=0 failed=0 skipped=0

# The tests run the programs that users run.
export CSVINGEST_TEST_PROGRAMS=$PWD/bin

# attribute NAME REPORT: a number from the <assembly> element of a runner's report, which is on the first line.
attribute() {
  sed -n "1s/.*<assembly [^>]* $1=\"\([0-9]*\)\".*/\1/p" "$2"
}

# failed_names REPORT: the names of the failed tests, one per line.
failed_names() {
  grep -o '<test id="[^"]*" name="[^"]*" result="Fail"' "$1" | sed 's/.* name="\(.*\)" result=.*/\1/
    s/\\*&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&apos;/'"'"'/g; s/&amp;/\&/g'
}

# run_project NAME OPTION…: runs a built test project and adds the numbers of its report to the totals.
run_project() {
  local name=$1 report=$results/$1.xml status=0
  shift
  printf '\n%s\n' "$name"
  "${plain[@]}" "artifacts/bin/$name/release/$name" -noLogo -noColor -result-xml "$report" "$@" </dev/null || status=$?

  local failures=0
  if [ -s "$report" ]; then
    failures=$(($(attribute failed "$report") + $(attribute errors "$report")))
    passed=$((passed + $(attribute passed "$report")))
    skipped=$((skipped + $(attribute skipped "$report")))
    failed_names "$report" >>"$results/failed" || true
  fi
  # A run that was aborted has no report, or a report without failures.
  if [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
    failures=1
    echo "$name: the test run itself exited with code $status" >>"$results/failed"
  fi
  failed=$((failed + failures))
}

rm -rf "$results"
mkdir -p "$results"
: >"$results/failed"

# This machine's own servers are needed only where the tests cannot have containers.
if [[ $1 != @(fuzz|dist) ]] && { [ -z "${CSVINGEST_TEST_BROKER-}" ] || [ -z "${CSVINGEST_TEST_DATABASE-}" ]; }; then
  if settings=$(eng/containers.sh); then
    # One NAME=VALUE a line, none of them with a blank.
    export $settings
    # The brokers of a cluster are processes of this machine.
    if [ "$1" = soak ]; then env -u CSVINGEST_TEST_BROKER eng/install-servers.sh; fi
  else
    export CSVINGEST_TEST_CONTAINERS=off
    eng/install-servers.sh
  fi
fi
if [[ $1 == @(all|install) ]]; then eng/install-browser.sh; eng/install-prometheus.sh; fi
[[ $1 == @(fuzz|dist) ]] || eng/install-python.sh
[ "$1" != install ] || exit 0
make --no-print-directory build
eng/quietly.sh "Building the tests" dotnet build CsvIngest.sln --configuration Release --tl:off --verbosity quiet '-clp:ErrorsOnly;NoSummary'

case $1 in
  all)
    run_project CsvIngest.Tests
    run_project CsvIngest.BrowserTests
    run_project CsvIngest.ServerTests
    ;;
  faults) run_project CsvIngest.ServerTests -explicit on -namespace 'CsvIngest.ServerTests.EndToEnd*' ;;
  soak) run_project CsvIngest.ServerTests -explicit only -namespace 'CsvIngest.ServerTests.EndToEnd.Soak*' -showLiveOutput ;;
  fuzz)
    # The tests write several hundred small files per second: use memory if possible.
    if [ -w /dev/shm ]; then export TMPDIR=${TMPDIR:-/dev/shm}; fi
    export CSVINGEST_TEST_SEED=${CSVINGEST_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
    run_project CsvIngest.Tests -class '*Properties'
    run_project CsvIngest.Tests -explicit only -namespace 'CsvIngest.Tests.Fuzz*' -showLiveOutput
    ;;
  dist) run_project CsvIngest.Tests -explicit only -namespace 'CsvIngest.Tests.Distribution*' ;;
  *)
    echo "eng/test.sh: unknown suite: $1" >&2
    exit 2
    ;;
esac

if [ -s "$results/failed" ]; then
  printf '\nFailed (messages above, reports in %s):\n' "$results"
  sed 's/^/  /' "$results/failed"
fi
if [ $((passed + failed)) -eq 0 ]; then
  echo "No tests were run."
  failed=1
fi
echo
if [ "$skipped" -eq 0 ]; then
  echo "$passed passed, $failed failed"
else
  echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ]
