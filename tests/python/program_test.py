"""Races that the program recorded, played again from Python. REVERIE_PROGRAM names the program."""

import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

import reverie

SOURCE = pathlib.Path(__file__).parents[2]


pytestmark = pytest.mark.skipif("REVERIE_PROGRAM" not in os.environ, reason="REVERIE_PROGRAM does not name the program")


def reverie_program(*arguments) -> None:
    subprocess.run([os.environ["REVERIE_PROGRAM"], *map(str, arguments)], check=True, cwd=SOURCE, capture_output=True)


def replay(folders) -> list[str]:
    """Who played each recorded race; each is played again and pays the same in every step."""
    safetensors = pytest.importorskip("safetensors")
    players = []
    for path in sorted(path for folder in folders for path in folder.glob("*.safetensors")):
        with safetensors.safe_open(path, "numpy") as file:
            about, actions, rewards = file.metadata(), file.get_tensor("actions"), file.get_tensor("rewards")
        env = reverie.CarRacing(frame_size=8)
        env.reset(seed=int(about["seed"]))
        replayed = np.array([env.step(action)[1] for action in actions])
        assert np.array_equal(replayed.astype(np.float32), rewards)
        print(f"seed {about['seed']}: {about['policy']}, {len(rewards)} steps, {rewards.sum():.1f}")
        players.append(about["policy"])
    return players


def test_recorded_races(tmp_path):
    reverie_program("train", "configs/smoke.yaml", "--run", tmp_path / "run", "threads=2")
    assert set(replay((tmp_path / "run").glob("iteration-*/episodes"))) == {"random", "controller"}


@pytest.mark.skipif("REVERIE_PYTHON_LIFE" not in os.environ, reason="takes three minutes: with the long tests")
def test_the_pretrained_cars_races(tmp_path):
    # An exported run records nothing: a run that begins with its world model and is given its C does.
    pretrained, run = SOURCE / "experiments" / "pretrained" / "car_racing_dream", tmp_path / "run"
    reverie_program(
        "train", pretrained / "config.yaml", "--from", pretrained, "--keep", "world-model", "--run", run, "iterations=1",
        "collect.episodes=[500,6]", "collect.max_episode_steps=[1000]", "collect.random_share=0",
        "collect.num_controllers=1", "train_controller.generations=[1]",
        "train_controller.policy_gradient.updates=1", "train_controller.batch_size=16", "evaluate.episodes=2",
        "evaluate.baselines=false", "threads=2",
    )  # fmt: skip
    newest = max((pretrained / "iteration-04" / "controller").glob("generation-*"))
    shutil.copy(newest, run / "iteration-00" / "controller" / "generation-00001.safetensors")
    reverie_program("collect", run, "iterations=2")
    assert replay([run / "iteration-01" / "episodes"]) == ["controller"] * 6
