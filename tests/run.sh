#!/usr/bin/env bash
# Installs what is missing, builds and runs every test. Run it again at any time.
set -euo pipefail
cd "$(dirname "$0")/.."
. experiments/setup.sh

need_packages $BUILD_PACKAGES catch2
configure -DREVERIE_TESTS=ON ${CI:+-DREVERIE_WARNINGS_AS_ERRORS=ON}
build all

say "running the tests"
ctest --test-dir build --output-on-failure -j "$(nproc)" "$@"
