"""Many games on threads as one Gymnasium vector environment."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from reverie import _reverie
from reverie._games import RENDER_SIZES, Games, Kept, check_render_mode, checked_seed, one_size
from reverie.env import CarRacing, GameEnv, TakeCover
from reverie.state import EnvState

_SINGLE: dict[str, type[GameEnv]] = {"car_racing": CarRacing, "take_cover": TakeCover}
_AUTORESET = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP, AutoresetMode.DISABLED]


class VectorEnv(Kept, gymnasium.vector.VectorEnv[np.ndarray, Any, np.ndarray]):
    """`num_envs` games, stepped in C++ without Python's lock; equal to SyncVectorEnv of the single environments, row by
    row, whatever the threads.

    Observations: uint8 [num_envs, height, width, 3]; rewards float64 [num_envs]; terminations and truncations bool.

    Args:
        game: "car_racing" or "take_cover".
        num_envs: 1 to 65,536.
        num_threads: None takes one for each processor that the process may use, at most one an environment.
        autoreset_mode: gymnasium.vector.AutoresetMode or its value: "NextStep", "SameStep" or "Disabled".
        copy: False returns the same arrays from every step, which the next one overwrites.
        max_episode_steps: the clock (truncated); None takes the game's own, 0 none.
        render_mode, continuous, frame_size, action_repeat, render_size, **config: as of the single environment.

    Raises:
        ValueError: says what was expected and what was found. No environment has been stepped then.
    """

    _made = (
        "_games", "_frames", "_flags", "_rewards", "_progress", "_final", "_sender", "_sent",
        "observation_space", "action_space", "single_observation_space", "single_action_space",
    )  # fmt: skip

    def __init__(
        self,
        game: str,
        num_envs: int = 1,
        num_threads: int | None = None,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        continuous: bool = True,
        frame_size: int | tuple[int, int] | None = None,
        action_repeat: int = 1,
        render_size: int | tuple[int, int] | None = None,
        **config: Any,
    ):
        if game not in _SINGLE:
            raise ValueError(f"game: expected one of {', '.join(_SINGLE)}, found {game!r}")
        check_render_mode(render_mode)
        self.game, self.num_envs, self.copy, self.render_mode = game, num_envs, copy, render_mode
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.render_size = one_size("render_size", RENDER_SIZES[game] if render_size is None else render_size)
        self.metadata = dict(_SINGLE[game].metadata, autoreset_mode=self.autoreset_mode)
        self._arguments: dict[str, Any] = dict(
            num_envs=num_envs,
            num_threads=num_threads,
            max_episode_steps=max_episode_steps,
            continuous=continuous,
            frame_size=frame_size,
            action_repeat=action_repeat,
        )
        self._config = config
        self._make()

    def _make(self) -> None:
        arguments = dict(self._arguments)
        if arguments["num_threads"] is None:
            arguments["num_threads"] = _reverie.usable_threads()
        self._games = Games(self.game, self._config, autoreset=_AUTORESET.index(self.autoreset_mode), **arguments)
        self.single_observation_space = self._games.observation_space
        self.single_action_space = self._games.action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._frames = np.zeros((self.num_envs, *self._games.frame_shape), np.uint8)
        self._flags = np.zeros((2, self.num_envs), np.bool_)
        self._rewards = np.zeros(self.num_envs)
        self._progress = np.zeros((self.num_envs, len(self._games.progress)))
        self._final: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        if self.autoreset_mode == AutoresetMode.SAME_STEP:
            self._final = (np.zeros_like(self._frames), np.zeros_like(self._progress), np.zeros(self.num_envs, np.bool_))
        self._begun = False
        self._sender: ThreadPoolExecutor | None = None
        self._sent: Future[Any] | None = None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begins an episode in each environment, or in those of options["reset_mask"].

        Args:
            seed: s gives the environments s, s + 1, ...; a list one each, None in it the next one of that environment's.
            options: {"variation": {factor: value}}: of these episodes alone; {"reset_mask": bool array [num_envs]}.
        """
        self._check_idle()
        options = dict(options or {})
        rows = list(range(self.num_envs))
        if "reset_mask" in options:
            rows = np.flatnonzero(self._checked_mask(options.pop("reset_mask"))).tolist()
        variation = self._games.variation(options)
        if seed is None:
            seeds: list[int | None] = [None] * self.num_envs
        elif isinstance(seed, (list, tuple, np.ndarray)):
            seeds = [None if one is None else checked_seed(one) for one in seed]
        else:
            seeds = [checked_seed(checked_seed(seed) + i) for i in range(self.num_envs)]
        if len(seeds) != self.num_envs:
            raise ValueError(f"seed: expected a list of {self.num_envs}, found one of {len(seeds)}")
        if not self._begun:
            seeds = [int(self.np_random.integers(2**63)) if one is None else one for one in seeds]
        self._progress[:] = np.nan
        frames = self._frames.copy() if self.copy else self._frames
        self._games.core.reset(rows, [seeds[row] for row in rows], variation, frames, self._progress)
        self._frames, self._begun = frames, True
        return frames, self._games.infos(self._progress)

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step of all environments. actions: [num_envs, action], or [num_envs] where they are discrete."""
        self._check_idle()
        return self._step(self._games.actions(actions))

    def _step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        frames = np.empty_like(self._frames) if self.copy else self._frames
        rewards = np.empty_like(self._rewards) if self.copy else self._rewards
        terminated, truncated = np.empty_like(self._flags) if self.copy else self._flags
        final = self._final or (None, None, None)
        self._games.core.step(actions, frames, rewards, terminated, truncated, self._progress, *final)
        self._frames = frames
        infos = self._games.infos(self._progress)
        if self._final is not None and self._final[2].any():
            final_frames, final_progress, ended = self._final
            rows = np.flatnonzero(ended)
            infos["final_obs"] = np.full(self.num_envs, None, object)
            for row in rows:
                infos["final_obs"][row] = final_frames[row].copy()
            infos["_final_obs"] = ended.copy()
            infos["final_info"] = self._games.infos(np.where(ended[:, None], final_progress, np.nan))
            infos["_final_info"] = ended.copy()
        return frames, rewards, terminated, truncated, infos

    def send(self, actions: Any) -> None:
        """Begins a step and returns at once; recv() waits for its result."""
        self._check_idle()
        rows = self._games.actions(actions)
        if self._sender is None:
            self._sender = ThreadPoolExecutor(1, "reverie-step")
        self._sent = self._sender.submit(self._step, rows)

    def recv(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """What the step that send() began gives."""
        if self._sent is None:
            raise ValueError("expected send() before recv()")
        sent, self._sent = self._sent, None
        result: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]] = sent.result()
        return result

    def render(self) -> tuple[np.ndarray, ...] | None:
        """A picture of each environment, as of the single one's render()."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() without a render mode: pass render_mode='rgb_array' to make_vec()")
            return None
        self._check_idle()
        return tuple(self._games.core.draw(row, *self.render_size) for row in range(self.num_envs))

    def clone_state(self, rows: list[int] | None = None) -> list[EnvState]:
        """The states of those environments, or of all; the single environment takes them too."""
        self._check_idle()
        return [self._games.state(row) for row in (range(self.num_envs) if rows is None else rows)]

    def restore_state(self, states: list[EnvState], rows: list[int] | None = None) -> np.ndarray:
        """Puts a state into each of `rows`, or of all, by playing its actions again on the threads. Returns all
        observations."""
        self._check_idle()
        rows = list(range(self.num_envs)) if rows is None else list(rows)
        if len(states) != len(rows) or len(set(rows)) != len(rows):
            raise ValueError(f"states: expected one for each of {len(rows)} different rows, found {len(states)}")
        if not self._begun and len(rows) < self.num_envs:
            raise ValueError("rows: expected all of them before the first reset()")
        frames = self._frames.copy() if self.copy else self._frames
        self._games.restore(rows, states, frames, self._progress)
        self._frames, self._begun = frames, True
        return frames

    def truth(self) -> dict[str, np.ndarray]:
        """The games' true states, float32 [num_envs] by name: for probes and records, never for a policy that is
        scored."""
        self._check_idle()
        values = self._games.core.truth()
        return {name: values[:, k] for k, name in enumerate(self._games.core.truth_names)}

    def variation(self) -> list[dict[str, Any]]:
        """The factors of variation of each environment's episode, as they were drawn."""
        self._check_idle()
        return [self._games.core.variation(row) for row in range(self.num_envs)]

    def close_extras(self, **_: Any) -> None:
        if self._sender is not None:
            self._sender.shutdown()
            self._sender = None

    def _check_idle(self) -> None:
        if self._sent is not None:
            raise ValueError("expected recv() for the step that was sent before anything else")

    def _checked_mask(self, mask: Any) -> np.ndarray:
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
            raise TypeError(f"options['reset_mask']: expected a NumPy array of bool, found {mask!r}")
        if mask.shape != (self.num_envs,) or not mask.any():
            raise ValueError(
                f"options['reset_mask']: expected shape {(self.num_envs,)} with at least one True, found {mask!r}"
            )
        return mask


def make_car_racing(**arguments: Any) -> VectorEnv:
    return VectorEnv("car_racing", **arguments)


def make_take_cover(**arguments: Any) -> VectorEnv:
    return VectorEnv("take_cover", **arguments)
