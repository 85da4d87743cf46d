#!/bin/sh
# Checks which folder may include which, one line each, and that names of games and models stay in their folders.
# Usage: layers_test.sh SOURCE_FOLDER
cd "$1" || exit 1

# refuse RULE: if there is standard input, prints the rule that it breaks, and the input.
refuse() {
  found=$(cat)
  [ -z "$found" ] || printf 'rule broken: %s\n%s\n' "$1" "$found"
}

sources() {
  find "$@" -name '*.h' -o -name '*.cpp' -o -name '*.hpp' | sort
}

# Lines with #include in the C++ files of a folder, "file:line:text".
includes() {
  sources "$@" | xargs grep -nE '^ *# *include' /dev/null
}

# arrows FOLDER ALLOWED...: of our own headers, FOLDER includes its own and those of the folders allowed.
arrows() {
  folder=$1
  [ -n "$(includes "$folder")" ] || echo "$folder: no includes found" | refuse "there is something to look at"
  allowed=$(printf '%s|' "$@")
  includes "$folder" | grep '"' | grep -vE "\"(${allowed%|})/" | refuse "$folder includes only $*"
}

check() {
  arrows env
  arrows worldmodel/nn env
  arrows worldmodel/data env
  arrows worldmodel env
  arrows agent env worldmodel
  arrows experiments/config env agent worldmodel
  arrows experiments/tensorboard env
  arrows experiments/run env agent worldmodel experiments/config experiments/tensorboard
  arrows experiments/bench env worldmodel experiments/run
  arrows experiments/trace env experiments/run
  arrows experiments/page env worldmodel/nn experiments/run
  arrows experiments/models env agent worldmodel experiments/config experiments/run experiments/bench experiments/page
  arrows experiments/scoring env agent worldmodel experiments/config experiments/run experiments/models
  arrows experiments/stages env agent worldmodel experiments/config experiments/run experiments/models experiments/scoring
  arrows experiments/report env agent worldmodel experiments/config experiments/run experiments/models experiments/scoring
  arrows experiments/waist env worldmodel agent experiments/config experiments/run experiments/models experiments/scoring experiments/report
  arrows experiments/words env worldmodel agent experiments/config experiments/run experiments/models experiments/scoring experiments/report
  arrows experiments/sweep env experiments/config experiments/run experiments/report
  arrows experiments/viewer env agent worldmodel experiments/config experiments/run experiments/models experiments/scoring
  arrows experiments/app env agent worldmodel experiments
  arrows python env
  arrows tests env agent worldmodel experiments

  torch='[<"](torch|ATen|c10|caffe2)/'
  includes env tests/env | grep -E "$torch" | refuse "env and its tests are free of LibTorch"
  includes agent | grep -vE '^agent/(learn|plan)/' | grep -E "$torch|\"worldmodel/" | refuse "of agent, only learn/ and plan/ know LibTorch"
  includes agent | grep -v '^agent/learn/' | grep '"agent/learn/' | refuse "of agent, only learn/ knows learners"
  includes agent | grep -v '^agent/plan/' | grep '"agent/plan/' | refuse "of agent, only plan/ knows planners"
  includes experiments/config experiments/tensorboard experiments/trace | grep -E "$torch" | refuse "configs, events and traces are free of LibTorch"
  includes env worldmodel agent experiments | grep -v '^experiments/config/' | grep -E '[<"]yaml-cpp' | refuse "only config/ knows YAML"
  includes env worldmodel agent experiments | grep -v '^experiments/app/' | grep -E '[<"]CLI' | refuse "only app/ knows the command line"
  includes env worldmodel agent experiments | grep -v '^experiments/viewer/' | grep -E '[<"](SDL|imgui)' | refuse "only viewer/ knows SDL and Dear ImGui"
  includes tests | grep 'catch2/' | grep -v '^tests/test\.hpp:' | refuse "tests reach Catch2 through tests/test.hpp"
  sources tests | xargs grep -nE '\bContains\(' | grep -v '^tests/test\.hpp:' | refuse "tests say ContainsSubstring, which Catch2 2 and 3 both have there"

  [ "$(sources env worldmodel agent experiments | wc -l)" -gt 100 ] || echo "few sources" | refuse "there is something to look at"
  # A world model is its two folders and a line in the table.
  sources worldmodel agent experiments | grep -vE '/(vae|vae_mdn_rnn|rssm)/' | grep -v '^experiments/models/model_families\.cpp$' |
    xargs grep -nliE '\bvae\b|vae_|mdn_?rnn' | refuse "V and M are named in their own folders only"
  sources worldmodel agent experiments | grep -vE '/rssm/' | grep -v '^experiments/models/model_families\.cpp$' |
    xargs grep -nliE '\brssm' | refuse "the RSSM is named in its own folders only"
  # A game is its folder and a line in the table.
  sources env worldmodel agent experiments | grep -vE '^env/(car_racing|take_cover)/|^env/games\.' |
    xargs grep -nliE 'car_?racing|take_?cover' | refuse "games are named in their own folders only"
}

broken=$(check)
[ -z "$broken" ] || { echo "$broken"; exit 1; }
