"""Memory stays flat. REVERIE_PYTHON_LIFE says how many steps: 10,000,000 in the long tests."""

import gc
import os

import numpy as np
import pytest

import reverie

STEPS = int(os.environ.get("REVERIE_PYTHON_LIFE", "200000"))


def resident_megabytes() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads /proc")
def test_random_steps(game):
    envs = reverie.VectorEnv(game, 8, None, frame_size=8, autoreset_mode="SameStep")
    envs.reset(seed=1)
    envs.action_space.seed(1)
    actions = [envs.action_space.sample() for _ in range(50)]
    sizes = []
    total = 0.0
    for t in range(STEPS // 8):
        _, rewards, terminated, truncated, infos = envs.step(actions[t % 50])
        total += rewards.sum()
        if t % max(STEPS // 8 // 20, 1) == 0:
            gc.collect()
            sizes.append(resident_megabytes())
    assert np.isfinite(total)
    # The first looks see the pages that first episodes touch.
    print(f"{STEPS} steps: {sizes[5]:.1f} MB after a quarter, {sizes[-1]:.1f} MB at the end")
    assert sizes[-1] < sizes[5] + 8


def test_environments_come_and_go(game):
    def once():
        envs = reverie.VectorEnv(game, 8, 2, frame_size=64)
        envs.reset(seed=1)
        envs.step(np.zeros(envs.action_space.shape, np.float32))
        envs.close()

    for _ in range(20):
        once()
    gc.collect()
    before = resident_megabytes()
    for _ in range(100):
        once()
    gc.collect()
    assert resident_megabytes() < before + 8
