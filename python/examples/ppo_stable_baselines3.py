"""PPO of stable-baselines3 on car racing: eight cars at once, two frames stacked, each action held for two steps.

python ppo_stable_baselines3.py [--steps 500000]
"""

import argparse
import time
from typing import Any

import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecFrameStack, VecMonitor

import reverie


class StableBaselines(VecEnv):
    """reverie.VectorEnv as stable-baselines3 wants it: episodes follow each other within a step."""

    def __init__(self, envs: reverie.VectorEnv):
        self.envs, self.actions = envs, None
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> np.ndarray:
        seeds = self._seeds if any(seed is not None for seed in self._seeds) else None
        self._reset_seeds()
        return self.envs.reset(seed=seeds)[0]

    def step_async(self, actions: np.ndarray) -> None:
        self.envs.send(actions)

    def step_wait(self):
        frames, rewards, terminated, truncated, infos = self.envs.recv()
        dones = terminated | truncated
        each: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for row in np.flatnonzero(dones):
            each[row] = {
                "terminal_observation": infos["final_obs"][row],
                "TimeLimit.truncated": bool(truncated[row] and not terminated[row]),
            }
        return frames, rewards.astype(np.float32), dones, each

    def close(self) -> None:
        self.envs.close()

    def get_attr(self, attr_name, indices=None):
        return [getattr(self.envs, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name, value, indices=None):
        raise NotImplementedError

    def env_method(self, method_name, *args, indices=None, **kwargs):
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class, indices=None):
        return [False] * self.num_envs


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--steps", type=int, default=500_000)
    options.add_argument("--envs", type=int, default=8)
    options.add_argument("--rollout", type=int, default=512, help="steps of each environment between updates")
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    cars = reverie.VectorEnv("car_racing", args.envs, frame_size=64, action_repeat=2, autoreset_mode="SameStep")
    envs = VecFrameStack(VecMonitor(StableBaselines(cars)), 2)
    batch = min(128, args.rollout * args.envs)
    model = PPO("CnnPolicy", envs, n_steps=args.rollout, batch_size=batch, n_epochs=10, learning_rate=1e-4,
                gae_lambda=0.95, gamma=0.99, ent_coef=0.0, use_sde=True, sde_sample_freq=4, seed=args.seed, verbose=1)  # fmt: skip
    started = time.time()
    model.learn(args.steps)
    returns = [episode["r"] for episode in model.ep_info_buffer]
    print(f"{args.steps} steps in {time.time() - started:.0f} s; the last {len(returns)} episodes: {np.mean(returns or [0]):.0f}")


if __name__ == "__main__":
    main()
