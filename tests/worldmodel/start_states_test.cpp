#include "worldmodel/start_states.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/vae/latent_store.h"

using namespace reverie;
using torch::Tensor;

namespace {

// `count` moments without a state behind them: the first `num_first` first frames, the next `num_paid` paid.
StartStates moments(int count, int num_first, int num_paid) {
  StartStates starts;
  for (int i = 0; i < count; ++i) {
    starts.first.push_back(i < num_first);
    starts.paid.push_back(i >= num_first && i < num_first + num_paid);
  }
  return starts;
}

}  // namespace

TEST_CASE("recorded starts are what stepping through the episodes by hand gives", "[worldmodel]") {
  const TemporaryFolder folder;
  // Paid at steps 5 and 30: the moments after which it is at most 20 steps ago are 6 to 25 and 31 to 50.
  const EpisodeStore episodes({record(folder.path(), {flickering_episode(0, 60, {5, 30}), flickering_episode(1, 8),
                                                      flickering_episode(2, 40), flickering_episode(3, 3)})},
                              1);
  LatentStore store(episodes, "one");
  WorkerPool pool(1);
  store.encode(tiny_vae(), torch::kFloat32, pool);
  VaeMdnRnnConfig config;
  config.latent_noise = 0.0;
  const VaeMdnRnn model = tiny_model(2, config);

  // By hand: the state at every moment but the last of episodes 0 to 2.
  std::vector<ModelState> by_hand;
  std::vector<std::pair<int, std::int64_t>> place;
  for (const int index : {0, 1, 2}) {
    const EmbeddedEpisode episode = store.read(index);
    ModelState state = model.initial_state(1);
    for (std::int64_t t = 0; t < episode.num_steps(); ++t) {
      const Tensor action = t == 0 ? torch::zeros({1, 2}) : episode.action.slice(0, t - 1, t);
      state = model.observe_latent(state, action, episode.embedding.parts[0].slice(0, t, t + 1),
                                   torch::full({1}, t == 0 ? 1.0f : 0.0f));
      by_hand.push_back(state);
      place.emplace_back(index, t);
    }
  }

  const auto place_of = [&](const ModelState& state) {
    for (std::size_t i = 0; i < by_hand.size(); ++i) {
      bool same = true;
      for (std::size_t part = 0; part < 3; ++part) {
        same = same && max_difference(state.parts[part], by_hand[i].parts[part]) < 1e-5;
      }
      if (same) {
        return place[i];
      }
    }
    return std::pair<int, std::int64_t>(-1, -1);
  };

  std::set<std::int64_t> met;  // moments of episode 0
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const StartStates starts = record_start_states(model, store, {0, 1, 2}, 300, seed);
    REQUIRE(starts.states.parts[1].sizes() == torch::IntArrayRef({starts.size(), kTinyHidden}));
    REQUIRE(starts.paid.size() == starts.first.size());
    CHECK(std::count(starts.first.begin(), starts.first.end(), 1) == 3);
    for (int row = 0; row < starts.size(); ++row) {
      const auto [episode, t] = place_of(gather(starts.states, std::vector<int>{row}));
      CAPTURE(seed, row, episode, t);
      REQUIRE(episode >= 0);
      const bool paid = episode == 0 && ((t >= 6 && t <= 25) || (t >= 31 && t <= 50));
      CHECK(starts.first[static_cast<std::size_t>(row)] == (t == 0));
      CHECK(starts.paid[static_cast<std::size_t>(row)] == paid);
      if (episode == 0) {
        met.insert(t);
      }
    }
  }
  for (const std::int64_t t : {0, 5, 6, 25, 26, 30, 31, 50, 51}) {
    CHECK(met.count(t) == 1);
  }

  // Of the 105 moments that are no first frame, a fifth, each as likely as any other.
  std::array<int, 3> kept{};
  constexpr int kSeeds = 40;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const StartStates starts = record_start_states(model, store, {0, 1, 2}, 3 + 21, seed);
    for (int row = 0; row < starts.size(); ++row) {
      if (starts.first[static_cast<std::size_t>(row)] == 0) {
        ++kept.at(static_cast<std::size_t>(place_of(gather(starts.states, std::vector<int>{row})).first));
      }
    }
  }
  for (std::size_t episode = 0; episode < 3; ++episode) {
    const double moments = kSeeds * std::array{59.0, 7.0, 39.0}[episode];
    CHECK(std::abs(kept[episode] - 0.2 * moments) < 5.0 * std::sqrt(0.16 * moments));
  }

  const StartStates few = record_start_states(model, store, {0, 1, 2}, 2, 4),
                    again = record_start_states(model, store, {0, 1, 2}, 2, 4);
  CHECK(few.first == std::vector<std::uint8_t>{1, 1});
  CHECK(torch::equal(again.states.parts[0], few.states.parts[0]));
}

