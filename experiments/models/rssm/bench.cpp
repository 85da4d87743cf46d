// The rows of the RSSM, of the size that its defaults have: PlaNet's on 32 latents.
#include <utility>

#include "env/error.h"
#include "experiments/bench/products.h"
#include "experiments/models/rssm/family.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/rssm/rssm_model.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr std::int64_t kLatent = 32, kAction = 3;

std::vector<Product> dream_products(const RssmConfig& c, std::int64_t n) {
  const std::int64_t h = c.deterministic_size, s = c.stochastic_size, hidden = c.hidden_size;
  return {
      {n, s + kAction, hidden}, {n, hidden + h, 2 * h},        {n, hidden + h, h}, {n, h, hidden}, {n, hidden, 2 * s},
      {n, s + h, c.trunk_size}, {n, c.trunk_size, kLatent + 2}};
}

// Forward, and the gradients by the weights and by the input: the recurrent ones step by step, the others at once.
std::vector<Product> training_products(const RssmConfig& c, std::int64_t time, std::int64_t rows) {
  const std::int64_t h = c.deterministic_size, s = c.stochastic_size, hidden = c.hidden_size;
  const std::vector<Product> recurrent = {{rows, s + kAction, hidden},
                                          {rows, hidden + h, 2 * h},
                                          {rows, hidden + h, h},
                                          {rows, h + kLatent, hidden},
                                          {rows, hidden, 2 * s}};
  const std::int64_t n = time * rows;
  const std::vector<Product> at_once = {
      {n, h, hidden}, {n, hidden, 2 * s}, {n, s + h, c.trunk_size}, {n, c.trunk_size, kLatent + 2}};
  std::vector<Product> products;
  const auto add = [&products](const Product& p) {
    products.push_back(p);
    products.push_back({p.k, p.n, p.m});
    products.push_back({p.n, p.m, p.k});
  };
  for (std::int64_t step = 0; step < time; ++step) {
    for (const Product& product : recurrent) {
      add(product);
    }
  }
  for (const Product& product : at_once) {
    add(product);
  }
  return products;
}

}  // namespace

void bench_rssm(Bench& bench) {
  const RssmConfig config;
  for (const Precision precision : bench_precisions()) {
    const torch::ScalarType type = compute_type(precision);
    if (bench.wants("RSSM imagine")) {
      const RssmModel model(Vae(VaeConfig{}, 1), Rssm(kLatent, kAction, config, VaeConfig{}, 1), precision);
      for (const int batch : {1, 16, 256}) {
        const Tensor action = random_tensor({batch, kAction});
        const Noise noise{random_tensor({batch, model.spec().imagine_normals}), torch::zeros({batch, 0})};
        ModelState state = model.initial_state(batch);
        const auto imagine = [&] {
          state = model.imagine(state, action, 1.0f, noise).state;
          return static_cast<double>(batch);
        };
        const std::vector<double> rates =
            bench.measure({timed(imagine), bare_products(dream_products(config, batch), type, batch)});
        bench.add({"RSSM imagine", "steps/s", rates[0], rates[1], "bare matrix products", to_string(precision), batch});
      }
    }
    if (bench.wants("RSSM training")) {
      constexpr std::int64_t kWindow = 32, kRows = 64;
      Rssm rssm(kLatent, kAction, config, VaeConfig{}, 1);
      Adam adam(*rssm);
      ArrivalBatch batch;
      batch.latent_mean = random_tensor({kWindow, kRows, kLatent});
      batch.latent_log_variance = random_tensor({kWindow, kRows, kLatent});
      batch.action = random_tensor({kWindow, kRows, kAction});
      batch.reward = batch.terminated = batch.first = torch::zeros({kWindow, kRows});
      batch.rewarded = torch::ones({kWindow, kRows});
      const Tensor h = torch::zeros({kRows, config.deterministic_size});
      const Tensor s = torch::zeros({kRows, config.stochastic_size});
      const Tensor noise = random_tensor({kWindow, kRows, config.stochastic_size});
      const auto train = [&] {
        rssm->loss(batch, h, s, noise, type).total.backward();
        adam.step(1e-6);
        return double{kWindow * kRows};
      };
      const std::vector<double> rates = bench.measure(
          {timed(train), bare_products(training_products(config, kWindow, kRows), type, kWindow * kRows)});
      bench.add({"RSSM training", "steps/s", rates[0], rates[1], "bare matrix products, forward and backward",
                 to_string(precision), static_cast<int>(kRows)});
    }
  }
}

}  // namespace reverie
