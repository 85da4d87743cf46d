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
extras=test${all:+,examples}
if ! "$venv/bin/pip" download -q --no-deps -d "$venv/reach" nanobind >"$venv/pip.log" 2>&1; then
  echo "no registry can be reached ($(tail -n 1 "$venv/pip.log")): left out:"
  printf '  %s\n' tests/python/*_test.py
  exit 0
fi
"$venv/bin/pip" install -q ".[$extras]"
[ -z "$all" ] || export REVERIE_PYTHON_SEEDS=20 REVERIE_PYTHON_LIFE=10000000
"$venv/bin/python" -m pytest -q -rs -p no:cacheprovider tests/python
