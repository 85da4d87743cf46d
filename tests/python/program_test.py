"""Races that the program recorded, played again from Python. REVERIE_PROGRAM names the program."""

import os
import pathlib
import subprocess

import numpy as np
import pytest

import reverie

SOURCE = pathlib.Path(__file__).parents[2]


@pytest.mark.skipif("REVERIE_PROGRAM" not in os.environ, reason="REVERIE_PROGRAM does not name the program")
def test_the_pretrained_cars_races(tmp_path):
    safetensors = pytest.importorskip("safetensors")
    pretrained = SOURCE / "experiments" / "pretrained" / "car_racing_dream"
    config = (pretrained / "config.yaml").read_text()
    subprocess.run(
        [os.environ["REVERIE_PROGRAM"], "collect", str(pretrained / "config.yaml"), "--from", str(pretrained),
         "--keep", "world-model", "--run", str(tmp_path / "run"), "iterations=1", "threads=2", "collect.episodes=[6]",
         "collect.max_episode_steps=[1000]", "collect.random_share=0"],
        check=True, cwd=SOURCE,
    )  # fmt: skip
    assert "action_repeat" not in config
    played = 0
    for path in sorted((tmp_path / "run").glob("iteration-*/episodes/*.safetensors")):
        with safetensors.safe_open(path, "numpy") as file:
            seed, actions, rewards = int(file.metadata()["seed"]), file.get_tensor("actions"), file.get_tensor("rewards")
        env = reverie.CarRacing(frame_size=8)
        env.reset(seed=seed)
        replayed = np.array([env.step(action)[1] for action in actions])
        assert np.array_equal(replayed.astype(np.float32), rewards)
        played += 1
    assert played == 6
