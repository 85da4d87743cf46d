#!/usr/bin/env bash
# A run that several processes share has the bits of one that a process did alone: for other numbers of ranks and
# threads, for each way to learn, after kills of a random rank, and after a stop.
# Usage: ranks_test.sh PATH_OF_REVERIE SOURCE [SEED]
# REVERIE_RELIABILITY_RUNS: kills (default 3). REVERIE_RANKS_ALL: more pairs of ranks and threads.
set -uo pipefail
reverie=$1
source=$2
seed=${3:-$(date +%s)}
RANDOM=$seed
kills=${REVERIE_RELIABILITY_RUNS:-3}
command -v mpirun >/dev/null || { echo "skipped: no mpirun"; exit 77; }
# As root, on more ranks than processors, and each rank on any of them.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe PRTE_MCA_hwloc_default_binding_policy=none  # OpenMPI 5
export OMPI_MCA_btl_vader_single_copy_mechanism=none  # containers forbid the other one
mpirun -n 2 "$reverie" info >/dev/null 2>&1 || { mpirun -n 2 "$reverie" info 2>&1 | head -3; echo "skipped: built without MPI, or mpirun does not work here"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
echo "seed $seed"
. "$source/tests/reliability/run_contents.sh"
files() { contents "$1" | grep -v " ./config.yaml$"; }  # which holds the number of threads

train() {  # RANKS THREADS CONFIG RUN [OVERRIDE ...]
  local ranks=$1 threads=$2 config=$3 run=$4
  shift 4
  if [ "$ranks" -eq 1 ]; then
    "$reverie" train "$source/configs/$config" --run "$run" threads="$threads" "$@"
  else
    mpirun -n "$ranks" "$reverie" train "$source/configs/$config" --run "$run" threads="$threads" "$@"
  fi
}

alike() {  # NAME CONFIG "RANKSxTHREADS ..." [OVERRIDE ...]
  local name=$1 config=$2 pairs=$3 pair
  shift 3
  train 1 1 "$config" "$work/$name-alone" "$@" >"$work/err" 2>&1 || { tail -3 "$work/err"; failed=1; return; }
  files "$work/$name-alone" >"$work/$name-whole"
  for pair in $pairs; do
    train "${pair%x*}" "${pair#*x}" "$config" "$work/$name-$pair" "$@" >"$work/err" 2>&1 || { echo "$name $pair:"; tail -5 "$work/err"; failed=1; continue; }
    files "$work/$name-$pair" >"$work/shared"
    if [ "$(wc -l <"$work/$name-whole")" -lt 20 ] || ! diff "$work/$name-whole" "$work/shared"; then
      echo "$name: $pair gives other files than 1x1"
      failed=1
    else
      echo "$name: $pair, $(wc -l <"$work/shared") files equal"
    fi
    rm -rf "${work:?}/$name-$pair"
  done
}

all=${REVERIE_RANKS_ALL:+1x2 2x1 3x1 2x2}
alike plain smoke.yaml "${all:-2x1 3x2}" evaluate.baselines=true train_controller.generations=2
alike policy_gradient smoke.yaml "${all:-3x1}" train_controller.method=policy_gradient train_controller.policy_gradient.updates=2
alike in_game smoke.yaml "${all:-2x2}" train_controller.method=policy_gradient train_controller.policy_gradient.updates=2 train_controller.in=game iterations=1
alike rssm smoke_rssm.yaml "${all:-3x1}"
[ -z "$all" ] || alike quickstart quickstart.yaml "$all" 'collect.episodes=[12,8]' 'vae.epochs=[1]' vae.updates_per_epoch=20 'mdn_rnn.epochs=[1]' mdn_rnn.updates_per_epoch=20 \
  train_controller.generations=2 train_controller.policy_gradient.updates=3 evaluate.episodes=4
alike node car_racing_node.yaml 2x1 iterations=1 'collect.episodes=[8]' 'collect.max_episode_steps=[40]' 'vae.epochs=[1]' vae.updates_per_epoch=1 \
  vae.batch_size=64 'mdn_rnn.epochs=[1]' mdn_rnn.updates_per_epoch=1 mdn_rnn.batch_size=64 train_controller.generations=1 train_controller.episodes=1 \
  dream.horizon=20 evaluate.episodes=4 evaluate.baselines=false train_controller.num_start_states=100
if [ -n "${REVERIE_RANKS_ALL:-}" ]; then
  alike five smoke.yaml 5x1 vae.shards=5 vae.batch_size=20 mdn_rnn.shards=5 mdn_rnn.batch_size=10 train_controller.policy_gradient.shards=5 train_controller.method=policy_gradient train_controller.policy_gradient.updates=2
  alike take_cover smoke.yaml "1x2 2x1 3x1 2x2" game.name=take_cover 'controller.squash=[tanh]' dream.reward=constant mdn_rnn.reward_head=none dream.pay_cap.window=0
  alike evolved_in_game smoke.yaml "2x1 3x1" train_controller.in=game
fi

# A rank that is killed ends the job, with a line that names it where the leader is left; the same command goes on.
killed=0 named=0
while [ $killed -lt "$kills" ]; do
  train 3 1 smoke.yaml "$work/killed" evaluate.baselines=true train_controller.generations=2 >"$work/err" 2>&1 &
  job=$!
  sleep "$(printf '%d.%03d' $((1 + RANDOM % 8)) $((RANDOM % 1000)))"
  victims=($(pgrep -f "^$reverie train .*$work/killed"))
  if [ ${#victims[@]} -eq 3 ]; then
    victim=${victims[$((RANDOM % 3))]}
    kill -9 "$victim" && killed=$((killed + 1))
  fi
  wait $job
  code=$?
  grep -q "^error: rank [12] on .* (process $victim) has ended" "$work/err" && named=$((named + 1))
  if [ $code -eq 0 ]; then
    files "$work/killed" | cmp -s - "$work/plain-whole" || { echo "a killed run ends with other files"; failed=1; }
    rm -rf "$work/killed"
  fi
done
train 2 1 smoke.yaml "$work/killed" evaluate.baselines=true train_controller.generations=2 >"$work/err" 2>&1 || { tail -3 "$work/err"; failed=1; }
files "$work/killed" >"$work/shared"
diff "$work/plain-whole" "$work/shared" || { echo "a killed run ends with other files"; failed=1; }
echo "$killed kills of a random rank: equal files; $named lines named a helper"

# A stop: Slurm's --signal reaches every rank; mpirun passes SIGUSR1 on. V's gradients are large letters, which may be on
# their way when the run is given up.
for ranks in 2 3; do
  mpirun -n $ranks "$reverie" train "$source/configs/smoke.yaml" --run "$work/stopped" threads=1 'vae.epochs=[20000]' >"$work/err" 2>&1 &
  job=$!
  sleep 5.$((RANDOM % 10))
  kill -USR1 $job
  (sleep 60 && kill -9 $job) 2>/dev/null &
  clock=$!
  wait $job
  code=$?
  kill $clock 2>/dev/null
  [ $code -eq 75 ] || { echo "SIGUSR1: expected exit code 75, found $code"; cat "$work/err"; failed=1; }
done
for command in "sweep $source/configs/smoke.yaml seed=1,2 --run $work/sweep" "info"; do
  mpirun -n 2 "$reverie" $command >"$work/out" 2>"$work/err"
  code=$?
  case $command in
    sweep*) [ $code -eq 2 ] && grep -q "found 2 ranks" "$work/err" || { echo "sweep on two ranks: $code $(cat "$work/err")"; failed=1; } ;;
    info) [ $code -eq 0 ] && grep -q "1: .* process .* thread" "$work/out" || { echo "info on two ranks: $(cat "$work/out" "$work/err")"; failed=1; } ;;
  esac
done
left=$(pgrep -f "^$reverie train .*$work" | wc -l)
[ "$left" -eq 0 ] || { echo "$left processes are left"; failed=1; }
exit $failed
