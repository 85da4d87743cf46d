#!/usr/bin/env bash
# Builds the Python package into a virtual environment of its own and runs its tests. Where pip reaches no registry it
# says which tests it leaves out. Usage: tests/python/run.sh [--all] [PROGRAM]
#   --all     also stable-baselines3 and its examples, 20 seeds beside Gymnasium, 10,000,000 steps: half an hour
#   PROGRAM   the program, whose recorded races are then played again
set -euo pipefail
cd "$(dirname "$0")/../.."
all=""
if [ "${1:-}" = --all ]; then
  all=yes
  shift
fi
[ $# -eq 0 ] || REVERIE_PROGRAM=$(realpath "$1")
export REVERIE_PROGRAM=${REVERIE_PROGRAM:-} PYTHONDONTWRITEBYTECODE=1
[ -n "$REVERIE_PROGRAM" ] || unset REVERIE_PROGRAM

python=${REVERIE_PYTHON:-python3}
venv=build/python-tests
"$python" -m venv "$venv"
needed=(nanobind scikit-build-core numpy pytest safetensors "gymnasium[box2d]" ${all:+stable-baselines3})
if ! "$venv/bin/pip" install -q "${needed[@]}" >"$venv/pip.log" 2>&1; then
  echo "pip could not install ${needed[*]} ($(tail -n 1 "$venv/pip.log")): left out:"
  printf '  %s\n' tests/python/*_test.py
  exit 0
fi
"$venv/bin/pip" install -q --no-build-isolation --no-deps --force-reinstall .
[ -z "$all" ] || export REVERIE_PYTHON_SEEDS=20 REVERIE_PYTHON_LIFE=10000000
"$venv/bin/python" -m pytest -q -rs -p no:cacheprovider tests/python
