"""What the single and the vector environment share: spaces, actions, options, seeds and states."""

from __future__ import annotations

import operator
from typing import Any

import gymnasium
import numpy as np

from reverie import _reverie
from reverie.state import EnvState

# How render() draws each game unless told otherwise, (height, width).
RENDER_SIZES = {"car_racing": (420, 600), "take_cover": (512, 512)}
LARGEST_SEED = 2**64 - 1


class Kept:
    """Pickles an environment by what it was made of and the state it is in. `_make()` makes what `_made` names."""

    _made: tuple[str, ...]

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.__dict__.items() if name not in self._made}
        return {"attributes": kept, "state": self.clone_state() if self._begun else None}  # type: ignore[attr-defined]

    def __setstate__(self, kept: dict[str, Any]) -> None:
        self.__dict__.update(kept["attributes"])
        self._make()  # type: ignore[attr-defined]
        if kept["state"] is not None:
            self.restore_state(kept["state"])  # type: ignore[attr-defined]


def one_size(name: str, size: int | tuple[int, int]) -> tuple[int, int]:
    """`size` as (height, width); one number is both."""
    pair = (size, size) if isinstance(size, (int, np.integer)) else size
    try:
        height, width = (operator.index(side) for side in pair)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: expected a number or a pair (height, width), found {size!r}") from None
    return height, width


class Games:
    """`_reverie.Games` with Gymnasium's spaces."""

    def __init__(
        self,
        game: str,
        config: dict[str, Any],
        *,
        num_envs: int = 1,
        num_threads: int = 1,
        autoreset: int = 2,
        max_episode_steps: int | None = None,
        frame_size: int | tuple[int, int] | None = None,
        continuous: bool = True,
        action_repeat: int = 1,
    ):
        """max_episode_steps: None is the game's own clock; 0: none, but for what action_repeat makes of it."""
        height, width = (0, 0) if frame_size is None else one_size("frame_size", frame_size)
        if frame_size is not None and min(height, width) < 8:
            raise ValueError(f"frame_size: expected 8 to 4096, found {frame_size!r}")
        self.game, self.action_repeat = game, action_repeat

        self.core = _reverie.Games(
            game, config, action_repeat, num_envs, num_threads, autoreset, max_episode_steps, height, width
        )
        self.num_envs = num_envs
        self.num_actions = len(self.core.action_low)
        self.frame_shape = (self.core.height, self.core.width, 3)
        self.progress = self.core.progress_entries
        self.config = self.core.config
        self.numbered = np.array(self.core.numbered_actions, np.float32)
        self.observation_space = gymnasium.spaces.Box(0, 255, self.frame_shape, np.uint8)
        self.action_space: gymnasium.Space[Any]
        if continuous:
            self.action_space = gymnasium.spaces.Box(
                np.array(self.core.action_low, np.float32), np.array(self.core.action_high, np.float32)
            )
        elif len(self.numbered) == 0:
            raise ValueError(f"continuous: expected True, since {game} has no discrete actions")
        else:
            self.action_space = gymnasium.spaces.Discrete(len(self.numbered))

    def actions(self, actions: Any) -> np.ndarray:
        """One action an environment as float32 rows [num_envs, action]."""
        given = np.asarray(actions)
        if isinstance(self.action_space, gymnasium.spaces.Discrete):
            if given.shape != (self.num_envs,) or given.dtype.kind not in "iu":
                raise ValueError(
                    f"action: expected whole numbers of shape {(self.num_envs,)}, found {given.dtype} of shape {given.shape}"
                )
            if given.size and not (0 <= given.min() and given.max() < len(self.numbered)):
                raise ValueError(f"action: expected 0 to {len(self.numbered) - 1}, found {given.tolist()}")
            rows: np.ndarray = self.numbered[given]
            return rows
        if given.shape != (self.num_envs, self.num_actions) or given.dtype.kind not in "fiu":
            raise ValueError(
                f"action: expected numbers of shape {(self.num_envs, self.num_actions)}, "
                f"found {given.dtype} of shape {given.shape}"
            )
        return np.ascontiguousarray(given, np.float32)

    def variation(self, options: dict[str, Any] | None) -> dict[str, Any]:
        """What reset(options=...) asks of the next episodes."""
        options = options or {}
        unknown = [name for name in options if name != "variation"]
        if unknown:
            raise ValueError(f"options: expected 'variation', found {unknown[0]!r}")
        variation = options.get("variation") or {}
        if not isinstance(variation, dict):
            raise ValueError(f"options['variation']: expected a dict of factors, found {variation!r}")
        return variation

    def info(self, progress: list[float]) -> dict[str, Any]:
        """One row of the progress array as an info dict: NaN says that there is nothing to say."""
        return {
            name: bool(value) if flag else int(value)
            for (name, flag), value in zip(self.progress, progress)
            if value == value
        }

    def infos(self, progress: np.ndarray) -> dict[str, Any]:
        """The whole array as Gymnasium's vector info: an array and a mask of those that have the key."""
        infos: dict[str, Any] = {}
        there = progress == progress
        for k, (name, flag) in enumerate(self.progress):
            mask = there[:, k]
            if mask.any():
                infos[name] = np.where(mask, progress[:, k], 0).astype(np.bool_ if flag else np.int64)
                infos["_" + name] = mask.copy()
        return infos

    def state(self, row: int) -> EnvState:
        first_seed, resets, seed, config, actions, over = self.core.state(row)
        return EnvState(
            self.game, self.action_repeat, self.config if config is None else config, first_seed, resets, seed, actions, over
        )

    def restore(self, rows: list[int], states: list[EnvState], frames: np.ndarray, progress: np.ndarray) -> None:
        plain = []
        for state in states:
            if not isinstance(state, EnvState):
                raise TypeError(f"state: expected a reverie.EnvState, found {type(state).__name__}")
            if (state.game, state.action_repeat) != (self.game, self.action_repeat):
                raise ValueError(
                    f"state: expected one of {self.game} with action_repeat {self.action_repeat}, "
                    f"found one of {state.game} with {state.action_repeat}"
                )
            config = None if state.config == self.config else state.config
            plain.append((state.first_seed, state.resets, state.seed, config, state.actions, state.over))
        self.core.restore(rows, plain, frames, progress)


def checked_seed(seed: Any) -> int:
    try:
        number = operator.index(seed)
    except TypeError:
        raise TypeError(f"seed: expected a whole number, found {seed!r}") from None
    if not 0 <= number <= LARGEST_SEED:
        raise ValueError(f"seed: expected 0 to 2^64 - 1, found {number}")
    return number


def check_render_mode(render_mode: str | None) -> None:
    if render_mode == "human":
        raise ValueError(
            "render_mode: expected None or 'rgb_array', found 'human': this package opens no window; "
            "the program's `reverie play` does"
        )
    if render_mode not in (None, "rgb_array"):
        raise ValueError(f"render_mode: expected None or 'rgb_array', found {render_mode!r}")
