#include "worldmodel/nn/transformer.h"

#include <cmath>
#include <numbers>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr std::int64_t kInputs = 5, kBatch = 3;
constexpr int kWidth = 8;

TransformerConfig small_config(Attention attention = Attention::latent) {
  TransformerConfig config;
  config.heads = 2;
  config.head_size = 4;
  config.key_value_latent = 3;
  config.position_size = 4;
  config.position_base = 8.0;
  config.feed_forward = 12;
  config.window = 6;
  config.attention = attention;
  return config;
}

Transformer make_transformer(const TransformerConfig& config, std::int64_t inputs = kInputs, int width = kWidth) {
  ParameterMaker make(std::uint64_t{5});
  return Transformer(inputs, width, config, make);
}

// An episode begins at step 0 in row 0, at step 9 in row 1, nowhere in row 2.
Tensor some_starts(std::int64_t time) {
  Tensor first = torch::zeros({time, kBatch});
  first[0][0] = 1.0f;
  first[9][1] = 1.0f;
  return first;
}

// The formulas of the header for one row, one query after the other, from the step where its episode began.
Tensor plain_output(const TransformerImpl& transformer, const Tensor& x, std::int64_t begin, std::int64_t at) {
  const TransformerConfig& c = transformer.config();
  const std::int64_t size = c.head_size;
  const Positions positions(c.position_size, c.position_base);
  const auto place = [](std::int64_t t) { return torch::full({1}, t, torch::kInt64); };
  std::vector<Tensor> u;
  for (std::int64_t t = begin; t <= at; ++t) {
    u.push_back(torch::mm(x.slice(0, t, t + 1), transformer.input));
  }
  for (const TransformerImpl::Layer& layer : transformer.layers) {
    std::vector<Tensor> next;
    for (std::size_t t = 0; t < u.size(); ++t) {
      const Tensor query = torch::mm(rms_norm(u[t], layer.attention_gain), layer.query).view({c.heads, -1});
      Tensor attended;
      for (std::int64_t head = 0; head < c.heads; ++head) {
        const Tensor q = query.slice(0, head, head + 1), q_turned = positions.turn(q.slice(1, size), place(t));
        std::vector<Tensor> scores, values;
        for (std::size_t j = t + 1 > static_cast<std::size_t>(c.window) ? t + 1 - c.window : 0; j <= t; ++j) {
          const Tensor entry = torch::mm(rms_norm(u[j], layer.attention_gain), layer.key_value);
          const Tensor turned = positions.turn(entry.slice(1, entry.size(1) - c.position_size), place(j));
          Tensor key, value;
          if (c.attention == Attention::latent) {
            const Tensor latent = rms_norm(entry.slice(1, 0, c.key_value_latent), layer.latent_gain);
            key = torch::mm(latent, layer.key_up);
            value = torch::mm(latent, layer.value_up);
          } else {
            key = entry.slice(1, 0, c.heads * size);
            value = entry.slice(1, c.heads * size, 2 * c.heads * size);
          }
          const auto of_head = [&](const Tensor& all) { return all.slice(1, head * size, (head + 1) * size); };
          scores.push_back(((q.slice(1, 0, size) * of_head(key)).sum() + (q_turned * turned).sum()) /
                           std::sqrt(static_cast<double>(size + c.position_size)));
          values.push_back(of_head(value));
        }
        const Tensor of_head = torch::mm(torch::softmax(torch::stack(scores), 0).unsqueeze(0), torch::cat(values));
        attended = attended.defined() ? torch::cat({attended, of_head}, 1) : of_head;
      }
      const Tensor after = u[t] + torch::mm(attended, layer.output);
      const Tensor units = torch::mm(rms_norm(after, layer.units_gain), layer.units) + layer.units_bias;
      next.push_back(after + torch::mm(units.clamp_min(0.0), layer.units_out) + layer.units_out_bias);
    }
    u = next;
  }
  return rms_norm(u.back(), transformer.gain);
}

}  // namespace

TEST_CASE("root mean square and turns by position are the ones worked out by hand", "[worldmodel]") {
  const Tensor normed = rms_norm(torch::tensor({{3.0f, 4.0f}}), torch::ones({2}));
  CHECK(max_difference(normed, torch::tensor({{0.848528f, 1.131371f}})) < 1e-5);
  // One turn of a pair in 2 pi steps, rounded to a whole number of turns in 4,096.
  const Positions positions(4, 64.0);
  const Tensor turned = positions.turn(torch::tensor({{1.0f, 0.0f, 1.0f, 0.0f}}), torch::ones({1}, torch::kInt64));
  CHECK(turned[0][0].item<double>() == Approx(0.540302).margin(2e-4));
  CHECK(turned[0][1].item<double>() == Approx(0.841471).margin(2e-4));
  CHECK(std::atan2(turned[0][3].item<double>(), turned[0][2].item<double>()) == Approx(1.0 / 8.0).margin(1e-3));
  // What two turned pairs make of each other depends on how far apart they are, also past the period.
  const Tensor a = normal_tensor({1, 4}, 1), b = normal_tensor({1, 4}, 2);
  const auto at = [](std::int64_t t) { return torch::full({1}, t, torch::kInt64); };
  const auto product = [&](std::int64_t s, std::int64_t t) {
    return (positions.turn(a, at(s)) * positions.turn(b, at(t))).sum().item<double>();
  };
  CHECK(product(101, 105) == Approx(product(1, 5)).margin(1e-4));
  CHECK(product(Positions::kPeriod - 2, Positions::kPeriod + 2) == Approx(product(1, 5)).margin(1e-4));
}

