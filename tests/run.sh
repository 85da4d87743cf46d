#!/usr/bin/env bash
# Installs what is missing, builds and runs every test. Run it again at any time.
#
#   tests/run.sh [--all] [CTEST_OPTION ...]
#     --all    then also without the window, by clang, under the sanitizers, the long tests of reliability, clang-tidy, and, as
#              root, on bare Debians: hours
set -euo pipefail
cd "$(dirname "$0")/.."
. experiments/setup.sh

all=""
if [ "${1:-}" = --all ]; then
  all=yes
  shift
fi

need_packages $BUILD_PACKAGES catch2 libopenmpi-dev openmpi-bin python3-venv python3-dev
configure -DREVERIE_TESTS=ON ${CI:+-DREVERIE_WARNINGS_AS_ERRORS=ON}
build all

say "running the tests"
ctest --test-dir build --output-on-failure -j "$(nproc)" "$@"
if [ $# -eq 0 ]; then
  say "the Python package"
  tests/python/run.sh ${all:+--all} build/reverie
  say "the page's script and style"
  tests/experiments/page/lint.sh
fi
[ -n "$all" ] || exit 0

need_packages clang clang-tidy
for preset in no-viewer clang sanitize thread; do
  say "preset $preset"
  cmake --preset "$preset" >/dev/null || fail "cmake could not configure preset $preset; its words stand above"
  cmake --build --preset "$preset" || fail "the build of preset $preset stopped; its words stand above"
  ctest --preset "$preset" -j "$(nproc)" "$@"
done

say "reliability, as often as tests/reliability/README.md says"
tests/reliability/long.sh build

say "clang-tidy"
printf '%s\n' env/*.cpp env/*/*.cpp agent/*.cpp | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build

if [ "$(id -u)" -eq 0 ]; then
  for distribution in bookworm trixie; do
    tests/distribution.sh "$distribution"
  done
else
  say "not root: the bare Debians were left out"
fi
say "all of it works"
