#!/usr/bin/env bash
# Builds the fuzzers, with clang and with g++, and lets each read REVERIE_RELIABILITY_RUNS inputs (200,000), starting from the corpus of
# what they found and from files of the project. Usage: tests/reliability/fuzz/run.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
work=$(mktemp -d /dev/shm/reverie-fuzz.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
mkdir "$work/yaml" "$work/actions" "$work/events"
cp configs/*.yaml "$work/yaml"
printf 'controller:\n  squash: [tanh, tanh01]\nexploration:\n  noisy_share: [0.5, 0.2]\nrandom:\n  kind: smooth\n' >"$work/yaml/sections"
printf '0.5\n-1\n0.25\n0\n1\n' >"$work/actions/one"
printf 'x' >"$work/events/one"
for reader in yaml actions events; do
  corpus=tests/reliability/fuzz/corpus/$reader
  mkdir -p "$corpus" "$work/found"
  echo "== $reader"
  "build-fuzz/reverie_fuzz_$reader" -runs="${REVERIE_RELIABILITY_RUNS:-200000}" -seed=1 -max_len=4096 -timeout=20 \
    -rss_limit_mb=2048 -artifact_prefix="$corpus/" -print_final_stats=1 "$work/found" "$work/$reader" "$corpus" \
    2>"$work/log" || { tail -n 40 "$work/log"; exit 1; }
  grep -E "DONE|number_of_executed|peak_rss" "$work/log"
  rm -rf "$work/found"
done

# The readers of tensors and of metrics, whose sources know LibTorch: random edits of files that a run wrote.
cmake --preset fuzz-tensors >/dev/null
cmake --build --preset fuzz-tensors
for reader in tensors episodes metrics; do
  echo "== $reader"
  files=(tests/reliability/fuzz/corpus/$reader/*)
  (cd "$work" && ASAN_OPTIONS=detect_leaks=0 "$OLDPWD/build-fuzz-tensors/reverie_fuzz_$reader" \
    "${REVERIE_RELIABILITY_RUNS:-200000}" "${files[@]/#/$OLDPWD/}")
done
