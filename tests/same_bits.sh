#!/usr/bin/env bash
# Does this tree still compute what a commit computed? Builds both, runs both on this machine and compares every tensor of
# small runs, the measurements that both write, and the returns of the pretrained runs. Needs python3.
#
#   tests/same_bits.sh COMMIT      the builds and runs stay in build-same-bits/, for a second look
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
. experiments/setup.sh

commit=$(git rev-parse --verify --quiet "$1^{commit}") || fail "$1: expected a commit of this repository"
work=build-same-bits
before=$work/$commit

build_in() {  # SOURCE BUILD
  mkdir -p "$2"
  cmake -S "$1" -B "$2" -G Ninja -DREVERIE_TESTS=OFF >"$2/configure.log" 2>&1 || { cat "$2/configure.log" >&2; fail "cmake could not configure $1"; }
  cmake --build "$2" --target reverie || fail "the build of $1 stopped; its words stand above"
}

need_packages $BUILD_PACKAGES python3
say "building $commit"
if [ ! -d "$before/source" ]; then
  mkdir -p "$before/source.part"
  git archive "$commit" | tar -x -C "$before/source.part"
  mv "$before/source.part" "$before/source"
fi
build_in "$before/source" "$before/build"
say "building this tree"
build_in . "$work/tree"

# Each program reads the configs of its own tree.
run_both() {  # NAME CONFIG [OVERRIDE ...]
  local name=$1 config=$2
  shift 2
  say "$name"
  rm -rf "$work/runs/$name"
  for side in before after; do
    local source=. program=$work/tree/reverie
    [ $side = after ] || { source=$before/source; program=$before/build/reverie; }
    "$program" train "$source/$config" --run "$work/runs/$name/$side" "$@" >"$work/$name-$side.log" 2>&1 ||
      { tail -5 "$work/$name-$side.log" >&2; fail "$name: the program of $side stopped"; }
  done
}

mkdir -p "$work/runs"
small_take_cover="iterations=2 precision=float32 collect.episodes=[6,4] collect.max_episode_steps=[60] collect.batch_size=4
  vae.latent_size=8 vae.channels=[4,8,8,16] vae.epochs=[2,0] vae.updates_per_epoch=5 vae.batch_size=16
  mdn_rnn.hidden_size=16 mdn_rnn.head_size=24 mdn_rnn.epochs=[2,1] mdn_rnn.updates_per_epoch=10 mdn_rnn.batch_size=8 mdn_rnn.window=16
  controller.hidden_size=6 train_controller.generations=[2,3] train_controller.policy_gradient.updates=2 train_controller.batch_size=16
  train_controller.checkpoint_every=2 train_controller.num_start_states=50 train_controller.choose_episodes=[8]
  evaluate.episodes=2 evaluate.batch_size=2 evaluate.baselines=false"
run_both smoke configs/smoke.yaml
run_both policy_gradient configs/smoke.yaml train_controller.method=policy_gradient train_controller.policy_gradient.updates=2
run_both frozen configs/smoke.yaml "vae.epochs=[2,0]"
run_both in_game configs/smoke.yaml "train_controller.in=[dream,game]" evaluate.baselines=true
run_both take_cover configs/take_cover_fast.yaml $small_take_cover

for run in car_racing car_racing_dream take_cover; do
  say "pretrained $run"
  "$before/build/reverie" evaluate "$before/source/experiments/pretrained/$run" --episodes 16 --seed 0 --json >"$work/runs/$run-before.json"
  "$work/tree/reverie" evaluate "experiments/pretrained/$run" --episodes 16 --seed 0 --json >"$work/runs/$run-after.json"
done

say "comparing"
python3 tests/same_bits.py "$work/runs"
