"""PPO in one file, in CleanRL's style, on take cover: NumPy and PyTorch alone.

python ppo_single_file.py [--steps 200000]
"""

import argparse

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

import reverie

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--steps", type=int, default=200_000)
options.add_argument("--envs", type=int, default=16)
options.add_argument("--rollout", type=int, default=128)
args = options.parse_args()
torch.manual_seed(1)

# Two moments, so that what moves can be told: the newest frame and the one before it.
envs = reverie.VectorEnv("take_cover", args.envs, continuous=False, action_repeat=4, frame_size=32, autoreset_mode="SameStep")
body = nn.Sequential(
    nn.Conv2d(6, 16, 4, 2), nn.ReLU(), nn.Conv2d(16, 32, 4, 2), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 6 * 6, 128), nn.ReLU()
)
actor, critic = nn.Linear(128, 3), nn.Linear(128, 1)
optimizer = torch.optim.Adam([*body.parameters(), *actor.parameters(), *critic.parameters()], lr=5e-4, eps=1e-5)

frames = envs.reset(seed=1)[0]
seen = np.concatenate([frames, frames], -1)
lengths, ended = np.zeros(args.envs), []
shape = (args.rollout, args.envs)
for update in range(max(1, args.steps // (args.rollout * args.envs))):
    data = {name: torch.zeros(shape) for name in ("action", "logp", "value", "reward", "done")}
    pictures = torch.zeros(*shape, 6, 32, 32)
    for t in range(args.rollout):
        pictures[t] = torch.from_numpy(seen).permute(0, 3, 1, 2) / 255
        with torch.no_grad():
            features = body(pictures[t])
            choice = Categorical(logits=actor(features))
            action = choice.sample()
            data["action"][t], data["logp"][t], data["value"][t] = action, choice.log_prob(action), critic(features)[:, 0]
        new, reward, terminated, truncated, _ = envs.step(action.numpy())
        done = terminated | truncated
        lengths += reward
        ended += lengths[done].tolist()
        lengths[done] = 0
        old = np.where(done[:, None, None, None], new, frames)
        seen, frames = np.concatenate([new, old], -1), new
        data["reward"][t], data["done"][t] = torch.from_numpy(reward) / 20, torch.from_numpy(done)
    with torch.no_grad():
        value = critic(body(torch.from_numpy(seen).permute(0, 3, 1, 2) / 255))[:, 0]
    advantage, last = torch.zeros(shape), torch.zeros(args.envs)
    for t in reversed(range(args.rollout)):  # generalised advantage estimation
        alive = 1 - data["done"][t]
        last = data["reward"][t] + 0.98 * alive * value - data["value"][t] + 0.98 * 0.95 * alive * last
        advantage[t], value = last, data["value"][t]
    flat = {name: one.flatten() for name, one in data.items()}
    returns, scaled = (advantage + data["value"]).flatten(), advantage.flatten()
    for batch in [b for _ in range(4) for b in torch.randperm(returns.numel()).split(512)]:
        features = body(pictures.flatten(0, 1)[batch])
        choice = Categorical(logits=actor(features))
        ratio = (choice.log_prob(flat["action"][batch]) - flat["logp"][batch]).exp()
        gain = (scaled[batch] - scaled[batch].mean()) / (scaled[batch].std() + 1e-8)
        policy = -torch.min(ratio * gain, ratio.clamp(0.8, 1.2) * gain).mean()
        loss = policy + 0.5 * (critic(features)[:, 0] - returns[batch]).pow(2).mean() - 0.01 * choice.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{(update + 1) * args.rollout * args.envs} steps, the last episodes {np.mean(ended[-100:] or [0]):.0f} tics")
