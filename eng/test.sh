#!/usr/bin/env bash
# Builds and runs tests, one project after the other, and ends with one line: N passed, N failed.
#
#   eng/test.sh all       every test but the long ones (those marked Explicit)
#   eng/test.sh faults    the fault tests, the long ones too
#   eng/test.sh soak      random faults, for CSVINGEST_TEST_SECONDS
#   eng/test.sh fuzz      properties on other inputs, mutated files for CSVINGEST_TEST_SECONDS; CSVINGEST_TEST_SEED repeats a run
#
# Fails when a test failed, and when no test ran.
set -euo pipefail
cd "$(dirname "$0")/.."

results=artifacts/test-results
# A shell that starts a script with & has it ignore SIGINT, and so would all programs that the tests interrupt.
plain=()
if env --default-signal=INT true 2>/dev/null; then plain=(env --default-signal=INT); fi
passed=0 failed=0 skipped=0

# attribute NAME REPORT: a number from the <assembly> element of a runner's report; all of it stands on the first line.
attribute() {
  sed -n "1s/.*<assembly [^>]* $1=\"\([0-9]*\)\".*/\1/p" "$2"
}

# failed_names REPORT: one a line.
failed_names() {
  grep -o '<test id="[^"]*" name="[^"]*" result="Fail"' "$1" | sed 's/.* name="\(.*\)" result=.*/\1/
    s/\\*&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&apos;/'"'"'/g; s/&amp;/\&/g'
}

# run_project NAME OPTION…: runs a built test project and adds up what its report says.
run_project() {
  local name=$1 report=$results/$1.xml status=0
  shift
  printf '\n%s\n' "$name"
  "${plain[@]}" "artifacts/bin/$name/release/$name" -noLogo -noColor -xml "$report" "$@" </dev/null || status=$?

  local failures=0
  if [ -s "$report" ]; then
    failures=$(($(attribute failed "$report") + $(attribute errors "$report")))
    passed=$((passed + $(attribute passed "$report")))
    skipped=$((skipped + $(attribute skipped "$report")))
    failed_names "$report" >>"$results/failed" || true
  fi
  # A run that died half-way has no report, or one without failures.
  if [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
    failures=1
    echo "$name: the run itself ended with code $status" >>"$results/failed"
  fi
  failed=$((failed + failures))
}

rm -rf "$results"
mkdir -p "$results"
: >"$results/failed"

property=()
if [ "$1" != fuzz ] && { [ -z "${CSVINGEST_TEST_BROKER-}" ] || [ -z "${CSVINGEST_TEST_DATABASE-}" ]; }; then
  if eng/testcontainers.sh; then
    property=(-p:UseTestcontainers=true)
    # An old engine refuses clients that ask for a newer version than its own.
    DOCKER_API_VERSION=${DOCKER_API_VERSION:-$(docker version --format '{{.Server.APIVersion}}')}
    export DOCKER_API_VERSION
  else
    eng/install-servers.sh
  fi
fi
eng/quietly.sh "Building everything" dotnet build CsvIngest.sln --configuration Release --tl:off --verbosity quiet '-clp:ErrorsOnly;NoSummary' "${property[@]}"

case $1 in
  all)
    run_project CsvIngest.Tests
    run_project CsvIngest.ServerTests
    ;;
  faults) run_project CsvIngest.ServerTests -explicit on -namespace 'CsvIngest.ServerTests.EndToEnd*' ;;
  soak) run_project CsvIngest.ServerTests -explicit only -namespace 'CsvIngest.ServerTests.EndToEnd*' -showLiveOutput ;;
  fuzz)
    # Some hundred small files a second are written: in memory where that can be had.
    if [ -w /dev/shm ]; then export TMPDIR=${TMPDIR:-/dev/shm}; fi
    export CSVINGEST_TEST_SEED=${CSVINGEST_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
    run_project CsvIngest.Tests -class '*Properties'
    run_project CsvIngest.Tests -explicit only -namespace 'CsvIngest.Tests.Fuzz*' -showLiveOutput
    ;;
  *)
    echo "eng/test.sh: no such suite: $1" >&2
    exit 2
    ;;
esac

if [ -s "$results/failed" ]; then
  printf '\nFailed (messages above, reports in %s):\n' "$results"
  sed 's/^/  /' "$results/failed"
fi
if [ $((passed + failed)) -eq 0 ]; then
  echo "No test ran."
  failed=1
fi
echo
if [ "$skipped" -eq 0 ]; then
  echo "$passed passed, $failed failed"
else
  echo "$passed passed, $failed failed, $skipped skipped"
fi
[ "$failed" -eq 0 ]
