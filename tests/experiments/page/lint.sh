#!/usr/bin/env bash
# The page's script and style: linted by oxlint and formatted as oxfmt has it, both from PyPI, in a virtual environment of
# their own; these versions, since another may lay out otherwise. Where pip reaches no registry it says so. Usage: lint.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/../../.."
venv=build/page-lint
[ -x "$venv/bin/oxfmt" ] || {
  "${REVERIE_PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install -q oxlint==1.89.0 oxfmt==0.74.0 >"$venv/pip.log" 2>&1 || {
    echo "pip could not install oxlint and oxfmt ($(tail -n 1 "$venv/pip.log")): left out"
    exit 0
  }
}
files=(experiments/page/page.js experiments/page/page.css)
"$venv/bin/oxlint" --deny-warnings -c experiments/page/oxlint.json "${files[0]}"
if [ "${1:-}" = --fix ]; then
  "$venv/bin/oxfmt" -c experiments/page/oxfmt.json "${files[@]}"
else
  "$venv/bin/oxfmt" -c experiments/page/oxfmt.json --check "${files[@]}"
fi
