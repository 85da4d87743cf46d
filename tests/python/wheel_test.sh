#!/bin/sh
# In a bare Debian (tests/distribution.sh SUITE --run tests/python/wheel_test.sh): the README's lines install the
# package from the tree, and the wheel runs where neither a compiler nor Box2D is. As root.
set -eu
apt-get -qq update
export DEBIAN_FRONTEND=noninteractive
work=$(mktemp -d)
apt-get -qq install -y --no-install-recommends g++ libbox2d-dev python3-dev python3-venv >/dev/null
begin=$(date +%s)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q ".[test]" || exit 1
echo "installed in $(($(date +%s) - begin)) s by $(python3 --version)"
(cd "$work" && venv/bin/python -c "import gymnasium, reverie; env = gymnasium.make('Reverie/CarRacing-v0'); env.reset(seed=1); print(env.step(env.action_space.sample())[1], reverie.__version__)")
"$work/venv/bin/python" -m pytest -q -p no:cacheprovider tests/python/env_test.py tests/python/state_test.py tests/python/vector_env_test.py tests/python/reference_test.py
"$work/venv/bin/pip" wheel -q --no-deps -w "$work/wheel" .
ls -l "$work"/wheel/*.whl
apt-get -qq purge -y g++ cpp libbox2d-dev libbox2d2 python3-dev >/dev/null 2>&1
apt-get -qq autoremove -y --purge >/dev/null 2>&1
! ldconfig -p | grep -q box2d
python3 -m venv "$work/bare"
"$work/bare/bin/pip" install -q "$work"/wheel/*.whl
(cd "$work" && bare/bin/python -c "
import gymnasium, reverie
envs = reverie.VectorEnv('take_cover', 4, 2)
envs.reset(seed=1)
print(envs.step(envs.action_space.sample())[1], 'without a compiler and without Box2D')")
