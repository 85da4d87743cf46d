#include "worldmodel/rssm/distributions.h"

#include <cmath>

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

namespace {

// The raw number whose deviation, softplus and no floor, is `deviation`.
float raw(double deviation) {
  return static_cast<float>(std::log(std::expm1(deviation)));
}

RssmConfig gaussians(int size) {
  RssmConfig config;
  config.stochastic_size = size;
  config.deviation_min = 0.0;
  return config;
}

RssmConfig classes(int count, double unimix, int size = 1) {
  RssmConfig config;
  config.stochastic = Stochastic::categorical;
  config.stochastic_size = size;
  config.classes = count;
  config.unimix = unimix;
  return config;
}

Tensor row(const std::vector<float>& values) {
  return torch::tensor(values).unsqueeze(0);
}

double divergence(const RssmConfig& config, const std::vector<float>& q, const std::vector<float>& p) {
  return RandomPart(config).divergence(row(q), row(p)).item<double>();
}

}  // namespace

TEST_CASE("deviations at a raw number of 0 are PlaNet's and DreamerV2's", "[worldmodel]") {
  RssmConfig config;
  config.stochastic_size = 1;
  CHECK(RandomPart(config).deviation(torch::zeros({1, 2})).item<double>() == Approx(0.793147));
  config.deviation = DeviationKind::sigmoid;
  CHECK(RandomPart(config).deviation(torch::zeros({1, 2})).item<double>() == Approx(1.1));
}

TEST_CASE("divergences of Gaussians, and their gradients, are those worked out by hand", "[worldmodel]") {
  const RssmConfig one = gaussians(1);
  CHECK(divergence(one, {1.0f, raw(0.5)}, {0.0f, raw(1.0)}) == Approx(0.818147).epsilon(1e-4));
  CHECK(divergence(one, {0.0f, raw(1.0)}, {1.0f, raw(0.5)}) == Approx(2.806853).epsilon(1e-4));
  CHECK(divergence(one, {0.2f, raw(0.3)}, {-0.1f, raw(0.6)}) == Approx(0.443147).epsilon(1e-4));
  CHECK(divergence(gaussians(2), {1.0f, 0.2f, raw(0.5), raw(0.3)}, {0.0f, -0.1f, raw(1.0), raw(0.6)}) ==
        Approx(1.261294).epsilon(1e-4));

  Tensor q = row({1.0f, raw(0.5)}).requires_grad_(), p = row({0.0f, raw(1.0)}).requires_grad_();
  RandomPart(one).divergence(q, p).sum().backward();
  const auto through_softplus = [](const Tensor& raw_number) { return torch::sigmoid(raw_number).item<double>(); };
  CHECK(q.grad()[0][0].item<double>() == Approx(1.0).epsilon(1e-4));
  CHECK(q.grad()[0][1].item<double>() / through_softplus(q[0][1]) == Approx(-1.5).epsilon(1e-3));
  CHECK(p.grad()[0][0].item<double>() == Approx(-1.0).epsilon(1e-4));
  CHECK(p.grad()[0][1].item<double>() / through_softplus(p[0][1]) == Approx(-0.25).epsilon(1e-3));
}

TEST_CASE("divergences of classes are those worked out by hand, with and without mixing", "[worldmodel]") {
  const float ln3 = std::log(3.0f);
  CHECK(divergence(classes(2, 0.0), {ln3, 0}, {0, 0}) == Approx(0.130812).epsilon(1e-4));
  CHECK(divergence(classes(2, 0.01), {ln3, 0}, {0, 0}) == Approx(0.128082).epsilon(1e-4));
  CHECK(divergence(classes(2, 0.0), {0, 0}, {ln3, 0}) == Approx(0.143841).epsilon(1e-4));
  CHECK(divergence(classes(2, 0.01), {0, 0}, {ln3, 0}) == Approx(0.140535).epsilon(1e-4));
  CHECK(divergence(classes(4, 0.0), {2, 0, -1, 0.5f}, {0, 0, 0, 0}) == Approx(0.508013).epsilon(1e-4));
  CHECK(divergence(classes(4, 0.01), {2, 0, -1, 0.5f}, {0, 0, 0, 0}) == Approx(0.497216).epsilon(1e-4));
  CHECK(divergence(classes(4, 0.0), {2, 0, -1, 0.5f}, {0.5f, 0.5f, 1, -2}) == Approx(0.816778).epsilon(1e-4));
  CHECK(divergence(classes(4, 0.01), {2, 0, -1, 0.5f}, {0.5f, 0.5f, 1, -2}) == Approx(0.792188).epsilon(1e-4));
  CHECK(divergence(classes(2, 0.01), {50, 0}, {0, 50}) == Approx(5.240372).epsilon(1e-4));
  for (const auto& [count, most] : {std::pair(32, 7.980560), std::pair(16, 7.294656)}) {
    std::vector<float> q(static_cast<std::size_t>(count), 0.0f), p = q;
    q[0] = 200.0f;
    p[1] = 200.0f;
    CHECK(divergence(classes(count, 0.01), q, p) == Approx(most).epsilon(1e-4));
  }
  CHECK(RandomPart(classes(32, 0.01, 32)).entropy(torch::zeros({1, 1024})).item<double>() == Approx(110.903549));
  CHECK(RandomPart(classes(16, 0.01, 16)).entropy(torch::zeros({1, 256})).item<double>() == Approx(44.361420));
}

