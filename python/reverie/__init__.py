"""Reverie's games for Python: Gymnasium's CarRacing-v3 and an analogue of ViZDoom's take_cover, in C++.

>>> import gymnasium, reverie
>>> env = gymnasium.make("Reverie/CarRacing-v0")
>>> envs = gymnasium.make_vec("Reverie/TakeCover-v0", num_envs=64)
>>> envs = reverie.VectorEnv("car_racing", num_envs=64, num_threads=2, frame_size=64)
"""

import gymnasium as _gymnasium

from reverie._reverie import VERSION as __version__
from reverie._reverie import factors, usable_threads
from reverie.env import CarRacing, GameEnv, TakeCover
from reverie.state import EnvState
from reverie.vector_env import VectorEnv

__all__ = ["CarRacing", "EnvState", "GameEnv", "TakeCover", "VectorEnv", "__version__", "factors", "usable_threads"]

_gymnasium.register(
    id="Reverie/CarRacing-v0",
    entry_point="reverie.env:make_car_racing",
    vector_entry_point="reverie.vector_env:make_car_racing",
    max_episode_steps=1000,
    reward_threshold=900,
)
_gymnasium.register(
    id="Reverie/TakeCover-v0",
    entry_point="reverie.env:make_take_cover",
    vector_entry_point="reverie.vector_env:make_take_cover",
    max_episode_steps=2100,
    reward_threshold=750,  # World Models (Ha and Schmidhuber, 2018), section 4
)
