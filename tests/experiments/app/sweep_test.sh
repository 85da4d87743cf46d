#!/usr/bin/env bash
# A sweep of 2 x 3 that is killed three times and gone on with ends with the bits of six runs by hand, and one report. And
# what a sweep does with a signal, with more seeds, with a run that fails, and with --from. Usage: sweep_test.sh
# PATH_OF_REVERIE SOURCE [SEED]
set -uo pipefail
reverie=$1
source=$2
seed=${3:-$(date +%s)}
RANDOM=$seed
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
echo "seed $seed"
tiny=(iterations=1 game.action_repeat=10 'collect.episodes=[4]' 'collect.max_episode_steps=[60]' 'vae.epochs=[1]' 'mdn_rnn.epochs=[1]'
  'train_controller.generations=[2]' 'train_controller.choose_episodes=[0]')

wrong() {
  echo "$*"
  failed=1
}

# All but what tells of sessions: their times, their commands, and the temporaries that a kill left behind.
contents() {
  (cd "$1" && find . -type f ! -name run.json ! -name times.json ! -name lock ! -name '.*.tmp' ! -path './*/events/*' ! -path './events/*' \
    ! -name '*.log' ! -name 'sweep.*' ! -name 'report.*' -print0 | sort -z | xargs -0 sha256sum)
}

