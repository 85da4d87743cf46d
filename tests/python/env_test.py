"""The single environments: Gymnasium's own checks, spaces, arguments, refusals."""

import copy
import pickle
import warnings

import gymnasium
import numpy as np
import pytest
from conftest import CLASSES, IDS, play
from gymnasium.utils.env_checker import check_env

import reverie


@pytest.mark.parametrize("arguments", [{}, {"continuous": False}, {"frame_size": (48, 64)}, {"action_repeat": 4}])
def test_gymnasium_accepts_it(game, arguments):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Box action space.*")  # gas and brake are 0 to 1
        warnings.filterwarnings("ignore", message=".*Box action_space.*")
        check_env(gymnasium.make(IDS[game], **arguments).unwrapped)


def test_stable_baselines3_accepts_it(game):
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*symmetric and normalized.*")
        checker.check_env(gymnasium.make(IDS[game]))
        checker.check_env(gymnasium.make(IDS[game], continuous=False))


def test_made_without_an_import_of_its_own():
    assert gymnasium.make("reverie:Reverie/CarRacing-v0").unwrapped.game == "car_racing"


def test_the_spaces():
    car = gymnasium.make(IDS["car_racing"])
    assert car.observation_space == gymnasium.spaces.Box(0, 255, (96, 96, 3), np.uint8)
    assert car.action_space == gymnasium.spaces.Box(np.array([-1, 0, 0], np.float32), np.array([1, 1, 1], np.float32))
    assert car.spec.max_episode_steps == 1000 and car.spec.reward_threshold == 900
    assert gymnasium.make(IDS["car_racing"], continuous=False).action_space == gymnasium.spaces.Discrete(5)
    cover = gymnasium.make(IDS["take_cover"], frame_size=(32, 48))
    assert cover.observation_space.shape == (32, 48, 3) and cover.spec.max_episode_steps == 2100
    assert gymnasium.make(IDS["take_cover"], continuous=False).action_space == gymnasium.spaces.Discrete(3)


