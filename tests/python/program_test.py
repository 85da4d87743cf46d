"""Races that the program recorded, played again from Python. REVERIE_PROGRAM names the program."""

import os
import pathlib
import subprocess

import numpy as np
import pytest

import reverie

SOURCE = pathlib.Path(__file__).parents[2]


@pytest.mark.skipif("REVERIE_PROGRAM" not in os.environ, reason="REVERIE_PROGRAM does not name the program")
def test_recorded_races(tmp_path):
    safetensors = pytest.importorskip("safetensors")
    subprocess.run(
        [os.environ["REVERIE_PROGRAM"], "train", "configs/smoke.yaml", "--run", str(tmp_path / "run"), "threads=2"],
        check=True, cwd=SOURCE, capture_output=True,
    )  # fmt: skip
    players = set()
    for path in sorted((tmp_path / "run").glob("iteration-*/episodes/*.safetensors")):
        with safetensors.safe_open(path, "numpy") as file:
            about, actions, rewards = file.metadata(), file.get_tensor("actions"), file.get_tensor("rewards")
        env = reverie.CarRacing(frame_size=8)
        env.reset(seed=int(about["seed"]))
        replayed = np.array([env.step(action)[1] for action in actions])
        assert np.array_equal(replayed.astype(np.float32), rewards)
        players.add(about["policy"])
    assert players == {"random", "controller"}
