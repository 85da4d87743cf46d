#include "agent/learn/evolution.h"

#include <cmath>

#include "env/random.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

// An episode returns minus the squared distance of the parameters from (1, 2, 3), and lasts ten steps.
class NearTarget : public Evaluator {
 public:
  std::vector<std::vector<EpisodeResult>> evaluate(std::span<const EvaluationJob> jobs) override {
    std::vector<std::vector<EpisodeResult>> results;
    for (const EvaluationJob& job : jobs) {
      double apart = 0.0;
      const std::vector<double>& parameters = controller_parameters(job.policy);
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        apart += std::pow(parameters[i] - static_cast<double>(i + 1), 2.0);
      }
      results.emplace_back(job.episode_seeds.size(), EpisodeResult{-apart, 10, true});
      seeds = job.episode_seeds;
    }
    return results;
  }
  std::vector<std::uint64_t> seeds;  // of the last generation
};

CmaEsConfig small_config() {
  CmaEsConfig config;
  config.population_size = 8;
  config.sigma = 0.5;
  return config;
}

SearchTask task_from(std::vector<double> start) {
  SearchTask task;
  task.run_seed = 3;
  task.draw_index = 2;
  task.generations = 60;
  task.start = std::move(start);
  return task;
}

double measurement(const GenerationReport& report, const std::string& name) {
  for (const auto& [known, value] : report.more) {
    if (known == name) {
      return value;
    }
  }
  return NAN;
}

}  // namespace

TEST_CASE("evolution finds what pays, and every generation meets episodes of its own", "[learn]") {
  NearTarget evaluator;
  Evolution search(small_config(), 4, evaluator, task_from({0.0, 0.0, 0.0}));
  GenerationReport report;
  for (int generation = 1; generation <= 60; ++generation) {
    report = search.run_generation();
    CHECK(report.generation == generation);
    CHECK(report.steps == 8 * 4 * 10);
    CHECK(report.mean_length == 10.0);
    REQUIRE(evaluator.seeds.size() == 4);
    CHECK(evaluator.seeds[1] ==
          training_game_seed(3, Stream::controller_episode, 2, static_cast<std::uint64_t>(generation - 1) * 4 + 1));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(search.parameters()[i] == Approx(static_cast<double>(i + 1)).margin(1e-2));
  }
  CHECK(report.mean_fitness > -1e-3);
  CHECK(measurement(report, "worst_fitness") <= measurement(report, "best_fitness"));
}

TEST_CASE("a search goes on from what another learnt about searching, from its own controller", "[learn]") {
  NearTarget evaluator;
  Evolution before(small_config(), 2, evaluator, task_from({0.0, 0.0, 0.0}));
  GenerationReport last;
  for (int generation = 0; generation < 40; ++generation) {
    last = before.run_generation();
  }
  const std::unique_ptr<ControllerSearch> search =
      std::make_unique<Evolution>(small_config(), 2, evaluator, task_from({5.0, 5.0, 5.0}));
  search->continue_from(before.save());
  CHECK(search->generation() == 0);
  CHECK(controller_parameters(search->policy()) == std::vector<double>{5.0, 5.0, 5.0});
  const auto state = search->save(), old = before.save();
  for (const char* kept : {"sigma", "covariance"}) {
    CHECK(torch::equal(state.at(kept), old.at(kept)));
  }
}
