#include "worldmodel/vae_mdn_rnn/flow_head.h"

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/nn/adam.h"

using namespace reverie;
using torch::Tensor;

namespace {

FlowHead make_head(const FlowConfig& config, int latent = 2, std::int64_t inputs = 3) {
  ParameterMaker make(std::uint64_t{5});
  return FlowHead(latent, inputs, config, make);
}

}  // namespace

TEST_CASE("few plain steps of a perfect flow draw too narrowly, as the formula says", "[worldmodel]") {
  // Data and noise of deviation 1: the best velocity at x_t is x (2 t - 1) / ((1 - t)^2 + t^2). The flow is linear, so
  // where it takes 1 to is the deviation of its draws.
  const auto deviation = [](int steps) {
    return follow_flow(torch::ones({1}), steps,
                       [steps](const Tensor& x, int step) {
                         const double t = static_cast<double>(step) / steps;
                         return x * ((2.0 * t - 1.0) / ((1.0 - t) * (1.0 - t) + t * t));
                       })
        .item<double>();
  };
  CHECK(deviation(1) == Approx(0.0).margin(1e-6));
  CHECK(deviation(2) == Approx(0.5).margin(1e-6));
  CHECK(deviation(4) == Approx(0.72).margin(1e-3));
  CHECK(deviation(8) == Approx(0.8508).margin(1e-3));
  CHECK(deviation(32) == Approx(0.961).margin(1e-3));
}

TEST_CASE("shortcut steps give draws their width, plain ones do not", "[worldmodel]") {
  // y = (s, -s) with noise of deviation 0.2, where s is what M's state says.
  constexpr double kDeviation = 0.2;
  constexpr std::int64_t kRows = 256;
  const auto learn = [](double share) {
    FlowConfig config;
    config.width = 48;
    config.shortcut_share = share;
    const FlowHead head = make_head(config, 2, 1);
    Adam adam(*head);
    constexpr std::uint64_t kUpdates = 1500;
    for (std::uint64_t update = 0; update < kUpdates; ++update) {
      const Tensor state = normal_tensor({kRows, 1}, 3 * update);
      const Tensor change = torch::cat({state, -state}, 1) + kDeviation * normal_tensor({kRows, 2}, 3 * update + 1);
      head->loss(state, change, head->draw_noise(kRows, 3 * update + 2), torch::kFloat32).backward();
      adam.step(cosine_schedule(4e-3, 2e-4, static_cast<double>(update) / kUpdates));
    }
    torch::NoGradGuard no_grad;
    const Tensor state = torch::full({2000, 1}, 0.7f);
    const Tensor draws = head->draw(state, normal_tensor({2000, 2}, 90001), 1.0f);
    CHECK(draws.mean(0)[0].item<double>() == Approx(0.7).margin(0.1));
    CHECK(draws.mean(0)[1].item<double>() == Approx(-0.7).margin(0.1));
    return draws.std(0).mean().item<double>() / kDeviation;
  };
  const double with_shortcuts = learn(0.75), plain = learn(0.0);
  CAPTURE(with_shortcuts, plain);
  CHECK(with_shortcuts == Approx(1.0).margin(0.2));
  CHECK(plain < 0.75);
}

TEST_CASE("frozen draws of a flow are those with gradient, and their noise is scaled by temperature", "[worldmodel]") {
  FlowConfig config;
  config.width = 16;
  config.layers = GENERATE(1, 3);
  const FlowHead head = make_head(config);
  {
    torch::NoGradGuard no_grad;
    head->deviation.copy_(torch::tensor({2.0f, 0.5f}));
    head->spread.fill_(1.2f);
  }
  const Tensor states = normal_tensor({9, 3}, 1).requires_grad_(true), normals = normal_tensor({9, 2}, 2);
  const Tensor plain = head->draw(states, normals, 0.6f);
  const FlowSampler frozen(*head, torch::kFloat32);
  CHECK(max_difference(frozen.draw(states.detach(), normals, 0.6f), plain.detach()) < 1e-5);
  CHECK(max_difference(frozen.draw(states.detach(), normals * std::sqrt(0.6f), 1.0f), plain.detach()) < 1e-5);
  plain.sum().backward();
  CHECK(states.grad().abs().max().item<float>() > 1e-4f);
}

TEST_CASE("equal seeds draw equal noise for a flow's training, and a draw takes a power of two of steps",
          "[worldmodel]") {
  const FlowHead head = make_head({});
  const Noise a = head->draw_noise(7, 3), b = head->draw_noise(7, 3), c = head->draw_noise(7, 4);
  CHECK(torch::equal(a.normals, b.normals));
  CHECK_FALSE(torch::equal(a.normals, c.normals));
  CHECK(a.uniforms.sizes() == torch::IntArrayRef({7 * 4, 2}));
  FlowConfig config;
  config.steps = 3;
  CHECK(message_of<Error>([&] { check_config(config); }) == "steps: expected a power of 2, found 3");
}
