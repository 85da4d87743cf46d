// The whole chain with other forms of M, in a changed game, and with what is learnt of a run's recordings, on
// configs/smoke.yaml.
#include <map>
#include <nlohmann/json.hpp>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/app/import_weights.h"
#include "experiments/models/adapter.h"
#include "experiments/models/saved.h"
#include "experiments/models/tokens.h"
#include "experiments/models/words.h"
#include "experiments/run/experiment.h"
#include "experiments/scoring/evaluation.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "worldmodel/data/tensor_file.h"

using namespace reverie;
namespace fs = std::filesystem;

namespace {

void train_smoke(const fs::path& run, const std::vector<std::string>& overrides, const std::string& from = "") {
  StageOptions options;
  options.target = fs::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
  options.run = run;
  options.overrides = overrides;
  options.from = from;
  options.command = {"reverie", "train"};
  train(options);
}

// The tensor files of a run, by their places.
std::map<std::string, std::string> made(const fs::path& run) {
  std::map<std::string, std::string> files;
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

const std::vector<std::string> kSmallTransformer = {"model.kind=transformer",      "transformer.heads=2",
                                                    "transformer.head_size=4",     "transformer.key_value_latent=4",
                                                    "transformer.position_size=4", "transformer.feed_forward=16",
                                                    "transformer.window=8"};

std::vector<std::string> with(std::vector<std::string> all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// What takes a run takes this one.
void check_commands(const fs::path& run, const fs::path& folder) {
  CompareOptions comparison;
  comparison.run = run;
  comparison.num_episodes = 2;
  comparison.horizon = 8;
  comparison.temperatures = {1.0};
  comparison.out = folder / "report.html";
  compare(comparison);
  ExportOptions copy;
  copy.run = run;
  copy.out = folder / "copy";
  export_run(copy);
  EvaluateOptions options;
  options.run = folder / "copy";
  options.num_episodes = 2;
  for (const bool in_dream : {false, true}) {
    options.in_dream = in_dream;
    CHECK_NOTHROW(evaluate(options));
  }
  ExportOptions page;
  page.run = run;
  page.out = folder / "page.html";
  CHECK_THAT(message_of<Error>([&] { export_page(page); }), ContainsSubstring("a page cannot dream with"));
}

}  // namespace

TEST_CASE("a run whose M draws by a flow gives the same files on one thread and on two", "[variants]") {
  const TemporaryFolder folder;
  const std::vector<std::string> flow = {"mdn_rnn.latent_head=flow", "mdn_rnn.flow.width=16"};
  train_smoke(folder / "one", with(flow, {"threads=1"}));
  train_smoke(folder / "two", with(flow, {"threads=2"}));
  check_same(made(folder / "one"), made(folder / "two"));
  const std::string metrics = read_file(folder / "one" / "metrics.jsonl");
  CHECK_THAT(metrics, ContainsSubstring("held_out_flow") && !ContainsSubstring("held_out_latent"));
  const TensorFile file = read_tensor_file(folder / "one" / "iteration-01" / "mdn_rnn.safetensors", "mdn_rnn/1");
  CHECK(file.tensors.at("flow.spread").item<float>() != 1.0f);
  CHECK(file.tensors.at("flow.deviation").min().item<float>() > 0.0f);
  check_commands(folder / "one", folder.path());
}

TEST_CASE("a run whose M is a transformer gives the same files on one thread, on two, and when it goes on",
          "[variants]") {
  const TemporaryFolder folder;
  train_smoke(folder / "one", with(kSmallTransformer, {"threads=1"}));
  train_smoke(folder / "two", with(kSmallTransformer, {"threads=2", "iterations=1"}));
  train_smoke(folder / "two", with(kSmallTransformer, {"threads=2"}));
  check_same(made(folder / "one"), made(folder / "two"));
  check_commands(folder / "one", folder.path());
  CHECK_THAT(message_of<Error>([&] { train_smoke(folder / "three", with(kSmallTransformer, {"model.features=zch"})); }),
             ContainsSubstring("model.features: expected z, zh or zh_now of a transformer, found zch"));
}

TEST_CASE("a run learns a changed game by a small update, which makes the same of a copy of the base", "[variants]") {
  const TemporaryFolder folder;
  train_smoke(folder / "base", {"iterations=1"});
  AdaptOptions options;
  options.run = folder / "base";
  options.out = folder / "ice";
  options.overrides = {"game.car_racing.friction=[0.4]", "mdn_rnn.epochs=[6]", "mdn_rnn.patience=2",
                       "mdn_rnn.updates_per_epoch=4", "mdn_rnn.batch_size=4"};
  options.rank = 2;
  options.episodes = 4;
  options.generations = 2;
  adapt(options);
  adapt(options);  // goes on with what is done
  const Experiment base = Experiment::open(folder / "base"), ice = Experiment::open(folder / "ice");
  CHECK(read_file(folder / "ice" / "iteration-00" / "mdn_rnn.safetensors") ==
        read_file(folder / "base" / "iteration-00" / "mdn_rnn.safetensors"));
  CHECK(load_controller(ice, 0, -1).policy == load_controller(base, 0, -1).policy);
  CHECK(newest_complete_iteration(ice) == 1);
  const fs::path adapter = folder / "ice" / "iteration-01" / "mdn_rnn.adapter.safetensors";
  const TensorFile update = read_tensor_file(adapter, kAdapterKind);
  CHECK(update.tensors.at("mixture_weight/left").size(1) == 2);
  CHECK(update.tensors.count("mixture_bias") == 1);
  CHECK_FALSE(fs::exists(folder / "ice" / "iteration-01" / "vae.adapter.safetensors"));
  // With the same seed the game's steps are others than the base's.
  CHECK(read_file(folder / "ice" / "iteration-01" / "mdn_rnn.safetensors") !=
        read_file(folder / "base" / "iteration-00" / "mdn_rnn.safetensors"));

  ImportWeightsOptions import;
  import.run = folder / "base";
  import.files = {adapter};
  import_weights(import);
  const auto adapted = read_tensor_file(folder / "ice" / "iteration-01" / "mdn_rnn.safetensors", "mdn_rnn/1").tensors;
  for (const auto& [name, tensor] :
       read_tensor_file(folder / "base" / "iteration-00" / "mdn_rnn.safetensors", "mdn_rnn/1").tensors) {
    INFO(name);
    if (name != "reward_levels") {  // of the new episodes
      CHECK((tensor - adapted.at(name)).abs().max().item<float>() < 1e-6f);
    }
  }
  CHECK_THAT(message_of<Error>([&] { import_weights(import); }),
             ContainsSubstring("is an update of other weights than"));

  options.out = folder / "blue";
  options.frames = true;
  options.overrides = {"game.car_racing.road_color=[60, 60, 140]",
                       "mdn_rnn.epochs=[1]",
                       "mdn_rnn.batch_size=4",
                       "mdn_rnn.updates_per_epoch=2",
                       "vae.epochs=[1]",
                       "vae.updates_per_epoch=2"};
  train_smoke(folder / "again", {"iterations=1"});
  options.run = folder / "again";
  adapt(options);
  const TensorFile eyes = read_tensor_file(folder / "blue" / "iteration-01" / "vae.adapter.safetensors", kAdapterKind);
  CHECK(eyes.tensors.size() == 4);  // weights and biases of the first and the last layer
  CHECK(eyes.tensors.count("deconv4_weight") == 1);
  options.overrides = {"game.action_repeat=2"};
  options.out = folder / "other";
  CHECK_THAT(message_of<Error>([&] { adapt(options); }),
             ContainsSubstring("does not fit this config: game.action_repeat"));
}

TEST_CASE("words of a run find its moments, say what is seen, and pay in a dream", "[variants]") {
  const TemporaryFolder folder;
  train_smoke(folder / "run", {"iterations=1", "collect.episodes=[12]"});
  WordsOptions learn;
  learn.run = folder / "run";
  learn.every = 1;
  learn.updates = 60;
  words(learn);
  CHECK(fs::exists(folder / "run" / "iteration-00" / "words.safetensors"));
  const auto numbers = nlohmann::json::parse(read_file(folder / "run" / "words.json"));
  CHECK(numbers["attributes"].size() == 4);
  CHECK(numbers["mean_average_precision"].get<double>() > numbers["chance_precision"].get<double>());
  FindOptions search;
  search.run = folder / "run";
  search.sentence = "standing";
  search.count = 3;
  find(search);
  CHECK(fs::file_size(folder / "run" / "found.png") > 1000);
  search.sentence = "!";
  CHECK_THAT(message_of<Error>([&] { find(search); }), ContainsSubstring("expected a sentence of words"));

  train_smoke(folder / "goal", {"iterations=1", "dream.reward=words", "dream.goal=on the road, slow"},
              (folder / "run").string());
  WordsOptions judge;
  judge.run = folder / "goal";
  judge.judge_episodes = 2;
  CHECK_NOTHROW(words(judge));
  CHECK_THAT(message_of<Error>([&] { train_smoke(folder / "none", {"dream.reward=words"}); }),
             ContainsSubstring("dream.goal: expected a sentence"));
  train_smoke(folder / "wordless", {"iterations=1"});
  CHECK_THAT(message_of<Error>([&] {
               train_smoke(folder / "none", {"iterations=1", "dream.reward=words", "dream.goal=slow"},
                           (folder / "wordless").string());
             }),
             ContainsSubstring("run `reverie words` first"));
}

TEST_CASE("tokens of a run's actions drive its planner", "[variants]") {
  const TemporaryFolder folder;
  train_smoke(folder / "run", {"threads=1"});
  TokensOptions learn;
  learn.run = folder / "run";
  learn.codes = 5;
  learn.merges = 6;
  learn.min_count = 2;
  tokens(learn);
  const Experiment experiment = Experiment::open(folder / "run");
  const ActionTokens saved = load_tokens(experiment, 1);
  CHECK(saved.num_codes() == 5);
  CHECK(saved.merges.size() <= 6);
  EvaluateOptions options;
  options.run = folder / "run";
  options.policy = "planner";
  options.num_episodes = 2;
  options.in_dream = true;
  options.horizon = 6;
  options.overrides = {"planner.actions=tokens", "planner.candidates=8", "planner.elites=2", "planner.iterations=2"};
  CHECK_NOTHROW(evaluate(options));
  fs::remove(folder / "run" / "iteration-01" / "tokens.safetensors");
  CHECK_THAT(message_of<Error>([&] { evaluate(options); }), ContainsSubstring("run `reverie tokens`"));
}
