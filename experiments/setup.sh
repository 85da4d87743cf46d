# Sourced by experiments/quickstart.sh and tests/run.sh: installs what is missing and builds.
#
#   need_packages PACKAGE ...   from the distribution, as root or with sudo; nothing where all are there
#   configure [OPTION ...]      CMake into build/
#   build TARGET ...

say() { printf '\n== %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# OpenBLAS is named because LibTorch also runs on the reference BLAS, at a twentieth of the speed.
BUILD_PACKAGES="g++ cmake ninja-build libtorch-dev libopenblas0-pthread libbox2d-dev libyaml-cpp-dev libcli11-dev
  nlohmann-json3-dev libzstd-dev libxxhash-dev libpng-dev libmimalloc-dev libsdl2-dev libimgui-dev libstb-dev libgif-dev fonts-dejavu-core"

need_packages() {
  local missing=() package as_root=()
  command -v dpkg-query >/dev/null || fail "this script installs Debian packages and found no dpkg; install by hand: $*"
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing and there is no sudo: ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update || fail "apt-get update did not succeed"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get install did not succeed for: ${missing[*]}"
}

configure() {
  say "configuring build/"
  mkdir -p build
  cmake -S . -B build -G Ninja "$@" >build/configure.log 2>&1 || { cat build/configure.log >&2; fail "cmake could not configure; its words stand above"; }
}

build() {
  say "building: $*"
  cmake --build build --target "$@" || fail "the build stopped; its words stand above"
}
