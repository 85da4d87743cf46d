#!/bin/sh
# Every command of the program on a world model and a game that it was not written for. Usage: chain_test.sh PROGRAM SOURCE VIEWER
toys=$1
source=$2
viewer=$3  # 1 where the window was built
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

does() {  # ARGUMENTS ...: exit code 0
  "$toys" "$@" >out 2>err </dev/null || { echo "reverie $*: failed"; tail -3 err; failed=1; }
}
says() {  # FILE PATTERN
  grep -q "$2" "$1" || { echo "$1: expected $2"; failed=1; }
}

does train "$source/tests/toy/toy.yaml" --run run
says run/config.yaml 'kind: toy'
says run/metrics.jsonl train-toy
says run/metrics.jsonl open-loop
says run/summary.json 'dream: dream-trained controller'
[ -s run/iteration-01/toy.safetensors ] && [ -s run/iteration-01/train-toy.done.json ] || { echo 'no weights'; failed=1; }
cp run/metrics.jsonl before.jsonl
does train-toy run
does train run
cmp -s run/metrics.jsonl before.jsonl || { echo 'a finished run was changed'; failed=1; }
does evaluate run --episodes 6 --json
says out '"returns":\['
does evaluate run --episodes 6 --in dream --json
says out '"in":"dream"'
does evaluate run --policy random --episodes 4
does compare run --episodes 4 --out page.html
says page.html 'How long a dream stays true'
grep -q 'Surprise at the real latent' page.html && { echo 'page.html: surprise at a latent that there is not'; failed=1; }
does compare run --episodes 2 --planner 2 --out planner.html planner.candidates=4 planner.elites=2
says planner.html 'The planner'
"$toys" waist run 2>err && { echo 'a model without a latent has a waist'; failed=1; }
says err 'expected a world model with a latent vector'
does export run copy
does evaluate copy --episodes 4
does report run --out runs.html
says runs.html train-toy
if [ "$viewer" = 1 ]; then
  for mode in game dream locked browse; do
    does play run --headless --mode $mode --seconds 1
  done
  does play run copy --headless --mode locked --seconds 1
  for size in 320x320 1280x800; do
    does play run --headless --mode locked --seconds 1 --size $size
  done
fi
"$toys" train "$source/tests/toy/toy.yaml" model.kind=nothing --run other 2>err && { echo 'an unknown model was taken'; failed=1; }
says err 'model.kind'
"$toys" --help >out || failed=1
says out train-toy
says out train-vae
exit $failed
