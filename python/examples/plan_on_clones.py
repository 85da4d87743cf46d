"""A planner that learns nothing: from each moment it tries random plans in copies of the game and begins the best one.

It looks into the real game's future, which no agent may; what it scores is what a perfect world model would allow.

python plan_on_clones.py [--steps 300]
"""

import argparse

import numpy as np

import reverie

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--steps", type=int, default=300, help="of the race")
options.add_argument("--plans", type=int, default=64)
options.add_argument("--horizon", type=int, default=6, help="actions of a plan, each held for 4 steps")
args = options.parse_args()

HELD, REPEATED = 4, 2  # each action is held for 4 steps; of a plan the first 2 actions are played
race = reverie.CarRacing(frame_size=32)
copies = reverie.VectorEnv("car_racing", args.plans, frame_size=8, max_episode_steps=0, autoreset_mode="Disabled", copy=False)
race.reset(seed=1)
copies.reset(seed=1)
rng = np.random.default_rng(1)
score, steps = 0.0, 0
while steps < args.steps:
    plans = rng.normal([0.0, 0.4, -0.3], [0.5, 0.4, 0.3], (args.plans, args.horizon, 3)).astype(np.float32)
    plans = np.clip(plans, race.action_space.low, race.action_space.high)
    copies.restore_state([race.clone_state()] * args.plans)
    returns, alive = np.zeros(args.plans), np.ones(args.plans, bool)
    for action in np.repeat(plans, HELD, 1).swapaxes(0, 1):
        _, reward, terminated, _, _ = copies.step(action)
        returns += reward
        alive &= ~terminated
        if not alive.all():  # a lap that is done, or a car that left the field: the rest of the plans is not played
            break
    for action in np.repeat(plans[returns.argmax(), :REPEATED], HELD, 0):
        _, reward, terminated, _, info = race.step(action)
        score, steps = score + reward, steps + 1
        if terminated:
            break
    if steps % 40 < HELD * REPEATED:
        print(f"step {steps}: {score:.0f}, {info['tiles_visited']} of {info['num_tiles']} tiles")
    if terminated:
        break
print(f"score {score:.0f} after {steps} steps")
