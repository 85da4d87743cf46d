import hashlib

import gymnasium
import numpy as np
import pytest

import reverie

GAMES = ["car_racing", "take_cover"]
IDS = {"car_racing": "Reverie/CarRacing-v0", "take_cover": "Reverie/TakeCover-v0"}
CLASSES = {"car_racing": reverie.CarRacing, "take_cover": reverie.TakeCover}


@pytest.fixture(params=GAMES)
def game(request) -> str:
    return request.param


def play(env: gymnasium.Env, steps: int, seed: int) -> list:
    """Everything that `steps` random steps give, with a digest of each picture."""
    env.action_space.seed(seed)
    seen = []
    frame, info = env.reset(seed=seed)
    seen.append((hashlib.sha256(frame.tobytes()).hexdigest(), info))
    for _ in range(steps):
        frame, reward, terminated, truncated, info = env.step(env.action_space.sample())
        seen.append((hashlib.sha256(frame.tobytes()).hexdigest(), reward, terminated, truncated, info))
        if terminated or truncated:
            env.reset()
    return seen


def random_actions(space: gymnasium.Space, steps: int, seed: int) -> np.ndarray:
    space.seed(seed)
    return np.stack([space.sample() for _ in range(steps)])
