#include "worldmodel/words/word_space.h"

#include <cmath>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/words/word_reward.h"

using namespace reverie;
using torch::Tensor;

namespace {

double diagonal_loss(const Tensor& logits) {
  return contrastive_loss(logits, torch::eye(logits.size(0))).item<double>();
}

}  // namespace

TEST_CASE("the contrastive loss is the one worked out by hand", "[words]") {
  const Tensor logits = torch::tensor({{1.0f, 0.0f}, {0.5f, 1.0f}});
  CHECK(diagonal_loss(logits) == Approx(0.393669).margin(1e-5));
  CHECK(diagonal_loss(2.0f * logits) == Approx(0.220095).margin(1e-5));
  CHECK(diagonal_loss(torch::zeros({256, 256})) == Approx(std::log(256.0)).epsilon(1e-5));
  const Tensor pairs = torch::eye(256);
  CHECK(diagonal_loss(pairs / 0.07) == Approx(1.5933e-4).epsilon(2e-2));
  CHECK(diagonal_loss(pairs) == Approx(4.551867).epsilon(1e-5));
  // Eight copies of each of four captions: with the diagonal alone no space is better than ln 8; with all that are true
  // as positives the same space has the same loss, and it is the least.
  const Tensor caption = torch::arange(32).remainder(4);
  const Tensor same = (caption.unsqueeze(0) == caption.unsqueeze(1)).to(torch::kFloat32);
  CHECK(diagonal_loss(100.0f * same) == Approx(std::log(8.0)).epsilon(1e-4));
  CHECK(contrastive_loss(100.0f * same, same).item<double>() == Approx(std::log(8.0)).epsilon(1e-4));
  CHECK(contrastive_loss(100.0f * torch::eye(32), same).item<double>() > 50.0);
}

TEST_CASE("average precision with hits at ranks 1, 3 and 5", "[words]") {
  const std::vector<std::uint8_t> hits = {1, 0, 1, 0, 1}, none = {0, 0};
  CHECK(average_precision(hits) == Approx(0.755556).margin(1e-6));
  CHECK(average_precision(none) == 0.0);
}

TEST_CASE("groups of letters are those of the words, whatever their case", "[words]") {
  CHECK(letter_groups("fast").size() == 4 + 3 + 2);  // of "<fast>": 3, 4 and 5 letters
  CHECK(letter_groups("Fast!") == letter_groups("fast"));
  const std::vector<std::int64_t> turn = letter_groups("left turn"), turning = letter_groups("turning left");
  std::size_t shared = 0;
  for (const std::int64_t group : turn) {
    shared += std::count(turning.begin(), turning.end(), group) > 0 ? 1u : 0u;
  }
  CHECK(2 * shared > turn.size());
  CHECK_THAT(message_of<Error>([] { letter_groups(" ,"); }), ContainsSubstring("expected a sentence of words"));
}

TEST_CASE("a word space learns which sentences belong to which moments", "[words]") {
  const std::vector<std::string> names = {"standing still", "driving fast", "on the grass"};
  const WordSpace space(5, 3);
  const Tensor places = normal_tensor({3, 5}, 1);
  Adam adam(*space);
  for (std::uint64_t update = 0; update < 150; ++update) {
    std::vector<std::string> texts;
    std::vector<std::int64_t> kinds;
    Rng rng(update);
    for (int i = 0; i < 24; ++i) {
      kinds.push_back(static_cast<std::int64_t>(rng.below(3)));
      texts.push_back(names[static_cast<std::size_t>(kinds.back())]);
    }
    const Tensor kind = torch::tensor(kinds, torch::kInt64);
    const Tensor moments = places.index_select(0, kind) + 0.2f * normal_tensor({24, 5}, 1000 + update);
    const Tensor same = (kind.unsqueeze(0) == kind.unsqueeze(1)).to(torch::kFloat32);
    contrastive_loss(space->scale() * torch::mm(space->moments(moments), space->sentences(texts).t()), same).backward();
    adam.step(3e-3);
  }
  torch::NoGradGuard no_grad;
  const Tensor products = torch::mm(space->moments(places), space->sentences(names).t());
  CHECK(torch::equal(products.argmax(1), torch::arange(3)));
  CHECK(max_difference(space->moments(places).square().sum(1), torch::ones({3})) < 1e-5);
  const std::vector<std::string> unheard = {"still standing there", "it drives fast"};
  CHECK(torch::equal(torch::mm(space->sentences(unheard), space->moments(places).t()).argmax(1),
                     torch::tensor({0, 1}, torch::kInt64)));
}

TEST_CASE("a dream that pays by words pays where the goal is met, and is the model's own else", "[words]") {
  torch::NoGradGuard no_grad;
  const auto make_model = [] { return std::make_unique<VaeMdnRnn>(tiny_model(2)); };
  const std::unique_ptr<VaeMdnRnn> own = make_model();
  const WordSpace space(own->spec().feature_size, 3);
  const std::string sentence = "on the grass";
  const WordGoal goal{space->sentences({&sentence, 1})[0], 0.05};
  const WordReward model(make_model(), space, goal);
  const ModelState state{{normal_tensor({40, kTinyLatent}, 1), normal_tensor({40, kTinyHidden}, 2).tanh(),
                          normal_tensor({40, kTinyHidden}, 3)}};
  const Tensor action = normal_tensor({40, 2}, 4);
  const Noise noise{normal_tensor({40, kTinyLatent}, 5), uniform_tensor({40, kTinyLatent}, 6)};
  const Imagined a = own->imagine(state, action, 1.0f, noise), b = model.imagine(state, action, 1.0f, noise);
  for (std::size_t part = 0; part < 3; ++part) {
    CHECK(torch::equal(a.state.parts[part], b.state.parts[part]));
  }
  const Tensor products = torch::mv(space->moments(own->features(b.state)), goal.direction);
  CHECK(torch::equal(b.reward, (products > 0.05).to(torch::kFloat32)));
  CHECK(b.reward.sum().item<float>() > 0.0f);
  CHECK(b.reward.sum().item<float>() < 40.0f);
  CHECK(static_cast<const WorldModel&>(model).latent() != nullptr);
}
