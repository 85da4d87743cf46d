"""Kept states give the same future; factors of variation do what they say."""

import dataclasses

import numpy as np
import pytest
from conftest import CLASSES, GAMES, random_actions

import reverie


def future(env, actions):
    results = [env.step(action) for action in actions]
    return [(frame.tobytes(), *rest) for frame, *rest in results]


def test_a_state_can_be_taken_up_again(game):
    env = CLASSES[game](frame_size=24)
    with pytest.raises(ValueError, match="expected reset"):
        env.clone_state()
    env.reset(seed=4)
    # Slow driving and short stretches, so that no episode ends here.
    actions = random_actions(env.action_space, 90, 1)
    future(env, actions[:30])
    state, picture = env.clone_state(), env.step(actions[30])[0]
    first, next_one = future(env, actions[31:]), env.reset()[0]
    for other in (env, CLASSES[game](frame_size=24)):
        other.restore_state(state)
        assert other.clone_state() == state
        assert np.array_equal(other.step(actions[30])[0], picture)
        assert future(other, actions[31:]) == first
        assert np.array_equal(other.reset()[0], next_one)


def test_states_move_between_single_and_vector(game):
    single = CLASSES[game](frame_size=16)
    single.reset(seed=2)
    actions = random_actions(single.action_space, 40, 3)
    future(single, actions[:20])
    envs = reverie.VectorEnv(game, 4, 2, frame_size=16)
    frames = envs.restore_state([single.clone_state()] * 4)
    assert all(np.array_equal(frame, frames[0]) for frame in frames)
    for action in actions[20:]:
        frame, reward, *_ = single.step(action)
        frames, rewards, *_ = envs.step(np.repeat(action[None], 4, 0))
        assert all(np.array_equal(one, frame) for one in frames) and (rewards == reward).all()
    assert envs.clone_state([2]) == [single.clone_state()]
    envs.restore_state([single.clone_state()], rows=[1])


def test_foreign_and_broken_states_are_refused():
    cars, cover = reverie.CarRacing(), reverie.TakeCover()
    cars.reset(seed=1), cover.reset(seed=1)
    with pytest.raises(ValueError, match="expected one of car_racing .*, found one of take_cover"):
        cars.restore_state(cover.clone_state())
    with pytest.raises(TypeError, match="EnvState"):
        cars.restore_state(b"state")
    cars.step(np.zeros(3, np.float32))
    state = cars.clone_state()
    for wrong in ({"actions": b"123"}, {"actions": b"1234"}, {"actions": np.full(3, np.nan, np.float32).tobytes()}, {"config": {"x": 1}}):
        with pytest.raises(ValueError):
            cars.restore_state(dataclasses.replace(state, **wrong))
    cars.restore_state(state)
    cars.step(np.zeros(3, np.float32))


def test_the_factors_and_their_names():
    assert list(reverie.factors("car_racing")) == [
        "friction", "engine_power", "steering_response", "road_width", "zoom", "road_color", "grass_color", "car_color"
    ]  # fmt: skip
    assert list(reverie.factors("take_cover")) == ["fire_chance", "fireball_speed", "player_speed", "damage"]
    for game in GAMES:
        for (low, high), what in reverie.factors(game).values():
            assert low <= high and what


def drive(actions, **config):
    env = reverie.CarRacing(frame_size=64, **config)
    frame = env.reset(seed=1)[0]
    for action in actions:
        frame, *_ = env.step(np.array(action, np.float32))
    return env.truth(), frame


def test_the_car_feels_the_factors():
    ahead, bend = [[0, 1, 0]] * 60, [[0, 0.4, 0]] * 60 + [[1, 0, 0]] * 10
    slow, usual, fast = (drive([[0, 0.2, 0]] * 25, engine_power=power)[0]["speed"] for power in (0.5, 1, 1.5))
    assert slow < 0.9 * usual and usual < 0.95 * fast
    assert drive([[0, 1, 0]] * 15, friction=0.4)[0]["speed"] < drive([[0, 1, 0]] * 15)[0]["speed"]
    slow, fast = (abs(drive([*ahead, [1, 0, 0], [1, 0, 0]], steering_response=s)[0]["wheel_angle"]) for s in (0.5, 1.5))
    assert slow < 0.5 * fast
    assert drive(bend, friction=0.5)[0]["heading_rate"] != drive(bend)[0]["heading_rate"]


