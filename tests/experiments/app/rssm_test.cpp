// The whole chain with an RSSM, imagination and a planner, on configs/smoke_rssm.yaml.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "agent/plan/cem_planner.h"
#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/models/saved.h"
#include "experiments/run/experiment.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "worldmodel/data/tensor_file.h"

using namespace reverie;
namespace fs = std::filesystem;

namespace {

void train_smoke(const fs::path& run, const std::vector<std::string>& overrides) {
  StageOptions options;
  options.target = fs::path(REVERIE_SOURCE_DIR) / "configs" / "smoke_rssm.yaml";
  options.run = run;
  options.overrides = overrides;
  options.command = {"reverie", "train"};
  train(options);
}

// The tensor files of a run and its metrics, by their places.
std::map<std::string, std::string> made(const fs::path& run) {
  std::map<std::string, std::string> files = {{"metrics.jsonl", read_file(run / "metrics.jsonl")}};
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    if (entry.path().extension() == ".safetensors") {
      files[fs::relative(entry.path(), run).string()] = read_file(entry.path());
    }
  }
  return files;
}

void check_same(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, bytes] : a) {
    INFO(name);
    CHECK((b.count(name) > 0 && b.at(name) == bytes));
  }
}

}  // namespace

TEST_CASE("an RSSM's run gives the same files on one thread, on two, and when it goes on", "[experiments]") {
  const TemporaryFolder folder;
  train_smoke(folder / "one", {"threads=1"});
  const auto one = made(folder / "one");
  CHECK(one.size() >= 20);
  CHECK(one.count("iteration-01/rssm.safetensors") == 1);
  train_smoke(folder / "two", {"threads=2"});
  check_same(one, made(folder / "two"));
  // A run of one iteration goes on with the next.
  train_smoke(folder / "three", {"iterations=1"});
  train_smoke(folder / "three", {});
  auto three = made(folder / "three");
  three.erase("metrics.jsonl");  // its last lines are in another order
  auto expected = one;
  expected.erase("metrics.jsonl");
  check_same(expected, three);

  const std::string metrics = one.at("metrics.jsonl");
  CHECK_THAT(metrics, ContainsSubstring("held_out_divergence") && ContainsSubstring("train_ratio"));
  const auto summary = nlohmann::json::parse(read_file(folder / "one" / "summary.json"));
  CHECK(summary["returns"].contains("game: planner in this model"));

  // Half of the second iteration was collected by the planner.
  const Experiment experiment = Experiment::open(folder / "one");
  const EpisodeStore store = experiment.episodes(1);
  std::map<std::string, int> players;
  for (int i = 0; i < store.size(); ++i) {
    ++players[store.read(i).policy];
  }
  CHECK(players["random"] == 6);
  CHECK(players["planner"] + players["controller"] == 4);
  CHECK(players["planner"] > 0);

  // What takes a run takes this one, too.
  CompareOptions comparison;
  comparison.run = folder / "one";
  comparison.num_episodes = 2;
  comparison.horizon = 8;
  comparison.temperatures = {1.0};
  comparison.out = folder / "report.html";
  compare(comparison);
  CHECK(fs::file_size(folder / "report.html") > 10000);
  ReportOptions page;
  page.runs = {folder / "one", folder / "two"};
  page.out = folder / "runs.html";
  report(page);
  CHECK_THAT(read_file(folder / "runs.html"), ContainsSubstring("The RSSM"));
  ExportOptions copy;
  copy.run = folder / "one";
  copy.out = folder / "copy";
  export_run(copy);
  EvaluateOptions options;
  options.run = folder / "copy";
  options.num_episodes = 2;
  for (const std::string policy : {"planner", "controller"}) {
    for (const bool in_dream : {false, true}) {
      options.policy = policy;
      options.in_dream = in_dream;
      CHECK_NOTHROW(evaluate(options));
    }
  }
}

TEST_CASE("an RSSM learns from pixels, with classes, two-hot rewards and reinforcement", "[experiments]") {
  const TemporaryFolder folder;
  train_smoke(folder / "pixels",
              {"rssm.input=pixels", "rssm.stochastic=categorical", "rssm.classes=4", "rssm.gru=layer_norm",
               "rssm.reward_head=two_hot", "train_controller.imagination.gradient=reinforce",
               "train_controller.imagination.entropy=1e-3", "iterations=1"});
  CHECK_FALSE(fs::exists(folder / "pixels" / "iteration-00" / "vae.safetensors"));
  CHECK(fs::exists(folder / "pixels" / "iteration-00" / "rssm.safetensors"));
  const Experiment experiment = Experiment::open(folder / "pixels");
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, 0);
  const SavedPolicy planner = planner_policy(experiment.config.at(0).planner, experiment.config.at(0).dream);
  CHECK(Arena::game(experiment, *model, 2).play(planner, {1, 2}).size() == 2);
  CHECK(play_in_dream(experiment, *model, 0, planner, false, 10, {1, 2}).size() == 2);
}

TEST_CASE("what an RSSM's config cannot be is refused in one line", "[experiments]") {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::vector<std::string>& overrides) {
    return message_of<Error>([&] { train_smoke(folder / "run", overrides); });
  };
  CHECK_THAT(refusal({"rssm.reward_head=none"}), ContainsSubstring("dream.reward: expected constant"));
  CHECK_THAT(refusal({"rssm.end_head=false"}), ContainsSubstring("dream.end: expected never"));
  CHECK_THAT(refusal({"train_controller.in=game"}), ContainsSubstring("train_controller.in: expected dream"));
  CHECK_THAT(refusal({"planner.elites=9"}), ContainsSubstring("elites"));
  CHECK_THAT(refusal({"mdn_rnn.epochs=1"}), ContainsSubstring("mdn_rnn"));
}
