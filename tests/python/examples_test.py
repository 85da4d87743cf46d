"""The examples run with tiny amounts and stay short."""

import pathlib
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / "python" / "examples"
RUNS = {
    "plan_on_clones.py": ([], ["--steps", "16", "--plans", "4", "--horizon", "2"]),
    "ppo_single_file.py": (["torch"], ["--steps", "64", "--envs", "4", "--rollout", "8"]),
    "ppo_stable_baselines3.py": (["stable_baselines3"], ["--steps", "64", "--envs", "4", "--rollout", "16"]),
}


def test_all_examples_are_here():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_example(name):
    needs, arguments = RUNS[name]
    for module in needs:
        pytest.importorskip(module)
    assert len((EXAMPLES / name).read_text().splitlines()) < 80
    result = subprocess.run([sys.executable, EXAMPLES / name, *arguments], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout
