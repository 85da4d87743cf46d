#!/usr/bin/env bash
# A run that is killed at 20 random moments and gone on with each time ends with the bits of one that nobody touched: with
# everything trained, with V frozen, by policy gradient. Usage: kill_test.sh PATH_OF_REVERIE SOURCE [SEED]
set -uo pipefail
reverie=$1
source=$2
RANDOM=${3:-$(date +%s)}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
echo "the moments are drawn from ${3:-the clock}; the first is $RANDOM"

# All but what tells of sessions: their times, their commands, and the temporaries that a kill left behind.
contents() {
  (cd "$1" && find . -type f ! -name run.json ! -name times.json ! -name lock ! -name '.*.tmp' ! -path './events/*' -print0 |
    sort -z | xargs -0 sha256sum)
}

check() {  # NAME [OVERRIDE ...]
  local name=$1 kills=0 begin seconds after
  shift
  begin=$(date +%s%N)
  "$reverie" train "$source/configs/smoke.yaml" --run "$work/$name-whole" "$@" 2>"$work/err" || { cat "$work/err"; failed=1; return; }
  seconds=$((($(date +%s%N) - begin) / 1000000))  # milliseconds
  while [ $kills -lt 20 ]; do
    "$reverie" train "$source/configs/smoke.yaml" --run "$work/$name-killed" "$@" 2>"$work/err" &
    # An even spread over all stages: a fifth of the whole run's time at most, so that later stages are reached at all.
    after=$((50 + RANDOM % (seconds / 5 + 1)))
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    kill -9 $! 2>/dev/null && kills=$((kills + 1))
    wait $! 2>/dev/null
    if [ -e "$work/$name-killed/summary.json" ]; then  # done too soon: again from the start, and the kills go on
      contents "$work/$name-killed" | cmp -s - <(contents "$work/$name-whole") || break
      rm -rf "$work/$name-killed"
    fi
  done
  "$reverie" train "$source/configs/smoke.yaml" --run "$work/$name-killed" "$@" 2>"$work/err" || { cat "$work/err"; failed=1; }
  contents "$work/$name-whole" >"$work/whole"
  contents "$work/$name-killed" >"$work/killed"
  if [ "$(wc -l <"$work/whole")" -lt 20 ] || ! diff "$work/whole" "$work/killed"; then
    echo "$name: a run killed $kills times ends with other files"
    failed=1
  else
    echo "$name: $kills kills, $(wc -l <"$work/whole") files equal"
  fi
}

check plain
check frozen "vae.epochs=[2,0]"
check policy_gradient train_controller.method=policy_gradient train_controller.policy_gradient.updates=2
exit $failed
