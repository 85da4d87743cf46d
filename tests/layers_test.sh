#!/bin/sh
# Holds the arrows between the layers: env <- worldmodel, agent <- agent/learn <- experiments. Usage: layers_test.sh SOURCE_FOLDER
cd "$1" || exit 1

# refuse CLAIM: repeats its standard input, if there is any, under the claim it breaks.
refuse() {
  found=$(cat)
  [ -z "$found" ] || printf 'not so: %s\n%s\n' "$1" "$found"
}

# Lines with #include in the C++ files of a folder, "file:line:text".
includes() {
  find "$@" -name '*.h' -o -name '*.cpp' -o -name '*.hpp' | sort | xargs grep -nE '^ *# *include' /dev/null
}

check() {
  for folder in env worldmodel agent agent/learn experiments tests; do
    [ -n "$(includes "$folder")" ] || echo "$folder: no includes found" | refuse "there is something to look at"
  done

  includes env | grep '"' | grep -v '"env/' | refuse "env includes only env"
  includes worldmodel | grep '"' | grep -vE '"(env|worldmodel)/' | refuse "worldmodel includes only env and worldmodel"
  includes agent | grep -v '^agent/learn/' | grep '"' | grep -vE '"(env/|agent/[a-z_]+\.h")' |
    refuse "agent outside agent/learn includes only env and itself"
  includes agent/learn | grep '"' | grep -vE '"(env|agent)/|"worldmodel/(nn/|data/|(world_model|pay_cap)\.h")' |
    grep -vE '"worldmodel/(adam|data_parallel|tensor_math|weights)\.h"' |
    refuse "of worldmodel, agent/learn includes only the contract, the pay cap and what networks are trained with"
  includes experiments | grep '"' | grep -vE '"(env|worldmodel|agent|experiments)/' | refuse "experiments includes from the root"
  includes tests | grep '"' | grep -vE '"(env|worldmodel|agent|experiments|tests)/' | refuse "tests include from the root"

  torch='[<"](torch|ATen|c10|caffe2)/'
  includes env agent tests/env tests/agent | grep -vE '^(tests/)?agent/learn/' | grep -E "$torch" |
    refuse "env, agent and their tests are free of LibTorch, but for agent/learn"
  includes env worldmodel agent | grep -E '[<"](yaml-cpp|CLI|SDL2|SDL|imgui)' |
    refuse "only experiments knows YAML, the command line and the window"
  includes tests | grep 'catch2/' | grep -v '^tests/test\.hpp:' | refuse "tests reach Catch2 through tests/test.hpp"
}

broken=$(check)
[ -z "$broken" ] || { echo "$broken"; exit 1; }