def test_discrete_actions_are_the_continuous_ones_by_number():
    numbered = {"car_racing": [[0, 0, 0], [0.6, 0, 0], [-0.6, 0, 0], [0, 0.2, 0], [0, 0, 0.8]], "take_cover": [[0], [-1], [1]]}
    for game, rows in numbered.items():
        one, other = CLASSES[game](continuous=False), CLASSES[game]()
        one.reset(seed=5), other.reset(seed=5)
        for t in range(60):
            a, b = one.step(t // 7 % len(rows)), other.step(np.array(rows[t // 7 % len(rows)], np.float32))
            assert np.array_equal(a[0], b[0]) and a[1:] == b[1:]


def test_the_same_seed_gives_the_same_episodes(game):
    runs = [play(CLASSES[game](frame_size=32), 700, 3) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0] != play(CLASSES[game](frame_size=32), 700, 4)


def test_resets_without_a_seed_follow_the_last_seed(game):
    def pictures(seed):
        env = CLASSES[game]()
        env.reset(seed=seed)
        return [env.reset()[0].tobytes() for _ in range(3)], env.clone_state().resets

    first, resets = pictures(8)
    assert first == pictures(8)[0] and resets == 3
    if game == "car_racing":
        assert len(set(first)) == 3
    first_of_all = {CLASSES[game]().reset()[0].tobytes() for _ in range(4)}  # seeded by the system
    assert game == "take_cover" or len(first_of_all) == 4


def test_observations_are_new_arrays(game):
    env = CLASSES[game]()
    first = env.reset(seed=1)[0]
    kept = first.copy()
    for _ in range(70):
        env.step(env.action_space.sample())
    assert np.array_equal(first, kept)


def test_the_clock(game):
    env = gymnasium.make(IDS[game], frame_size=8, max_episode_steps=20)
    env.reset(seed=0)
    ends = [env.step(env.action_space.sample())[2:4] for _ in range(20)]
    assert ends == [(False, False)] * 19 + [(False, True)]
    held = CLASSES[game](frame_size=8, action_repeat=300)  # its own clock: 1,000 or 2,100 steps of the game
    held.reset(seed=2)
    clock = {"car_racing": 4, "take_cover": 7}[game]
    for t in range(clock):
        terminated, truncated = held.step(np.zeros(held.action_space.shape, np.float32))[2:4]
        if terminated:
            assert game == "take_cover"
            break
        assert truncated == (t == clock - 1)


def test_info_counts_tiles_and_says_how_a_race_ended():
    env = reverie.CarRacing()
    info = env.reset(seed=3)[1]
    assert info == {"tiles_visited": 2, "num_tiles": info["num_tiles"]} and 200 < info["num_tiles"] < 400
    ended = False
    for _ in range(600):  # straight ahead: off the field
        _, reward, ended, _, info = env.step(np.array([0, 0.1, 0], np.float32))
        assert ("lap_finished" in info) == ended
        if ended:
            break
    assert ended and info["lap_finished"] is False and reward == -100 and env.end_reason() == "left the field"
    assert reverie.TakeCover().reset(seed=1)[1] == {"health": 100}


def test_truth(game):
    env = CLASSES[game]()
    env.reset(seed=1)
    before = env.truth()
    for _ in range(100):
        env.step(np.array([0.1, 0.5, 0] if game == "car_racing" else [1.0], np.float32))
    name = {"car_racing": "speed", "take_cover": "player_y"}[game]
    assert before.keys() == env.truth().keys() and before[name] != env.truth()[name]


def test_render(game):
    env = CLASSES[game](render_mode="rgb_array", render_size=(90, 120))
    with pytest.raises(ValueError, match="expected reset"):
        env.render()
    env.reset(seed=1)
    frame = env.render()
    assert frame.shape == (90, 120, 3) and frame.dtype == np.uint8 and frame.std() > 5
    with pytest.raises(ValueError, match="reverie play"):
        gymnasium.make(IDS[game], render_mode="human")
    with pytest.raises(ValueError, match="rgb_array"):
        CLASSES[game](render_mode="ansi")


BAD_ACTIONS = [
    (np.array([np.nan, 0, 0], np.float32), "expected a finite steer, found nan"),
    (np.array([0, np.inf, 0], np.float32), "expected a finite gas, found inf"),
    (np.zeros(2, np.float32), r"expected numbers of shape \(1, 3\), found float32 of shape \(1, 2\)"),
    (np.zeros((3, 1), np.float32), "of shape"),
    (np.array(["a", "b", "c"]), "found <U1"),
    (None, "found object"),
    (np.zeros(3, np.complex64), "found complex64"),
]


@pytest.mark.parametrize("action, sentence", BAD_ACTIONS)
def test_a_bad_action_is_refused_and_nothing_is_lost(action, sentence):
    env, other = reverie.CarRacing(), reverie.CarRacing()
    for one in (env, other):
        with pytest.raises(ValueError, match="expected reset"):
            one.step(np.zeros(3, np.float32))
        one.reset(seed=1)
    good = np.array([0.1, 0.5, 0])  # float64 is fine
    for t in range(30):
        if t == 20:
            with pytest.raises(ValueError, match=sentence):
                env.step(action)
        assert np.array_equal(env.step(good)[0], other.step(good)[0])


def test_other_bad_input_is_refused(game):
    env = CLASSES[game]()
    for seed, kind in [(-1, ValueError), (2**64, ValueError), (1.5, TypeError), ("1", TypeError)]:
        with pytest.raises(kind, match="seed: expected"):
            env.reset(seed=seed)
    with pytest.raises(ValueError, match="expected 'variation', found 'colour'"):
        env.reset(seed=1, options={"colour": 1})
    discrete = CLASSES[game](continuous=False)
    discrete.reset(seed=1)
    for action in (-1, 5, 1.0, np.array([1])):
        with pytest.raises(ValueError, match="action: expected"):
            discrete.step(action)
    discrete.step(np.int32(1))
    for arguments in ({"frame_size": 0}, {"frame_size": (64, 5000)}, {"frame_size": "big"}, {"action_repeat": 0}, {"colour": 3}):
        with pytest.raises(ValueError):
            CLASSES[game](**arguments)


def test_a_finished_episode_is_not_stepped_on():
    env = reverie.TakeCover(fireball_speed=2, fire_chance=1)
    env.reset(seed=1)
    for _ in range(3000):
        if env.step(np.zeros(1, np.float32))[2]:
            break
    with pytest.raises(ValueError, match="expected reset"):
        env.step(np.zeros(1, np.float32))
    env.reset()
    env.step(np.zeros(1, np.float32))


def test_pickle_and_deepcopy_go_on_alike(game):
    env = CLASSES[game](frame_size=24)
    play(env, 333, 2)
    others = [pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    for t in range(400):
        action = env.action_space.sample()
        results = [one.step(action) for one in (env, *others)]
        for result in results[1:]:
            assert np.array_equal(result[0], results[0][0]) and result[1:] == results[0][1:]
        if results[0][2]:
            firsts = [one.reset()[0] for one in (env, *others)]
            assert np.array_equal(firsts[0], firsts[1]) and np.array_equal(firsts[0], firsts[2])
    fresh = pickle.loads(pickle.dumps(CLASSES[game]()))
    fresh.reset(seed=1)
