// The runs that come with the project.
#include "experiments/models/saved.h"
#include "experiments/run/experiment.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

std::filesystem::path pretrained(const std::string& name) {
  return std::filesystem::path(REVERIE_SOURCE_DIR) / "experiments" / "pretrained" / name;
}

// In float32, so that every processor plays nearly the same episode.
double play(const std::string& name, const std::vector<std::uint64_t>& seeds) {
  const Experiment experiment = Experiment::open(pretrained(name), {"precision=float32"});
  const int iteration = newest_complete_iteration(experiment);
  const std::unique_ptr<WorldModel> loaded_model = load_world_model(experiment, iteration);
  const WorldModel& model = *loaded_model;
  Arena game = Arena::game(experiment, model, 1);
  return score_of(game.play(load_controller(experiment, iteration, -1).policy, seeds)).mean;
}

}  // namespace

TEST_CASE("pretrained runs are small", "[experiments]") {
  int runs = 0;
  for (const auto& run : std::filesystem::directory_iterator(pretrained(""))) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
      bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    INFO(run.path().string());
    CHECK(bytes < 12000000);
    ++runs;
  }
  CHECK(runs >= 3);
}

TEST_CASE("the pretrained cars drive a track to their recorded scores", "[experiments]") {
  // Processors round differently, and a car that skids magnifies it.
  CHECK(play("car_racing_dream", {1000005}) == Approx(881.6).margin(60));
  CHECK(play("car_racing", {1000001}) == Approx(913.8).margin(60));
}

TEST_CASE("the pretrained dodger lives much longer than chance", "[experiments]") {
  // A last bit decides whether a near miss is a hit, so the test takes the mean of 24 games and not one game. The mean
  // over 100 games is 798, its standard error over 24 is 100; the random policy lives 209.
  CHECK(play("take_cover", counting_seeds(1000000, 24)) > 450);
}
