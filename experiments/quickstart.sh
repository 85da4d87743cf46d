#!/usr/bin/env bash
# From a clone to a controller that learnt inside its dream: installs what is missing, builds, and runs
# configs/quickstart.yaml into runs/quickstart. Run it again to go on where it stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
. experiments/setup.sh

need_packages $BUILD_PACKAGES
configure -DREVERIE_TESTS=OFF
build reverie

say "what this machine is"
build/reverie info

say "collecting, training V and M, C in the dream, driving the game: about 10 minutes on two cores"
build/reverie train configs/quickstart.yaml --run runs/quickstart "$@"

say "done. Look at runs/quickstart/iteration-*/reconstructions.png and dream.png, and try:
   build/reverie play runs/quickstart
   build/reverie compare runs/quickstart
   build/reverie evaluate runs/quickstart --episodes 100
   build/reverie evaluate runs/quickstart --in dream --episodes 100"
