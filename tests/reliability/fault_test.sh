#!/usr/bin/env bash
# A disk that fails at the k-th write of a session, and a kill after the k-th call that changes the disk: the program says
# so in one line, and a run that met many of each, one after another, ends with the bits of one that met none.
# Usage: fault_test.sh PATH_OF_REVERIE PATH_OF_SHIM SOURCE
#   k is 1, 8, 15 and so on up to 50; with REVERIE_RELIABILITY_RUNS each from 1 to that
set -uo pipefail
reverie=$1
shim=$2
source=$3
most=${REVERIE_RELIABILITY_RUNS:-50} stride=${REVERIE_RELIABILITY_RUNS:+1}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$source/tests/reliability/run_contents.sh"
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0  # in a build with sanitizers the shim comes first
failed=0

amounts=('collect.episodes=[2,2]' collect.max_episode_steps=30 vae.updates_per_epoch=2 mdn_rnn.updates_per_epoch=2
  mdn_rnn.batch_size=4 train_controller.num_start_states=10 train_controller.choose_episodes=2 dream.horizon=20)
train() {  # RUN
  "$reverie" train "$source/configs/smoke.yaml" --run "$1" "${amounts[@]}"
}
trouble() {  # WHAT
  echo "$1"
  cat "$work/err"
  failed=1
}

check() {  # FAULT
  local fault=$1 k sessions=0 met=0 runs=0 run=$work/run code
  for ((k = 1; k <= most; k += ${stride:-7})); do
    rm -f "$work/log"
    (
      export LD_PRELOAD=$shim REVERIE_FAULT=$fault REVERIE_FAULT_AT=$k REVERIE_FAULT_UNDER=$run REVERIE_FAULT_LOG=$work/log
      train "$run"
    ) >"$work/out" 2>"$work/err"
    code=$?
    sessions=$((sessions + 1))
    if [ ! -s "$work/log" ]; then  # the run was done before the k-th
      [ $code -eq 0 ] || trouble "$fault: k $k: exit $code without a fault"
    elif [ "$fault" = kill ]; then
      met=$((met + 1))
      [ $code -eq 137 ] || trouble "kill: k $k: exit $code"
    else
      met=$((met + 1))
      # The seconds of a stage are not worth a run: it goes on, and says so.
      if [ $code -ne 0 ] || ! grep -q "^cannot save .*$run/times.json" "$work/err"; then
        [ $code -eq 1 ] && [ "$(grep -c '^error: ' "$work/err")" -eq 1 ] && tail -n 1 "$work/err" | grep -q "^error: .*$run" ||
          trouble "$fault: k $k: exit $code; expected 1 and a last line that begins with error: and names the file"
      fi
    fi
    if [ $code -eq 0 ]; then
      contents "$run" | cmp -s - "$work/whole" || trouble "$fault: k $k: other files"
      runs=$((runs + 1))
      rm -rf "$run"
    fi
  done
  if train "$run" >"$work/out" 2>"$work/err"; then
    contents "$run" >"$work/after"
    diff "$work/whole" "$work/after" || trouble "$fault: the run ends with other files"
  else
    trouble "$fault: the run cannot be gone on with"
  fi
  rm -rf "$run"
  echo "$fault: $met of $sessions sessions met it, $((runs + 1)) runs with equal files"
  [ "$met" -ge $((sessions / 2)) ] || trouble "$fault: too few met it"
}

train "$work/run" >"$work/out" 2>"$work/err" || { cat "$work/err"; exit 1; }
contents "$work/run" >"$work/whole"
rm -rf "$work/run"
[ "$(wc -l <"$work/whole")" -ge 15 ] || { echo "few files"; exit 1; }
check ENOSPC
check EIO
check EFBIG
check kill
exit $failed
