#!/usr/bin/env bash
# All of tests/reliability as often as README.md says: about an hour and a half of one core. Usage: tests/reliability/long.sh BUILD
set -euo pipefail
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/../.."
repeat() {  # TIMES COMMAND ...
  printf '\n== %s times: %s\n' "$1" "${*:2}" >&2
  REVERIE_RELIABILITY_RUNS=$1 "${@:2}"
}
repeat 200 "$build/reverie_reliability_tests" "of files with a checksum*"
repeat 2000 "$build/reverie_reliability_tests" "configs, actions*,episodes and weights*"
repeat 10000000 "$build/reverie_reliability_tests" "random steps*"
repeat 300000 "$build/reverie_reliability_tests" "resets*"
repeat 50 tests/reliability/fault_test.sh "$build/reverie" "$build/libreverie_fault_shim.so" "$PWD"
repeat 67 tests/reliability/kill_test.sh "$build/reverie" "$PWD"
repeat 200000 tests/reliability/fuzz/run.sh
