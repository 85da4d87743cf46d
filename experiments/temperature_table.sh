#!/bin/sh
# The experiment that made World Models famous (section "Cheating the World Model"): C learns from nothing in the dream of
# one trained M, at each temperature, and is scored in that dream and in the game. A cold dream is easy to cheat.
#
#   experiments/temperature_table.sh RUN [RUN ...]      finished runs, for instance three seeds of configs/take_cover_fast.yaml
#
# Prints a table in Markdown; each controller lies in RUN-tau-TEMPERATURE-SEED, where the same command goes on after a stop.
# GENERATIONS (60), SEEDS of the searches ("1"), EPISODES (100 a score), FIRST_EPISODE (1000000, its seed) and TEMPERATURES may be set.
set -eu

reverie=${REVERIE:-build/reverie}
temperatures=${TEMPERATURES:-0.10 0.50 1.00 1.15 1.30}
generations=${GENERATIONS:-60}
episodes=${EPISODES:-100}
seeds=${SEEDS:-1}
first_episode=${FIRST_EPISODE:-1000000}

if [ $# -eq 0 ] || ! [ -x "$reverie" ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  [ $# -eq 0 ] || echo "$reverie: expected the program there, built by cmake --build build" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A run that holds the other's newest V, M and starts as its only iteration, and dreams at another temperature.
derive() { # FROM TO TEMPERATURE SEED
  newest=$(find "$1" -path '*/iteration-*/start_states.safetensors' | sort | tail -n 1)
  if [ -z "$newest" ]; then
    echo "$1: expected a run with a trained M and start states, found none" >&2
    exit 1
  fi
  mkdir -p "$2/iteration-00"
  for file in vae mdn_rnn start_states; do
    cp "$(dirname "$newest")/$file.safetensors" "$2/iteration-00/"
  done
  number=$(awk -v t="$3" 'BEGIN { printf "%g", t }') # as the program writes numbers
  sed -E -e 's/^iterations: .*/iterations: 1/' -e "s/^seed: .*/seed: $4/" -e "s/^( +)temperature: .*/\1temperature: $number/" \
    -e "s/^( +)generations: .*/\1generations: [$generations]/" -e 's/^( +)choose_episodes: .*/\1choose_episodes: 0/' \
    "$1/config.yaml" >"$2/config.yaml"
}

# Adds an evaluation's returns to a file, one a line.
score() { # RUN IN FILE
  "$reverie" evaluate "$1" --in "$2" --episodes "$episodes" --seed "$first_episode" --json 2>/dev/null |
    sed 's/.*"returns":\[\([^]]*\)\].*/\1/' | tr ',' '\n' >"$work/one"
  [ "$(wc -l <"$work/one")" -ge "$episodes" ] || { echo "$1: could not be scored in the $2" >&2; exit 1; }
  cat "$work/one" >>"$3"
  summary "$work/one" >>"$3.means"
}

summary() { # FILE: mean and deviation of its numbers
  awk '{ n++; sum += $1; squares += $1 * $1 }
       END { mean = sum / n; printf "%.0f ± %.0f\n", mean, sqrt((squares - n * mean * mean) / (n - 1)) }' "$1"
}

for temperature in $temperatures; do
  for run in "$@"; do
    for seed in $seeds; do
      copy=${run%/}-tau-$temperature-$seed
      [ -e "$copy/config.yaml" ] || derive "${run%/}" "$copy" "$temperature" "$seed"
      "$reverie" train-controller "$copy" >&2
      score "$copy" dream "$work/dream-$temperature"
      score "$copy" game "$work/game-$temperature"
      echo "$copy: dream $(tail -n 1 "$work/dream-$temperature.means"), game $(tail -n 1 "$work/game-$temperature.means")" >&2
    done
  done
done

echo "| temperature | score in the dream | score in the game | each search: dream | each search: game |"
echo "| --- | --- | --- | --- | --- |"
for temperature in $temperatures; do
  dream=$work/dream-$temperature game=$work/game-$temperature
  echo "| $temperature | $(summary "$dream") | $(summary "$game") |" \
    "$(paste -s -d ';' "$dream.means" | sed 's/;/; /g') | $(paste -s -d ';' "$game.means" | sed 's/;/; /g') |"
done
echo
echo "$generations generations, search seeds $seeds, $episodes episodes a search and score from $first_episode on; runs: $*"
