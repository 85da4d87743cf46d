"""A game's state, as plain data that can be kept, compared, pickled and sent elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EnvState:
    """An episode up to now: its seed, its config and the actions since.

    A game has no other state, so the same state gives the same future, bit for bit, in any environment of that game.
    """

    game: str  # "car_racing"
    action_repeat: int
    config: dict[str, Any]  # of this episode, all of the game's fields
    first_seed: int  # what reset(seed=...) was given last
    resets: int  # episodes since then that began without a seed
    seed: int  # of this episode
    actions: bytes  # float32 [steps, action]
    over: bool  # whether the episode has ended
