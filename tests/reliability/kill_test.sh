#!/usr/bin/env bash
# A run that is killed at random moments and gone on with each time ends with the bits of one that nobody touched: with
# everything trained, with V frozen, by policy gradient; 20 kills each, or REVERIE_RELIABILITY_RUNS.
# Usage: kill_test.sh PATH_OF_REVERIE SOURCE [SEED]
set -uo pipefail
reverie=$1
source=$2
seed=${3:-$(date +%s)}
RANDOM=$seed
runs=${REVERIE_RELIABILITY_RUNS:-20}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
echo "seed $seed"

. "$source/tests/reliability/run_contents.sh"

check() {  # NAME [OVERRIDE ...]
  local name=$1 kills=0 ended=0 begin whole after
  shift
  begin=$(date +%s%N)
  "$reverie" train "$source/configs/smoke.yaml" --run "$work/$name-whole" "$@" 2>"$work/err" || { cat "$work/err"; failed=1; return; }
  whole=$((($(date +%s%N) - begin) / 1000000))  # milliseconds
  contents "$work/$name-whole" >"$work/whole"
  while [ $kills -lt "$runs" ]; do
    "$reverie" train "$source/configs/smoke.yaml" --run "$work/$name-killed" "$@" 2>"$work/err" &
    # Short and long: many kills in one run, and kills deep in a stage. A session that gets to the end begins a new run.
    after=$((50 + RANDOM % (whole * 6 / 10 + 1)))
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    case $? in
      137) kills=$((kills + 1)) ;;
      0)
        contents "$work/$name-killed" | cmp -s - "$work/whole" || break
        ended=$((ended + 1))
        rm -rf "$work/$name-killed"
        ;;
      *) cat "$work/err"; break ;;
    esac
  done
  "$reverie" train "$source/configs/smoke.yaml" --run "$work/$name-killed" "$@" 2>"$work/err" || { cat "$work/err"; failed=1; }
  contents "$work/$name-killed" >"$work/killed"
  if [ "$(wc -l <"$work/whole")" -lt 20 ] || ! diff "$work/whole" "$work/killed"; then
    echo "$name: a run killed $kills times ends with other files"
    failed=1
  else
    echo "$name: $kills kills, $((ended + 1)) runs, $(wc -l <"$work/whole") files equal"
  fi
}

check plain
check frozen "vae.epochs=[2,0]"
check policy_gradient train_controller.method=policy_gradient train_controller.policy_gradient.updates=2
exit $failed
