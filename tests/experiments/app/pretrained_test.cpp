// The runs that come with the project.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "experiments/models/saved.h"
#include "experiments/report/run_record.h"
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
    INFO(run.path().string());
    if (!run.is_directory()) {  // its dream as a page
      CHECK(run.file_size() < 12000000);
      continue;
    }
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
      bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    CHECK(bytes < 12000000);
    ++runs;
  }
  CHECK(runs >= 3);
}

TEST_CASE("a report shows the pretrained runs' scores and times, and the README says the same scores",
          "[experiments]") {
  std::vector<std::filesystem::path> folders;
  for (const auto& run : std::filesystem::directory_iterator(pretrained(""))) {
    if (run.is_directory()) {
      folders.push_back(run.path());
    }
  }
  const std::string readme = read_file(std::filesystem::path(REVERIE_SOURCE_DIR) / "README.md");
  for (const RunRecord& run : read_runs(folders)) {
    INFO(run.folder.string());
    CHECK(run.seconds.size() >= 4);
    CHECK(run.controller_steps.value_or(0) > 1e6);
    CHECK(run.played.starts_with("seeds 1000000 to 1000099, bfloat16, batches of 16, "));
    // Of the copy itself, not of the run that it was made from.
    const Experiment experiment = Experiment::open(run.folder);
    const auto subject = read_json(experiment.run.summary()).at("subject");
    const int iteration = newest_complete_iteration(experiment);
    CHECK(subject.at(family_of(experiment.config).identity_key()) == model_identity(experiment, iteration));
    int found = 0;
    for (const auto& [name, score] : run.scores) {
      if (name == "game: dream-trained controller" || name == "game: game-trained controller") {
        char text[64];
        std::snprintf(text, sizeof text, "%.1f ± %.1f (%.1f)", score.mean, score.deviation,
                      score.deviation / std::sqrt(score.episodes));
        INFO(text);
        CHECK(readme.find(text) != std::string::npos);
        ++found;
      }
    }
    CHECK(found == 1);
  }
}

TEST_CASE("the pretrained cars drive a track to their recorded scores", "[experiments]") {
  // Processors round differently, and a car that skids magnifies it.
  CHECK(play("car_racing_dream", {1000005}) == Approx(881.6).margin(60));
  CHECK(play("car_racing", {1000001}) == Approx(913.8).margin(60));
}

TEST_CASE("the pretrained dodger lives much longer than chance", "[experiments]") {
  // A last bit decides whether a near miss is a hit, so the test takes the mean of 24 games and not one game. The mean
  // over 100 games is 798, its standard error over 24 is 100; the random policy lives 209.
  CHECK(play("take_cover", evaluation_seeds(1000000, 24)) > 450);
}