TEST_CASE("the balanced divergence is that of DreamerV2 and V3, and free below its free nats", "[worldmodel]") {
  // Means `apart` apart at a deviation of 1: apart^2 / 2 nats.
  const RandomPart part(gaussians(1));
  const auto loss = [&](double nats, double prior_weight, double posterior_weight) {
    Tensor q = row({static_cast<float>(std::sqrt(2.0 * nats)), raw(1.0)}).requires_grad_();
    Tensor p = row({0.0f, raw(1.0)}).requires_grad_();
    const Tensor total = balanced_divergence(part, q, p, prior_weight, posterior_weight, 1.0);
    total.backward();
    const auto slope = [](const Tensor& of) { return std::abs(of.grad()[0][0].item<double>()); };
    return std::array<double, 3>{total.item<double>(), slope(p), slope(q)};
  };
  CHECK(loss(2.0, 0.8, 0.2)[0] == Approx(2.0).epsilon(1e-4));
  CHECK(loss(2.0, 0.8, 0.2)[1] / (loss(2.0, 0.8, 0.2)[1] + loss(2.0, 0.8, 0.2)[2]) == Approx(0.8).epsilon(1e-4));
  CHECK(loss(2.0, 0.5, 0.1)[0] == Approx(1.2).epsilon(1e-4));
  CHECK(loss(2.0, 1.0, 0.1)[0] == Approx(2.2).epsilon(1e-4));
  CHECK(loss(0.4, 0.5, 0.1)[0] == Approx(0.6).epsilon(1e-4));
  CHECK(loss(0.4, 1.0, 0.1)[0] == Approx(1.1).epsilon(1e-4));
  CHECK(loss(0.4, 1.0, 0.1)[1] == 0.0);
  CHECK(loss(0.4, 1.0, 0.1)[2] == 0.0);
}

TEST_CASE("a drawn class passes on the gradient of its probability, whatever was drawn", "[worldmodel]") {
  for (const double unimix : {0.0, 0.01}) {
    for (const float uniform : {0.1f, 0.8f, 0.99f}) {
      Tensor scores = row({1, 0, -1}).requires_grad_();
      const Tensor drawn = RandomPart(classes(3, unimix)).draw(scores, torch::full({1, 1}, uniform));
      CHECK(drawn.sum().item<double>() == Approx(1.0));
      CHECK(drawn.max().item<double>() == Approx(1.0));
      (drawn * row({1, 2, -1})).sum().backward();
      const Tensor expected = row({-0.043019f, 0.228903f, -0.185883f}) * (1.0 - unimix);
      CHECK(max_difference(scores.grad(), expected) < 1e-5);
    }
  }
}

TEST_CASE("draws follow their distribution, hotter ones more widely", "[worldmodel]") {
  const RandomPart part(classes(3, 0.0));
  const std::int64_t count = 20000;
  const Tensor scores = row({1, 0, -1}).expand({count, 3}).contiguous();
  const Tensor share = part.draw(scores, uniform_tensor({count, 1}, 3)).mean(0);
  CHECK(max_difference(share, torch::softmax(row({1, 0, -1}), 1)[0]) < 0.01);
  CHECK(part.draw(scores, torch::full({count, 1}, 0.9999999f)).sum().item<double>() ==
        Approx(static_cast<double>(count)));
  const RandomPart gaussian(gaussians(1));
  const Tensor normal = row({2.0f, raw(0.5)}).expand({count, 2}).contiguous();
  const Tensor warm = gaussian.draw(normal, normal_tensor({count, 1}, 4), 4.0);
  CHECK(warm.mean().item<double>() == Approx(2.0).margin(0.03));
  CHECK(warm.std().item<double>() == Approx(1.0).margin(0.02));
}
