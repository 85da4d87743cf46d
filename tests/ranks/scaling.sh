#!/usr/bin/env bash
# How long each part takes on RANKSxTHREADS, seconds of a table's row: the figures of experiments/results/ranks.md. On an idle
# machine.
# Usage: scaling.sh PATH_OF_REVERIE SOURCE RANKSxTHREADS ...
set -euo pipefail
reverie=$1 source=$2
shift 2
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

train() {  # PAIR NAME ARGUMENT ...
  local ranks=${1%x*} threads=${1#*x} name=$2 start=()
  shift 2
  rm -rf "$work/run"
  [ "$ranks" -eq 1 ] || start=(mpirun -n "$ranks")
  "${start[@]}" "$reverie" train "$@" --run "$work/run" threads="$threads" >"$work/log" 2>&1 || { tail -n 3 "$work/log"; exit 1; }
  python3 - "$work/run" "$work/log" "$ranks $threads $name" <<'PYTHON'
import json, re, sys
run, log, name = sys.argv[1:]
stages = {key: value for key, value in json.load(open(run + "/times.json")).items()}
text = open(log).read()
rank0 = re.search(r"rank 0 sent and received (\d+) messages, ([\d.e+]+) MB; its own thread worked for ([\d.]+) s", text)
print(name, json.dumps(stages), rank0.groups() if rank0 else "", flush=True)
PYTHON
}

for pair in "$@"; do
  train "$pair" networks "$source/configs/car_racing_dream.yaml" iterations=1 'collect.episodes=[160]' 'vae.epochs=[4]' 'mdn_rnn.epochs=[3]' \
    'train_controller.generations=[6]' evaluate.episodes=100 evaluate.baselines=false
  for generations in 1 5; do
    train "$pair" "evolution-$generations" "$source/configs/car_racing_dream.yaml" --from "$source/experiments/pretrained/car_racing_dream" --keep world-model \
      iterations=1 train_controller.method=evolution "train_controller.generations=[$generations]" train_controller.cma_es.population_size=64 \
      train_controller.episodes=16 dream.horizon=1000 evaluate.episodes=2 evaluate.baselines=false
  done
done