# No run of the sweep is at work: each process that holds a lock is gone, soon after its parent.
nobody_left() {
  local tries pids
  for tries in $(seq 200); do
    pids=$(cat sweep/*/lock 2>/dev/null | sort -u)
    # shellcheck disable=SC2086
    [ -z "$pids" ] || ! kill -0 $pids 2>/dev/null || { sleep 0.05; continue; }
    return 0
  done
  wrong "runs outlive their sweep: $pids"
}

sweep() {  # VALUES ... [--OPTIONS ...]
  "$reverie" sweep "$source/configs/smoke.yaml" "${tiny[@]}" "$@" >out 2>err </dev/null
}

begin=$(date +%s%N)
for temperature in 0.5 1.1; do
  for s in 1 2 3; do
    "$reverie" train "$source/configs/smoke.yaml" dream.temperature=$temperature seed=$s "${tiny[@]}" \
      --run "hand/temperature=$temperature,seed=$s" 2>err || { cat err; exit 1; }
  done
done
whole=$((($(date +%s%N) - begin) / 1000000))  # milliseconds
contents hand >hand.sums

kills=0
while [ $kills -lt 3 ]; do
  "$reverie" sweep "$source/configs/smoke.yaml" "${tiny[@]}" dream.temperature=0.50,1.1 seed=1,2,3 --run sweep --jobs 2 \
    >out 2>err </dev/null &
  after=$((whole / 20 + RANDOM % (whole / 4 + 1)))
  sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
  kill -9 $! 2>/dev/null
  wait $! 2>/dev/null
  case $? in
    137) kills=$((kills + 1)) ;;
    0) rm -rf sweep ;;  # it got to the end: from the start again
    *) cat err; exit 1 ;;
  esac
  nobody_left
done
sweep dream.temperature=0.50,1.1 seed=1,2,3 --run sweep --jobs 2 || { cat err; wrong 'the sweep failed'; }
contents sweep >sweep.sums
[ "$(grep -c 'safetensors' hand.sums)" -ge 60 ] || wrong 'few files'
diff hand.sums sweep.sums || wrong "a sweep killed $kills times ends with other files"
[ "$(find sweep -name 'report.html' | wc -l)" -eq 1 ] || wrong 'expected one report'
for run in hand/*; do
  grep -q "\"${run#hand/}\"" sweep/report.json || wrong "${run#hand/}: not in the report"
done
[ "$(grep -c '^| ' out)" -eq 4 ] && grep -q '^| temperature | dream | game | each seed: dream | each seed: game |' out &&
  grep -q '^| 0.5 |' out && grep -q '^| 1.1 |' out || { cat out; wrong 'expected a table of two rows'; }

# The same again changes nothing; one run more; a signal.
sweep dream.temperature=1.1,0.5 seed=3,2,1 --run sweep || { cat err; wrong 'the same sweep again failed'; }
contents sweep | cmp -s - sweep.sums || wrong 'the same sweep again changes files'
sweep dream.temperature=0.5 seed=4 --run sweep || { cat err; wrong 'a seed more failed'; }
[ "$(grep -c '"folder"' sweep/report.json)" -eq 7 ] || wrong 'expected seven runs in the report'
"$reverie" sweep "$source/configs/smoke.yaml" "${tiny[@]}" dream.temperature=0.5 seed=5,6,7 --run sweep --jobs 2 >out 2>err </dev/null &
for _ in $(seq 200); do
  [ -e sweep/temperature=0.5,seed=5/metrics.jsonl ] && break
  sleep 0.05
done
kill -TERM $!
wait $!
[ $? -eq 75 ] || { cat err; wrong 'expected exit code 75 after a signal'; }
grep -q 'seed=5: stopped' err || { cat err; wrong 'expected the run to be stopped'; }
nobody_left
[ ! -e sweep/temperature=0.5,seed=7 ] || wrong 'a run began after the signal'

# What does not go with it is refused before anything runs, and changes nothing.
cp sweep/sweep.json before.json
refused() {  # PATTERN ARGUMENTS ...
  local pattern=$1
  shift
  "$reverie" sweep "$@" >out 2>err </dev/null
  [ $? -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "$pattern" err || { cat err; wrong "expected to be refused: $*"; }
}
smoke=$source/configs/smoke.yaml
refused 'this sweep is over dream.temperature, seed, seed asked for' "$smoke" "${tiny[@]}" seed=1,2 --run sweep
refused 'sweep: this run has another config: vae.latent_size is 8, 9 asked for' "$smoke" "${tiny[@]}" vae.latent_size=9 \
  dream.temperature=0.5 seed=8 --run sweep
refused 'this sweep began with nothing, another --from asked for' "$smoke" "${tiny[@]}" dream.temperature=0.5 seed=8 --run sweep --from hand/temperature=0.5,seed=1
refused 'hand: is not a sweep' "$smoke" seed=1,2 --run hand
refused 'expected -*[0-9.e]* to 100' "$smoke" dream.temperature=0.5,-1 --run other
cmp -s before.json sweep/sweep.json && [ ! -e other ] || wrong 'what was refused changed something'

# A run that fails stops no other, and is left out of the report.
echo '[]' >sweep/temperature=0.5,seed=4/summary.json
sweep dream.temperature=0.5,1.1 seed=4 --run sweep && wrong 'expected a failure'
grep -q '^failed: temperature=0.5,seed=4: error: .*summary.json: expected a JSON object' err && grep -q '^error: 1 of 2 runs failed' err &&
  [ -s sweep/temperature=1.1,seed=4/summary.json ] && grep -q '"temperature=1.1,seed=4"' sweep/report.json &&
  ! grep -q '"temperature=0.5,seed=4"' sweep/report.json || { cat err; wrong 'expected one run to fail and one to end'; }

# C alone, in the dream of one M: at its own temperature the controller that was learnt by hand.
sweep dream.temperature=0.5,0.9 --run cold --from hand/temperature=0.5,seed=1 --keep world-model || { cat err; wrong '--from failed'; }
cmp cold/temperature=0.5/iteration-00/controller/generation-00002.safetensors \
  hand/temperature=0.5,seed=1/iteration-00/controller/generation-00002.safetensors || wrong 'another controller'
! cmp -s cold/temperature=0.9/iteration-00/controller/generation-00002.safetensors \
  cold/temperature=0.5/iteration-00/controller/generation-00002.safetensors || wrong 'the temperature changed nothing'
[ ! -e cold/temperature=0.5/iteration-00/episodes ] || wrong 'expected no episodes'

[ $failed -eq 0 ] && echo "$kills kills, $(wc -l <hand.sums) files equal"
# A Slurm job array: three tasks at once, one run each; the last one to end reports.
for task in 1 2 3; do
  SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_MIN=1 "$reverie" sweep "$source/configs/smoke.yaml" "${tiny[@]}" dream.temperature=0.5 \
    seed=1,2,3 --run array >"array.$task" 2>&1 </dev/null &
done
wait
for s in 1 2 3; do
  diff <(contents "hand/temperature=0.5,seed=$s") <(contents "array/temperature=0.5,seed=$s" 2>/dev/null || contents "array/seed=$s") >/dev/null ||
    wrong "task $s of a job array gives other bits"
done
[ -f array/report.html ] || wrong "a job array leaves no report: $(tail -n 2 array.1 array.2 array.3)"
SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_MIN=1 "$reverie" sweep "$source/configs/smoke.yaml" "${tiny[@]}" dream.temperature=0.5 \
  seed=1,2,3 --run array >out 2>err </dev/null && wrong "a fourth task of three runs is taken"
grep -q "this sweep has 3 runs" err || wrong "a fourth task says: $(cat err)"
exit $failed
