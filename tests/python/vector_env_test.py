"""The vector environment is Gymnasium's SyncVectorEnv of the single ones, whatever the threads."""

import concurrent.futures
import multiprocessing
import os
import pickle
import threading

import gymnasium
import numpy as np
import pytest
from conftest import CLASSES, GAMES, IDS
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

import reverie

STEPS = int(os.environ.get("REVERIE_PYTHON_STEPS", "50000"))  # of all environments together, in the comparison
FIELDS = ["observation", "reward", "terminations", "truncations", "infos"]


def same(one, other, when):
    for name, a, b in zip(FIELDS, one, other):
        assert data_equivalence(a, b), f"{name} differ {when}: {a} and {b}"


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("continuous", [True, False])
def test_it_equals_sync_vector_env(game, mode, threads, continuous):
    arguments = {"frame_size": 16, "continuous": continuous}
    # Short episodes, and fireballs that hit soon, so that both kinds of end happen often and in different rows.
    arguments |= {"fire_chance": 0.9, "fireball_speed": 1.0} if game == "take_cover" else {}
    n, clock = 5, 60 if game == "take_cover" else 90

    def one():
        return TimeLimit(CLASSES[game](**arguments), clock)

    sync = SyncVectorEnv([one] * n, autoreset_mode=mode)
    envs = reverie.VectorEnv(game, n, threads, autoreset_mode=mode, max_episode_steps=clock, **arguments)
    assert envs.observation_space == sync.observation_space and envs.action_space == sync.action_space
    assert envs.metadata["autoreset_mode"] == mode
    rng = np.random.default_rng(1)
    sync.action_space.seed(4)
    same(envs.reset(seed=7), sync.reset(seed=7), "after the first reset")
    ends = np.zeros(2, int)
    for t in range(STEPS // n // 12):
        action = sync.action_space.sample()
        expected = sync.step(action)
        same(envs.step(action), expected, f"in step {t}")
        ended = expected[2] | expected[3]
        ends += [expected[2].sum(), expected[3].sum()]
        if mode == AutoresetMode.DISABLED and ended.any():
            mask = ended | (rng.random(n) < 0.2)
            seed = [None if rng.random() < 0.5 else int(rng.integers(1000)) for _ in range(n)]
            same(envs.reset(seed=seed, options={"reset_mask": mask}), sync.reset(seed=seed, options={"reset_mask": mask}), f"{t}")
        elif rng.random() < 0.01:
            mask = np.ones(n, bool) if rng.random() < 0.5 else np.arange(n) == rng.integers(n)
            same(envs.reset(options={"reset_mask": mask}), sync.reset(options={"reset_mask": mask}), f"reset in {t}")
        elif rng.random() < 0.005:
            same(envs.reset(), sync.reset(), f"reset of all in {t}")
    assert ends[1] > 3 and (game == "car_racing" or ends[0] > 3), "nothing was shown about ends"


def test_make_vec(game):
    envs = gymnasium.make_vec(IDS[game], num_envs=3, frame_size=16, autoreset_mode="SameStep")
    assert isinstance(envs.unwrapped, reverie.VectorEnv)
    assert envs.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    envs.reset(seed=1)
    clock = gymnasium.spec(IDS[game]).max_episode_steps
    truncated = [envs.step(np.zeros(envs.action_space.shape, np.float32))[3] for _ in range(clock)]
    if game == "car_racing":
        assert truncated[-1].all() and not np.any(truncated[:-1])
    envs.close()


def test_action_repeat_shortens_the_clock_in_both():
    single = gymnasium.make(IDS["car_racing"], frame_size=8, action_repeat=250)
    envs = gymnasium.make_vec(IDS["car_racing"], num_envs=2, frame_size=8, action_repeat=250)
    single.reset(seed=1), envs.reset(seed=1)
    ends = [(single.step(np.zeros(3, np.float32))[3], envs.step(np.zeros((2, 3), np.float32))[3][0]) for _ in range(4)]
    assert ends == [(False, False)] * 3 + [(True, True)]


def test_copies_and_views(game):
    for copy in (True, False):
        envs = reverie.VectorEnv(game, 2, 1, copy=copy, frame_size=16)
        first = envs.reset(seed=1)[0]
        kept = first.copy()
        results = [envs.step(envs.action_space.sample()) for _ in range(60)]
        assert np.array_equal(first, kept) == copy
        assert (results[0][0] is results[-1][0]) != copy
        masked = envs.reset(options={"reset_mask": np.array([True, False])})[0]
        assert (masked is results[-1][0]) != copy


def test_send_and_recv():
    plain, sent = (reverie.VectorEnv("take_cover", 4, 2, frame_size=16) for _ in range(2))
    plain.reset(seed=1), sent.reset(seed=1)
    with pytest.raises(ValueError, match="expected send"):
        sent.recv()
    for _ in range(200):
        action = plain.action_space.sample()
        sent.send(action)
        for forbidden in (lambda: sent.step(action), lambda: sent.send(action), sent.truth, sent.reset):
            with pytest.raises(ValueError, match="expected recv"):
                forbidden()
        same(sent.recv(), plain.step(action), "")
    with pytest.raises(ValueError, match="finite"):
        sent.send(np.full((4, 1), np.nan, np.float32))
        sent.recv()
    sent.step(action)
    sent.close()


def test_bad_input_is_refused_and_no_environment_was_stepped(game):
    envs, other = (reverie.VectorEnv(game, 3, 2, frame_size=16) for _ in range(2))
    with pytest.raises(ValueError, match="expected reset"):
        envs.step(envs.action_space.sample())
    envs.reset(seed=1), other.reset(seed=1)
    bad = envs.action_space.sample()
    bad[2] = np.nan
    for action in (bad, bad[:2], bad[:, :0], None, "step"):
        with pytest.raises(ValueError):
            envs.step(action)
    for seed in ([1, 2], -1, [1, None, 2**64]):
        with pytest.raises(ValueError):
            envs.reset(seed=seed)
    for mask, kind in [([True] * 3, TypeError), (np.ones(2, bool), ValueError), (np.zeros(3, bool), ValueError), (np.ones(3), TypeError)]:
        with pytest.raises(kind, match="reset_mask"):
            envs.reset(options={"reset_mask": mask})
    for _ in range(50):
        action = envs.action_space.sample()
        same(envs.step(action), other.step(action), "after what was refused")
    for arguments in ({"num_envs": 0}, {"num_envs": 3, "num_threads": 0}, {"num_envs": 1, "max_episode_steps": -1}):
        with pytest.raises(ValueError):
            reverie.VectorEnv(game, **arguments)
    with pytest.raises(ValueError, match="car_racing, take_cover"):
        reverie.VectorEnv("pong")


def test_threads_do_not_change_anything_and_one_environment_is_for_one_thread():
    envs = reverie.VectorEnv("take_cover", 64, 2, frame_size=64)
    envs.reset(seed=1)
    refused = []

    def work():
        try:
            for _ in range(200):
                envs.step(np.zeros((64, 1), np.float32))
        except RuntimeError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(3)]
    [t.start() for t in threads], [t.join() for t in threads]
    assert all("one thread at a time" in text for text in refused)
    envs.step(np.zeros((64, 1), np.float32))


