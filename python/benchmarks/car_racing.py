"""Steps a second with the picture: reverie beside Gymnasium and EnvPool, on the same actions, in one run.

python python/benchmarks/car_racing.py [--seconds 2] [--rounds 3]

Each row is timed once a round, in turn and in a process of its own, so that a change of the machine's speed meets all rows; the best round counts.
The column "utility" is gymnasium.utils.performance's own benchmark, which draws its actions within the time.
EnvPool and Gymnasium's car are left out where they are not installed (pip install envpool "gymnasium[box2d]").
"""

import argparse
import json
import subprocess
import sys
import time
import warnings

import gymnasium
import numpy as np
from gymnasium.utils.performance import benchmark_step, benchmark_vector_step

import reverie

warnings.filterwarnings("ignore")
gymnasium.logger.min_level = gymnasium.logger.ERROR


def car_actions(count: int, envs: int | None) -> np.ndarray:
    """Random driving whose turns last; the same for everyone."""
    rng = np.random.default_rng(1)
    shape = (count, 3) if envs is None else (count, envs, 3)
    return rng.uniform([-1, 0, 0], [1, 1, 0.2], shape).astype(np.float32)


def time_single(env, actions, seconds):
    env.reset(seed=1)
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        _, _, terminated, truncated, _ = env.step(actions[steps % len(actions)])
        if terminated or truncated:
            env.reset()
        steps += 1
    return steps / (time.perf_counter() - start)


def time_vector(envs, actions, seconds):
    envs.reset()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        envs.step(actions[steps % len(actions)])
        steps += 1
    return steps * actions.shape[1] / (time.perf_counter() - start)


class Row:
    def __init__(self, who, what, envs, threads, make, size="96"):
        self.who, self.what, self.envs, self.threads, self.make, self.size = who, what, envs, threads, make, size
        self.speeds, self.utility = [], []

    def run(self, seconds):
        """Steps a second by our loop and by Gymnasium's; None where it has no such loop."""
        env = self.make()
        if self.envs is None:
            return time_single(env, car_actions(1000, None), seconds), benchmark_step(env, seconds, 1)
        speed = time_vector(env, car_actions(200, self.envs), seconds)
        # EnvPool 1.2.5 aborts where an environment is reset a second time before its end, as the utility does.
        known = isinstance(env, gymnasium.vector.VectorEnv) and self.who != "EnvPool"
        return speed, benchmark_vector_step(env, seconds, 1) if known else None


def rows(cores):
    all_rows = [Row("reverie", "gymnasium.make", None, 1, lambda: gymnasium.make("Reverie/CarRacing-v0"))]
    for threads in sorted({1, cores}):
        for n in (1, 8, 64, 256):
            if n < threads:
                continue
            for size, frame in (("96", None), ("64", 64)):
                def make(n=n, threads=threads, frame=frame, copy=True):
                    return reverie.VectorEnv("car_racing", n, threads, frame_size=frame, copy=copy)

                all_rows.append(Row("reverie", "VectorEnv", n, threads, make, size))
                if n == 64:
                    views = lambda make=make: make(copy=False)  # noqa: E731
                    all_rows.append(Row("reverie", "VectorEnv, copy=False", n, threads, views, size))
    try:
        import Box2D  # noqa: F401

        all_rows.append(Row("Gymnasium", "gymnasium.make", None, 1, lambda: gymnasium.make("CarRacing-v3")))
        sync = lambda: gymnasium.make_vec("CarRacing-v3", num_envs=8, vectorization_mode="sync")  # noqa: E731
        all_rows.append(Row("Gymnasium", "SyncVectorEnv", 8, 1, sync))
        async_ = lambda: gymnasium.make_vec("CarRacing-v3", num_envs=8, vectorization_mode="async")  # noqa: E731
        all_rows.append(Row("Gymnasium", "AsyncVectorEnv, 8 processes", 8, cores, async_))
    except ImportError:
        print("Gymnasium's car is not installed: left out")
    try:
        import envpool

        task = next(name for name in ("CarRacing-v3", "CarRacing-v2") if name in envpool.list_all_envs())
        for threads in sorted({1, cores}):
            for n in (1, 8, 64, 256):
                if n >= threads:
                    pool = lambda n=n, t=threads: envpool.make(task, env_type="gymnasium", num_envs=n, num_threads=t)  # noqa: E731
                    all_rows.append(Row("EnvPool", task, n, threads, pool))
    except ImportError:
        print("EnvPool is not installed: left out")
    return all_rows


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=2, help="of each timing")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default="", help="rows whose name holds this text")
    options.add_argument("--row", type=int, default=-1, help=argparse.SUPPRESS)  # what a process of its own measures
    args = options.parse_args()
    all_rows = rows(reverie.usable_threads())
    if args.row >= 0:
        print(json.dumps(all_rows[args.row].run(args.seconds)))
        return
    chosen = [i for i, row in enumerate(all_rows) if args.only.lower() in f"{row.who} {row.what}".lower()]
    for _ in range(args.rounds):
        for i in chosen:
            command = [sys.executable, __file__, "--row", str(i), "--seconds", str(args.seconds)]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode == 0:
                speed, utility = json.loads(result.stdout.splitlines()[-1])
                all_rows[i].speeds.append(speed)
                all_rows[i].utility += [] if utility is None else [utility]
            else:
                print(f"{all_rows[i].who}, {all_rows[i].envs} environments: {result.stderr.strip().splitlines()[-1]}")
    print("| who | how | environments | threads | picture | steps/s | utility |\n| --- | --- | --- | --- | --- | --- | --- |")
    for row in (all_rows[i] for i in chosen):
        speed = f"{max(row.speeds):,.0f}" if row.speeds else "crashed"
        utility = f"{max(row.utility):,.0f}" if row.utility else ""
        print(f"| {row.who} | {row.what} | {row.envs or 1} | {row.threads} | {row.size} | {speed} | {utility} |")


if __name__ == "__main__":
    main()
