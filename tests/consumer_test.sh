#!/usr/bin/env bash
# Other projects can use this one: installs a build into a temporary folder, then builds and runs the projects of
# tests/consumer against it, and one with add_subdirectory. Usage: consumer_test.sh BUILD SOURCE COMPILER
set -euo pipefail
build=$1 source=$2 compiler=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
try() { "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; echo "failed: $*"; exit 1; }; }

build_consumer() {  # NAME PROJECT [OPTION ...]
  local name=$1 project=$2
  shift 2
  try cmake -S "$source/tests/consumer/$project" -B "$work/$name" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$work/prefix" "$@"
  try cmake --build "$work/$name"
}

try cmake --install "$build" --prefix "$work/prefix"
installed() { find "$work/prefix" -name "reverie-$1.cmake" | grep -q .; }

# Those that want the games alone: as on a machine with nothing but Box2D.
bare=()
for package in Torch nlohmann_json zstd yaml-cpp CLI11 PNG SDL2 GIF mimalloc Catch2; do
  bare+=("-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON")
done
build_consumer env env "${bare[@]}"
"$work/env/player" >"$work/returns"
build_consumer subdirectory env "${bare[@]}" -DREVERIE_SOURCE="$source"
"$work/subdirectory/player" | cmp - "$work/returns"
grep -q '^car_racing -\?[0-9.]\+$' "$work/returns" || { echo "expected returns, found:"; cat "$work/returns"; exit 1; }

if installed worldmodel; then
  build_consumer worldmodel worldmodel
  "$work/worldmodel/dreamer" "$work/memory.safetensors"
  # To build it once more takes minutes: it is configured only.
  try cmake -S "$source/tests/consumer/worldmodel" -B "$work/model-subdirectory" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DREVERIE_SOURCE="$source"
fi
if installed program; then
  build_consumer program program
  printf '0,1,0\n' >"$work/actions"
  try "$work/program/program" trace --game my_game --seed 7 --actions "$work/actions" --out "$work/trace.json"
  "$work/prefix/bin/reverie" --version
fi
