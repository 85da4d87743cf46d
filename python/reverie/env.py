"""Reverie's games as single Gymnasium environments."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np

from reverie._games import RENDER_SIZES, Games, Kept, check_render_mode, checked_seed, one_size
from reverie.state import EnvState


class GameEnv(Kept, gymnasium.Env[np.ndarray, Any]):
    """One game. CarRacing and TakeCover say what they see and do.

    Observation: uint8 [height, width, 3], a new array each time. Reward: float. An episode ends where the game says so;
    gymnasium.make adds the clock.

    Args:
        render_mode: None or "rgb_array".
        continuous: False gives the game's discrete actions.
        frame_size: of the observation, a number or (height, width), 8 to 4096; None: the game's native picture.
        action_repeat: steps of the game for which an action is held; rewards are summed. Above 1 the game's clock, in
            its own steps, ends the episode too (truncated).
        render_size: of render(), a number or (height, width), 8 to 4096.
        **config: the game's own settings. Of a factor of variation (reverie.factors(game)) a number, or a pair
            (low, high) of which each episode draws its own.

    Raises:
        ValueError: says what was expected and what was found. The environment stays as it was.
    """

    game: ClassVar[str]
    _made = ("_games", "observation_space", "action_space")
    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 50}

    def __init__(
        self,
        render_mode: str | None = None,
        *,
        continuous: bool = True,
        frame_size: int | tuple[int, int] | None = None,
        action_repeat: int = 1,
        render_size: int | tuple[int, int] | None = None,
        **config: Any,
    ):
        check_render_mode(render_mode)
        self.render_mode = render_mode
        self.render_size = one_size("render_size", RENDER_SIZES[self.game] if render_size is None else render_size)
        self._arguments = dict(config, continuous=continuous, frame_size=frame_size, action_repeat=action_repeat)
        self._make()

    def _make(self) -> None:
        arguments = dict(self._arguments)
        shared = {name: arguments.pop(name) for name in ("continuous", "frame_size", "action_repeat")}
        self._games = Games(self.game, arguments, max_episode_steps=0, **shared)
        self.observation_space = self._games.observation_space
        self.action_space = self._games.action_space
        self._reward = np.zeros(1)
        self._terminated, self._truncated = np.zeros(1, np.bool_), np.zeros(1, np.bool_)
        self._progress = np.zeros((1, len(self._games.progress)))
        self._begun = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Begins an episode.

        Args:
            seed: 0 to 2^64 - 1: Gymnasium's track of that seed. None: the next one of the last seed's.
            options: {"variation": {factor: value}}: of this episode alone.
        """
        variation = self._games.variation(options)
        if seed is not None:
            seed = checked_seed(seed)
        super().reset(seed=seed)
        if seed is None and not self._begun:
            seed = int(self.np_random.integers(2**63))
        frame = np.empty(self._games.frame_shape, np.uint8)
        self._games.core.reset([0], [seed], variation, frame, self._progress)
        self._begun = True
        return frame, self._games.info(self._progress[0].tolist())

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step. An action that is not finite or of another shape raises ValueError; one out of range follows the
        game's own rule."""
        frame = np.empty(self._games.frame_shape, np.uint8)
        self._games.core.step(
            self._games.actions(np.asarray(action)[None]),
            frame,
            self._reward,
            self._terminated,
            self._truncated,
            self._progress,
            None,
            None,
            None,
        )
        return (
            frame,
            float(self._reward[0]),
            bool(self._terminated[0]),
            bool(self._truncated[0]),
            self._games.info(self._progress[0].tolist()),
        )

    def render(self) -> np.ndarray | None:
        """The picture of the moment, uint8 [height, width, 3] of render_size, drawn sharp at that size."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() without a render mode: pass render_mode='rgb_array' to make()")
            return None
        return self._games.core.draw(0, *self.render_size)

    def clone_state(self) -> EnvState:
        """The episode up to now. A wrapper's own state, such as TimeLimit's count, is not in it."""
        return self._games.state(0)

    def restore_state(self, state: EnvState) -> np.ndarray:
        """Takes up a state by playing its actions again, 42,000 car steps a second. Returns the observation."""
        frame = np.empty(self._games.frame_shape, np.uint8)
        self._games.restore([0], [state], frame, self._progress)
        self._begun = True
        return frame

    def truth(self) -> dict[str, float]:
        """The game's true state at this moment: for probes and records, never for a policy that is scored."""
        return dict(zip(self._games.core.truth_names, self._games.core.truth()[0].tolist()))

    def variation(self) -> dict[str, Any]:
        """The factors of variation of this episode, as they were drawn."""
        return self._games.core.variation(0)

    def end_reason(self) -> str:
        """Why the episode terminated, in a few words; "" while it goes on."""
        return self._games.core.end_reason(0)


class CarRacing(GameEnv):
    """Gymnasium's CarRacing-v3: the same tracks, physics, rewards and end, and its picture to a level or two.

    Action: Box [steer -1 (left) to 1, gas 0 to 1, brake 0 to 1]; with continuous=False 0 nothing, 1 right, 2 left,
    3 gas, 4 brake. Observation: 96 x 96 with the instruments, as Gymnasium's; with frame_size without them, as World
    Models crops it. Info: tiles_visited, num_tiles; at an episode's end lap_finished.

    Settings: lap_complete_percent=0.95, domain_randomize=False, and factors of variation.
    """

    game = "car_racing"
    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}


class TakeCover(GameEnv):
    """Fireballs fly at the player, who steps aside: an analogue of ViZDoom's take_cover. Each step lived pays 1.

    Action: Box [-1 (left) to 1], beyond a third to either side a step; with continuous=False 0 stay, 1 left, 2 right.
    Observation: 64 x 64, what the player sees. Info: health.

    Settings: damage="one_hit" or "doom", spawn_interval=60, view_angle=90, and factors of variation.
    """

    game = "take_cover"
    metadata = {"render_modes": ["rgb_array"], "render_fps": 35}


# gymnasium.make's entry points. They are functions, since make would put a window of its own around a class that
# cannot draw one.
def make_car_racing(**arguments: Any) -> CarRacing:
    return CarRacing(**arguments)


def make_take_cover(**arguments: Any) -> TakeCover:
    return TakeCover(**arguments)