TEST_CASE("a latent's memory is a fraction of full attention's", "[worldmodel]") {
  TransformerConfig config;                               // the defaults at width 128
  CHECK(config.entry_size() * config.layers * 4 == 384);  // bytes a step
  config.attention = Attention::full;
  CHECK(config.entry_size() * config.layers * 4 == 2176);
}

TEST_CASE("the unrolled transformer is the plain formulas, with memory carried and episodes apart", "[worldmodel]") {
  const Transformer transformer = make_transformer(small_config(GENERATE(Attention::latent, Attention::full)));
  constexpr std::int64_t kTime = 16;
  const Tensor x = normal_tensor({kTime, kBatch, kInputs}, 3), first = some_starts(kTime);
  torch::NoGradGuard no_grad;
  std::vector<Tensor> outputs, memory = transformer->blank_memory(kBatch);
  for (std::int64_t begin = 0; begin < kTime; begin += 4) {
    const TransformerImpl::Unrolled unrolled =
        transformer->unroll(x.slice(0, begin, begin + 4), first.slice(0, begin, begin + 4), memory, torch::kFloat32);
    outputs.push_back(unrolled.output);
    memory = unrolled.memory;
  }
  const Tensor output = torch::cat(outputs);
  const Tensor at_once = transformer->unroll(x, first, transformer->blank_memory(kBatch), torch::kFloat32).output;
  CHECK(max_difference(output, at_once) < 1e-5);
  for (std::int64_t row = 0; row < kBatch; ++row) {
    for (std::int64_t t = 0; t < kTime; ++t) {
      CAPTURE(row, t);
      const std::int64_t begin = row == 1 && t >= 9 ? 9 : 0;
      const Tensor expected = plain_output(*transformer, x.select(1, row), begin, t);
      CHECK(max_difference(output[t][row], expected[0]) < 1e-5);
    }
  }
}

TEST_CASE("one step at a time, from a ring, the transformer is the one that was trained", "[worldmodel]") {
  const Transformer transformer = make_transformer(small_config(GENERATE(Attention::latent, Attention::full)));
  const bool with_gradient = GENERATE(false, true);
  constexpr std::int64_t kTime = 30;  // five windows
  const Tensor x = normal_tensor({kTime, kBatch, kInputs}, 3);
  torch::NoGradGuard no_grad;
  const Tensor unrolled =
      transformer->unroll(x, torch::zeros({kTime, kBatch}), transformer->blank_memory(kBatch), torch::kFloat32).output;
  const TransformerStep step(*transformer, torch::kFloat32);
  std::vector<Tensor> ring = step.blank_ring(kBatch);
  for (std::int64_t t = 0; t < kTime; ++t) {
    const TransformerStep::Stepped stepped = step(x[t], ring, with_gradient);
    CAPTURE(t);
    CHECK(max_difference(stepped.output, unrolled[t]) < 2e-5);
    CHECK(max_difference(stepped.weights.sum(3), torch::ones({kBatch, 2, 2})) < 1e-5);
    ring = stepped.ring;
  }
  CHECK(ring.back().min().item<std::int64_t>() == kTime);
}

TEST_CASE("what was before an episode changes nothing in it, to the bit", "[worldmodel]") {
  const Transformer transformer = make_transformer(small_config());
  constexpr std::int64_t kTime = 16;
  const Tensor x = normal_tensor({kTime, kBatch, kInputs}, 3);
  Tensor other = x.clone();
  other.slice(0, 0, 9).select(1, 1).add_(1.0f);
  torch::NoGradGuard no_grad;
  const auto output = [&](const Tensor& inputs) {
    return transformer->unroll(inputs, some_starts(kTime), transformer->blank_memory(kBatch), torch::kFloat32).output;
  };
  const Tensor a = output(x), b = output(other);
  CHECK(torch::equal(a.slice(0, 9).select(1, 1), b.slice(0, 9).select(1, 1)));
  CHECK_FALSE(torch::equal(a.slice(0, 0, 9).select(1, 1), b.slice(0, 0, 9).select(1, 1)));
}

TEST_CASE("the transformer's gradient is the slope along random directions", "[worldmodel]") {
  const Transformer transformer = make_transformer(small_config(GENERATE(Attention::latent, Attention::full)));
  constexpr std::int64_t kTime = 12;
  constexpr float kStep = 1e-4f;  // a longer one meets corners of the units
  const Tensor x = normal_tensor({kTime, kBatch, kInputs}, 3), towards = normal_tensor({kTime, kBatch, kWidth}, 4);
  const auto loss = [&] {
    return (transformer->unroll(x, some_starts(kTime), transformer->blank_memory(kBatch), torch::kFloat32).output *
            towards)
        .sum(torch::kFloat64);
  };
  loss().backward();
  torch::NoGradGuard no_grad;
  std::uint64_t seed = 100;
  for (const auto& parameter : transformer->named_parameters()) {
    Tensor weight = parameter.value();
    const Tensor direction = normal_tensor(weight.sizes(), ++seed);
    weight.add_(direction, kStep);
    const double above = loss().item<double>();
    weight.sub_(direction, 2.0f * kStep);
    const double below = loss().item<double>();
    weight.add_(direction, kStep);
    CAPTURE(parameter.key());
    CHECK((weight.grad() * direction).sum().item<double>() ==
          Approx((above - below) / (2.0 * kStep)).epsilon(0.03).margin(0.05));
  }
}

TEST_CASE("the transformer's config refuses what it cannot be", "[worldmodel]") {
  TransformerConfig config;
  check_config(config);
  config.position_size = 3;
  CHECK(message_of<Error>([&] { check_config(config); }) == "position_size: expected an even number, found 3");
}