def test_ten_threads_make_and_close_environments():
    def work(seed):
        total = 0.0
        for k in range(10):
            envs = reverie.VectorEnv(GAMES[k % 2], 3, 2, frame_size=16)
            envs.reset(seed=seed)
            envs.action_space.seed(seed)
            total += sum(envs.step(envs.action_space.sample())[1].sum() for _ in range(20))
            envs.close()
        return total

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        together = list(pool.map(work, range(10)))
    assert together == [work(seed) for seed in range(10)]


def step_on(envs, queue):
    queue.put(envs.step(np.zeros(envs.action_space.shape, np.float32))[0].tobytes())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_go_on_alike(game, method):
    envs = reverie.VectorEnv(game, 4, 2, frame_size=16)
    envs.reset(seed=3)
    for _ in range(30):
        envs.step(np.zeros(envs.action_space.shape, np.float32))
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    process = context.Process(target=step_on, args=(envs, queue))
    process.start()
    theirs = queue.get(timeout=60)
    process.join(60)
    assert process.exitcode == 0
    assert theirs == envs.step(np.zeros(envs.action_space.shape, np.float32))[0].tobytes()


def test_async_vector_env_of_single_ones(game):
    envs = gymnasium.make_vec(IDS[game], num_envs=2, vectorization_mode="async", frame_size=16)
    ours = gymnasium.make_vec(IDS[game], num_envs=2, frame_size=16)
    a, b = envs.reset(seed=1)[0].copy(), ours.reset(seed=1)[0]
    assert np.array_equal(a, b)
    envs.close()


def test_pickled_vector_environments_go_on_alike(game):
    envs = reverie.VectorEnv(game, 3, 2, frame_size=16, max_episode_steps=40)
    envs.reset(seed=1)
    for _ in range(100):
        envs.step(envs.action_space.sample())
    other = pickle.loads(pickle.dumps(envs))
    for _ in range(100):
        action = envs.action_space.sample()
        same(envs.step(action), other.step(action), "after pickling")