def test_the_picture_shows_the_factors():
    still = [[0, 0, 0]] * 60

    def share(frame, color):  # of the pixels within a few levels of the colour
        return (np.abs(frame.astype(int) - color).max(-1) <= 8).mean()

    usual = drive(still)[1]
    road = (102, 102, 102)
    assert share(drive(still, road_width=0.5)[1], road) < 0.8 * share(usual, road) < share(drive(still, road_width=1.4)[1], road)
    assert share(drive(still, zoom=1.5)[1], road) > 1.2 * share(usual, road)
    assert share(drive(still, road_color=(200, 20, 20))[1], (200, 20, 20)) > 0.1
    grass = drive(still, grass_color=(20, 20, 200))[1]
    assert share(grass, (20, 20, 200)) + share(grass, (20, 46, 200)) > 0.3
    assert share(drive(still, car_color=(0, 0, 255))[1], (0, 0, 255)) > 0 == share(usual, (0, 0, 255))


def test_take_cover_feels_the_factors():
    def moved(**config):
        env = reverie.TakeCover(frame_size=16, **config)
        env.reset(seed=1)
        for _ in range(20):
            env.step(np.ones(1, np.float32))
        return 12 - env.truth()["player_y"]

    assert moved(player_speed=2) == pytest.approx(2 * moved(), rel=0.01)

    def lived(seed, **config):
        env = reverie.TakeCover(frame_size=16, **config)
        env.reset(seed=seed)
        for t in range(2100):
            if env.step(np.zeros(1, np.float32))[2]:
                break
        return t

    def mean(**config):
        return np.mean([lived(seed, **config) for seed in range(12)])

    assert mean(fire_chance=1) < mean() < mean(fire_chance=0.05)
    assert mean(damage="doom") > mean()


def test_variation_of_one_episode_and_of_all():
    env = reverie.CarRacing(frame_size=16)
    env.reset(seed=1, options={"variation": {"friction": 0.6, "road_width": {"low": 0.7, "high": 0.9}}})
    once = env.variation()
    assert once["friction"] == 0.6 and 0.7 <= once["road_width"] <= 0.9 and once["zoom"] == 1
    state = env.clone_state()
    env.reset(seed=1)
    assert env.variation()["friction"] == 1
    env.restore_state(state)
    assert env.variation() == once
    always = reverie.CarRacing(frame_size=16, friction=(0.5, 1.0), grass_color=((0, 255), 100, 100))
    drawn = [(always.reset(seed=seed), always.variation())[1] for seed in range(300)]
    friction = np.array([one["friction"] for one in drawn])
    assert 0.5 <= friction.min() < 0.53 and 0.97 < friction.max() <= 1.0 and abs(friction.mean() - 0.75) < 0.03
    assert len({one["grass_color"][0] for one in drawn}) == 300 and drawn[0]["grass_color"][1:] == [100, 100]
    assert always.reset(seed=5)[0].tobytes() == always.reset(seed=5)[0].tobytes()
    # A second factor that varies changes neither the first one's draws nor the track.
    both = reverie.CarRacing(frame_size=16, friction=(0.5, 1.0), engine_power=(0.5, 1.0))
    info = both.reset(seed=5)[1]
    assert both.variation()["friction"] == drawn[5]["friction"] and info == reverie.CarRacing().reset(seed=5)[1]


def test_rows_of_a_vector_environment_vary_each_on_its_own():
    envs = reverie.VectorEnv("take_cover", 6, 2, frame_size=16, fireball_speed=(0.2, 0.4), max_episode_steps=5)
    envs.reset(seed=1)
    first = [one["fireball_speed"] for one in envs.variation()]
    assert len(set(first)) == 6
    for _ in range(6):
        envs.step(envs.action_space.sample())
    assert len({one["fireball_speed"] for one in envs.variation()} | set(first)) == 12
    single = reverie.TakeCover(frame_size=16, fireball_speed=(0.2, 0.4))
    single.reset(seed=3)
    assert single.variation()["fireball_speed"] == first[2]
    envs.reset(seed=1, options={"variation": {"fireball_speed": 0.3}, "reset_mask": np.arange(6) == 4})
    assert [one["fireball_speed"] == 0.3 for one in envs.variation()] == [row == 4 for row in range(6)]


@pytest.mark.parametrize(
    "variation, sentence",
    [
        ({"friction": 0}, "friction: expected a number from"),
        ({"friction": (1.0, 0.5)}, "friction: expected"),
        ({"friction": float("nan")}, "friction: expected"),
        ({"friction": "ice"}, "friction: expected .* found 'ice'"),
        ({"friction": {"low": 1}}, "friction: expected"),
        ({"road_color": (1, 2)}, "road_color: expected 3 values"),
        ({"road_color": (1, 2, 300)}, r"road_color\[2\]: expected"),
        ({"ice": 1}, "unknown factor of variation 'ice' \\(known: friction"),
        ({"domain_randomize": True}, "unknown factor"),
        (3, "expected a dict"),
    ],
)
def test_bad_variations_are_refused(variation, sentence):
    env = reverie.CarRacing(frame_size=16)
    env.reset(seed=1)
    with pytest.raises(ValueError, match=sentence):
        env.reset(seed=2, options={"variation": variation})
    env.step(np.zeros(3, np.float32))