TEST_CASE("starts are chosen by their shares", "[worldmodel]") {
  constexpr int kDraws = 20000;
  const StartStates starts = moments(100, 10, 20);
  Rng rng(3), same(3);
  double first = 0.0, paid = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    const int row = starts.choose({0.5, 0.2}, rng);
    REQUIRE(row == starts.choose({0.5, 0.2}, same));
    first += starts.first[static_cast<std::size_t>(row)];
    paid += starts.paid[static_cast<std::size_t>(row)];
  }
  const auto close = [](double count, double share) {
    return std::abs(count / kDraws - share) < 5.0 * std::sqrt(share * (1.0 - share) / kDraws);
  };
  CHECK(close(first, 0.5 + 0.2 * 0.1));  // a tenth of "any" are first frames
  CHECK(close(paid, 0.3 + 0.2 * 0.2));

  std::vector<int> times(100, 0);
  for (int i = 0; i < kDraws; ++i) {
    ++times[static_cast<std::size_t>(starts.choose({0.0, 0.0}, rng))];
  }
  for (int row = 0; row < 100; ++row) {
    if (row < 10 || row >= 30) {
      CHECK(times[static_cast<std::size_t>(row)] == 0);
    } else {
      CHECK(times[static_cast<std::size_t>(row)] > 800);  // of 1000 expected, deviation 31
    }
  }
}

TEST_CASE("shares that ask for what was not recorded are refused", "[worldmodel]") {
  const auto refusal = [](const StartStates& starts, const StartConfig& config) {
    return message_of<Error>([&] { starts.check(config); });
  };
  moments(5, 1, 1).check({0.5, 0.2});
  moments(5, 0, 0).check({0.0, 1.0});
  CHECK(refusal(moments(0, 0, 0), {1.0, 0.0}) == "dream.starts: no recorded moment to start from");
  CHECK(refusal(moments(5, 0, 1), {0.5, 0.5}) ==
        "dream.starts: expected recorded moments of the kind 'first frame', which have a share of 0.5, found none "
        "among 5");
  CHECK(refusal(moments(5, 1, 0), {0.5, 0.25}) ==
        "dream.starts: expected recorded moments of the kind 'recently paid', which have a share of 0.25, found none "
        "among 5");
}

TEST_CASE("start states that are not this model's are refused in one line", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(2);
  StartStates starts = moments(3, 1, 1);
  starts.states.parts = {normal_tensor({3, kTinyLatent}, 1), normal_tensor({3, kTinyHidden}, 2),
                         normal_tensor({3, kTinyHidden}, 3)};
  TensorFile whole;
  put_start_states(whole, "train.", starts);
  const auto refusal = [&](const std::string& name, const Tensor& tensor) {
    TensorFile file = whole;
    if (tensor.defined()) {
      file.tensors[name] = tensor;
    } else {
      file.tensors.erase(name);
    }
    return message_of<Error>([&] { take_start_states(file, "run/starts", "train.", model); });
  };
  const StartStates back = take_start_states(whole, "run/starts", "train.", model);
  CHECK(back.size() == 3);
  CHECK(max_difference(back.states.parts[2], starts.states.parts[2]) < 2e-3);

  CHECK(refusal("train.state2", {}) == "run/starts: tensor 'train.state2' is missing");
  CHECK(refusal("train.state3", torch::zeros({3, 2})) ==
        "run/starts: expected states of 3 parts, as the model has, found a tensor 'train.state3' too");
  CHECK(refusal("train.state0", torch::zeros({3, 7})) ==
        "run/starts: tensor 'train.state0': expected Float [3, 4], found Float [3, 7]");
  CHECK(refusal("train.state0", torch::zeros({})) ==
        "run/starts: tensor 'train.state0': expected Float [3, 4], found Float []");
  CHECK(refusal("train.state0", torch::zeros({2, 4})) ==
        "run/starts: tensor 'train.state0': expected Float [3, 4], found Float [2, 4]");
  CHECK(refusal("train.state0", torch::zeros({3, 4}, torch::kInt64)) ==
        "run/starts: tensor 'train.state0': expected Float [3, 4], found Long [3, 4]");
  CHECK(refusal("train.paid", torch::zeros({2}, torch::kUInt8)) ==
        "run/starts: tensor 'train.paid': expected Byte [3], found Byte [2]");
  Tensor infinite = torch::zeros({3, kTinyHidden}, torch::kFloat16);
  infinite[1][4] = INFINITY;
  CHECK(refusal("train.state1", infinite) == "run/starts: train.state1: expected finite values, found inf at [1, 4]");
}
