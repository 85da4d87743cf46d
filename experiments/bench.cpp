// bench: how fast each part is here, on one core.
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/commands.h"
#include "experiments/config.h"
#include "experiments/experiment.h"
#include "experiments/machine.h"
#include "worldmodel/adam.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/tensor_math.h"

namespace reverie {
namespace {

constexpr int kGames = 16;
constexpr int kEncodeBatch = 64;
constexpr int kVaeBatch = 64;
constexpr int kSequences = 32;

struct Row {
  const char* name;
  const char* unit;
  double rate;
};

// Units of work a second: `work` does `amount` of them. The first call warms up and does not count.
double measure(double seconds, double amount, const std::function<void()>& work) {
  const auto now = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
  work();
  const double start = now();
  double done = 0.0;
  do {
    work();
    done += amount;
  } while (now() - start < seconds);
  return done / (now() - start);
}

// Weaves and accelerates: a car that stands sleeps in the physics and would flatter the figures.
std::vector<float> driving_action(int step) {
  return {0.3f * static_cast<float>((step / 20) % 3 - 1), 0.3f, 0.0f};
}

double game_rate(const GameFactory& make_game, double seconds, bool draw) {
  std::vector<std::unique_ptr<Game>> games;
  for (std::uint64_t i = 0; i < kGames; ++i) {
    games.push_back(make_game());
  }
  std::vector<std::uint8_t> frame(std::size_t{3} * kFrameSize * kFrameSize);
  constexpr int kSteps = 200;
  return measure(seconds, kGames * kSteps, [&] {
    for (std::size_t i = 0; i < games.size(); ++i) {
      games[i]->reset(i);
      for (int step = 0; step < kSteps; ++step) {
        if (games[i]->step(driving_action(step)).terminated) {
          games[i]->reset(i);
        }
        if (draw) {
          games[i]->draw(kFrameSize, kFrameSize, frame);
        }
      }
    }
  });
}

torch::Tensor random_tensor(torch::IntArrayRef shape, Rng& rng) {
  torch::Tensor tensor = torch::empty(shape);
  rng.fill_normal({tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())});
  return tensor;
}

std::vector<Row> measure_all(const ExperimentConfig& config, double seconds) {
  const GameFactory make_game = make_game_factory(config.game);
  const GameSpec game = make_game()->spec();
  const int action_size = static_cast<int>(game.action_low.size());
  const int latent_size = config.vae.vae.latent_size;
  const torch::ScalarType type = compute_type(config.precision);
  Rng rng(config.seed);
  Vae vae(config.vae.vae, config.seed);
  MdnRnn mdn_rnn(latent_size, action_size, config.mdn_rnn.mdn_rnn, config.seed);
  const VaeMdnRnn model(vae, mdn_rnn, config.model, config.precision);
  std::vector<Row> rows;
  rows.push_back({"game step", "steps/s", game_rate(make_game, seconds, false)});
  rows.push_back({"game step with the 64x64 picture", "steps/s", game_rate(make_game, seconds, true)});

  const std::vector<std::uint8_t> bytes(std::size_t{3} * kFrameSize * kFrameSize * kEncodeBatch, 100);
  rows.push_back({"V encode, from bytes, batch 64", "frames/s", measure(seconds, kEncodeBatch, [&] {
                    model.encode(frames_to_tensor(bytes.data(), kEncodeBatch, kFrameSize, kFrameSize));
                  })});
  const torch::Tensor latents = random_tensor({kEncodeBatch, latent_size}, rng);
  rows.push_back(
      {"V decode, batch 64", "frames/s", measure(seconds, kEncodeBatch, [&] { model.decode_latent(latents); })});

  StartStates starts;
  starts.states = model.initial_state(1);
  starts.first = {1};
  starts.paid = {1};
  DreamConfig dream = config.dream.dream;
  dream.horizon = 1 << 30;
  dream.end = DreamEnd::never;
  const int dream_rows = config.train_controller.batch_size;
  DreamEnvironment environment(model, starts, dream, game.action_low, game.action_high, dream_rows);
  Controller controller(config.controller, environment.spec().observation_size(), action_size, dream_rows);
  std::vector<int> all_rows;
  std::vector<std::uint64_t> seeds;
  for (int row = 0; row < dream_rows; ++row) {
    all_rows.push_back(row);
    seeds.push_back(static_cast<std::uint64_t>(row));
  }
  environment.reset(all_rows, seeds);
  std::vector<float> action(static_cast<std::size_t>(dream_rows * action_size));
  rows.push_back({"dream step with the controller", "steps/s", measure(seconds, dream_rows, [&] {
                    controller.act(environment.observation(), action);
                    environment.step(action);
                  })});

  Adam vae_adam(*vae);
  const torch::Tensor frames = frames_to_tensor(bytes.data(), kVaeBatch, kFrameSize, kFrameSize);
  const torch::Tensor normals = random_tensor({kVaeBatch, latent_size}, rng);
  rows.push_back({"V training, batch 64", "frames/s", measure(seconds, kVaeBatch, [&] {
                    vae_loss(vae, frames, normals, type).total.backward();
                    vae_adam.step(1e-6, 0.0);
                  })});

  Adam mdn_rnn_adam(*mdn_rnn);
  const int window = config.mdn_rnn.window;
  const SequenceBatch sequence{random_tensor({window, kSequences, latent_size}, rng),
                               random_tensor({window, kSequences, action_size}, rng),
                               random_tensor({window, kSequences, latent_size}, rng),
                               torch::zeros({window, kSequences}),
                               torch::zeros({window, kSequences}),
                               torch::zeros({window, kSequences})};
  const torch::Tensor state = torch::zeros({kSequences, config.mdn_rnn.mdn_rnn.hidden_size});
  rows.push_back({"M training, 32 sequences", "steps/s", measure(seconds, window * kSequences, [&] {
                    mdn_rnn->loss(sequence, state, state, type).total.backward();
                    mdn_rnn_adam.step(1e-6, 1.0);
                  })});
  return rows;
}

}  // namespace

void bench(const BenchOptions& options) {
  ExperimentConfig config;
  if (!options.config.empty()) {
    config = load_config(options.config, options.overrides);
  } else {
    config = parse_config<ExperimentConfig>("the defaults", "seed: 1", options.overrides);
    config.precision = resolve_precision(config.precision);
  }
  const std::vector<Row> rows = measure_all(config, options.seconds);
  nlohmann::ordered_json json;
  for (const Row& row : rows) {
    std::fprintf(stderr, "%-36s %10.0f %s\n", row.name, row.rate, row.unit);
    json.push_back(
        {{"name", row.name}, {"rate", row.rate}, {"unit", row.unit}, {"precision", to_string(config.precision)}});
  }
  std::fprintf(stderr, "one core, V and M in %s, %.0f GFLOP/s in a float32 matrix product of 1024\n",
               to_string(config.precision).c_str(), measure_gemm(false));
  if (options.json) {
    std::cout << json.dump() << "\n";
  }
}

}  // namespace reverie
