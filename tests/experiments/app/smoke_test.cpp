// The whole chain on configs/smoke.yaml.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <tuple>

#include "env/error.h"
#include "env/processors.h"
#include "env/random.h"
#include "experiments/app/commands.h"
#include "experiments/models/saved.h"
#include "experiments/models/vae/stage.h"
#include "experiments/models/vae_mdn_rnn/weights.h"
#include "experiments/report/run_record.h"
#include "experiments/run/experiment.h"
#include "experiments/run/machine.h"
#include "experiments/run/stage_times.h"
#include "experiments/run/stop_flag.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/scoring/showcase.h"
#include "experiments/stages/stages.h"
#include "experiments/tensorboard/event_reader.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "worldmodel/data/tensor_file.h"

using namespace reverie;

namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Everything that is logged for TensorBoard, without its times: tag, step, and the scalar, the picture or the
// histogram's sum.
std::multiset<std::tuple<std::string, std::int64_t, double, std::string>> logged(const std::filesystem::path& run) {
  std::multiset<std::tuple<std::string, std::int64_t, double, std::string>> all;
  for (const std::filesystem::path& path : event_files(run / "events")) {
    for (const ReadEvent& event : read_events(path)) {
      for (const EventValue& value : event.values) {
        all.emplace(value.tag, event.step,
                    value.scalar      ? static_cast<double>(*value.scalar)
                    : value.histogram ? value.histogram->sum
                                      : 0.0,
                    value.image ? value.image->png : "");
      }
    }
  }
  return all;
}

StageOptions smoke(const std::filesystem::path& run, const std::vector<std::string>& overrides = {}) {
  StageOptions options;
  options.target = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
  options.run = run;
  options.overrides = overrides;
  options.command = {"reverie", "train"};
  return options;
}

// One iteration's stages, in order, up to the one that is named.
void run_stages(Experiment& experiment, int iteration, const std::string& before = "") {
  for (const Stage& stage : stages_of(experiment.config)) {
    if (stage.name == before) {
      return;
    }
    run_stage(stage, experiment, iteration);
  }
}

// Catches what goes to a stream, as long as it lives.
class Caught {
 public:
  explicit Caught(std::ostream& stream) : stream_(stream), old_(stream.rdbuf(text_.rdbuf())) {}
  ~Caught() { stream_.rdbuf(old_); }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::ostream& stream_;
  std::streambuf* old_;
};

// What it writes onto standard output, and onto standard error.
std::pair<std::string, std::string> printed(const std::function<void()>& action) {
  const Caught out(std::cout), err(std::cerr);
  action();
  return {out.text(), err.text()};
}

// Every file of a run but run.json, which notes each session.
std::map<std::string, std::string> everything(const std::filesystem::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    const std::string name = std::filesystem::relative(entry.path(), run).string();
    if (entry.is_regular_file() && name != "run.json") {
      files[name] = contents(entry.path());
    }
  }
  return files;
}

// What the checkpoints were chosen by, by generation.
std::map<int, double> choice(const std::filesystem::path& run, int iteration, const std::string& score) {
  std::map<int, double> scores;
  std::ifstream lines(run / "metrics.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json["stage"] == "choose-controller" && json["iteration"] == iteration) {
      scores[json["step"].get<int>()] = json[score].get<double>();
    }
  }
  return scores;
}

}  // namespace

TEST_CASE("no score is played on a seed of training", "[experiments]") {
  CHECK(training_game_seed(1, Stream::collect_game) >= kFirstTrainingSeed);
  CHECK(evaluation_seeds(7, 2) == std::vector<std::uint64_t>{7, 8});
  CHECK(evaluation_seeds(kFirstTrainingSeed - 3, 3).back() == kFirstTrainingSeed - 1);
  for (const std::uint64_t first :
       {kFirstTrainingSeed - 2, kFirstTrainingSeed, training_game_seed(1, Stream::collect_game),
        std::numeric_limits<std::uint64_t>::max()}) {
    CHECK_THROWS_AS(evaluation_seeds(first, 3), Error);
  }
  CHECK_THROWS_AS(load_config(std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml",
                              std::vector<std::string>{"evaluate.seed=4294967296"}),
                  Error);
}

TEST_CASE("the whole chain gives the same metrics and weights twice, on one thread and on two", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "two", {"threads=2"}));
  train(smoke(folder / "one", {"threads=1"}));
  const std::string metrics = contents(folder / "two" / "metrics.jsonl");
  CHECK(metrics.find("train-controller") != std::string::npos);
  CHECK(metrics == contents(folder / "one" / "metrics.jsonl"));
  for (const char* file : {"vae.safetensors", "mdn_rnn.safetensors", "start_states.safetensors",
                           "controller/generation-00003.safetensors"}) {
    INFO(file);
    const std::string made = contents(folder / "two" / "iteration-01" / file);
    CHECK(made.size() > 100);
    CHECK(made == contents(folder / "one" / "iteration-01" / file));
  }
  CHECK(contents(folder / "two" / "summary.json") == contents(folder / "one" / "summary.json"));

  SECTION("the same command again changes nothing") {
    train(smoke(folder / "two", {"threads=1"}));  // nor does another number of threads
    CHECK(metrics == contents(folder / "two" / "metrics.jsonl"));
  }

  SECTION("a score is the same twice and on any number of threads, in game and dream") {
    std::vector<std::vector<EpisodeResult>> game, dream;
    for (const char* threads : {"threads=1", "threads=2", "threads=2"}) {
      const Experiment experiment = Experiment::open(folder / "two", {threads});
      const std::unique_ptr<WorldModel> loaded_model = load_world_model(experiment, 1);
      const WorldModel& model = *loaded_model;
      const SavedController controller = load_controller(experiment, 1, -1);
      game.push_back(Arena::game(experiment, model, 4).play(controller.policy, evaluation_seeds(7, 6)));
      dream.push_back(play_in_dream(experiment, model, 1, controller.policy, true, 50, evaluation_seeds(7, 40)));
    }
    CHECK((game[0] == game[1]));    // the parentheses: glog cannot print them
    CHECK((game[1] == game[2]));    // the parentheses: glog cannot print them
    CHECK((dream[0] == dream[1]));  // the parentheses: glog cannot print them
    CHECK((dream[1] == dream[2]));  // the parentheses: glog cannot print them
    CHECK(score_of(dream[0]).deviation > 0.0);
  }

  SECTION("an iteration's controller is the checkpoint that dreams best from held-out moments") {
    const Experiment experiment = Experiment::open(folder / "two");
    const std::map<int, double> dreamt = choice(folder / "two", 1, "dream_return");
    REQUIRE(dreamt.size() == experiment.run.generations(1).size());
    REQUIRE(dreamt.size() == 3);  // generation 0, which the search began with, among them
    const int better = std::max_element(dreamt.begin(), dreamt.end(), [](const auto& a, const auto& b) {
                         return a.second < b.second;
                       })->first;
    CHECK(load_controller(experiment, 1, -1).generation == better);
    // A chosen.json that names the other checkpoint is followed; one that names none is refused.
    for (const int generation : experiment.run.generations(1)) {
      write_plainly(experiment.run.chosen(1), str("{\"generation\": ", generation, "}"));
      CHECK(load_controller(experiment, 1, -1).generation == generation);
    }
    write_plainly(experiment.run.chosen(1), "{}");
    CHECK(message_of<Error>([&] { load_controller(experiment, 1, -1); }).find("chosen.json") != std::string::npos);
  }

  SECTION("a copy in half precision is small and plays like the run") {
    export_run({folder / "two", folder / "copy"});
    const Experiment run = Experiment::open(folder / "two"), copy = Experiment::open(folder / "copy");
    CHECK(newest_complete_iteration(copy) == 1);
    CHECK(std::filesystem::file_size(vae_path(copy.run, 1)) < 0.6 * std::filesystem::file_size(vae_path(run.run, 1)));
    const SavedController controller = load_controller(copy, 1, -1);
    CHECK(controller.generation == load_controller(run, 1, -1).generation);
    const std::unique_ptr<WorldModel> whole = load_world_model(run, 1), half = load_world_model(copy, 1);
    const torch::Tensor frame = torch::linspace(0, 1, 3 * 64 * 64).reshape({1, 3, 64, 64});
    CHECK(
        torch::allclose(whole->recorded()->embed(frame).parts[0], half->recorded()->embed(frame).parts[0], 1e-2, 1e-2));
    CHECK(play_in_dream(copy, *half, 1, controller.policy, false, 20, evaluation_seeds(7, 4)).size() == 4);
    // The window opens the copy with its median game.
    const std::uint64_t seed = showcase_seed(copy.run).value();
    const std::vector<EpisodeResult> games =
        Arena::game(copy, *half, 1).play(controller.policy, evaluation_seeds(0, kShowcaseGames));
    REQUIRE(seed < games.size());
    const auto worse = [&](double value) {
      return std::count_if(games.begin(), games.end(),
                           [value](const auto& game) { return game.episode_return < value; });
    };
    const double median = games[seed].episode_return;
    CHECK(worse(median) <= kShowcaseGames / 2);
    CHECK(worse(std::nextafter(median, 1e9)) > kShowcaseGames / 2);
    CHECK_FALSE(showcase_seed(run.run).has_value());
    write_plainly(copy.run.showcase(), "{\"seed\": -1}");
    CHECK(message_of<Error>([&] { showcase_seed(copy.run); }).find("showcase.json: expected a seed") !=
          std::string::npos);
    // A report shows of the copy what it shows of the run, and whose scores they are.
    const std::vector<RunRecord> records = read_runs({folder / "two", folder / "copy"});
    REQUIRE(records[1].scores.size() == records[0].scores.size());
    CHECK(records[1].scores.front().second.mean == records[0].scores.front().second.mean);
    CHECK(records[0].played.find("before its export") == std::string::npos);
    CHECK(records[1].played.starts_with(records[0].played));
    CHECK(records[1].played.find("before its export") != std::string::npos);
    CHECK(records[1].started == records[0].started);
    CHECK_FALSE(records[1].started.empty());
    CHECK(records[1].seconds == records[0].seconds);
    CHECK(message_of<Error>([&] {
            export_run({folder / "two", folder / "copy"});
          }).find("empty folder") != std::string::npos);
  }

  SECTION("evaluate plays the closing table's games, and says which") {
    const auto summary = nlohmann::json::parse(contents(folder / "two" / "summary.json"));
    EvaluateOptions options;
    options.run = folder / "two";
    options.json = true;
    const auto [out, err] = printed([&] { evaluate(options); });
    const auto json = nlohmann::json::parse(out);
    const auto& row = summary["returns"]["game: dream-trained controller"];
    CHECK(json["seed"] == 1000000);
    CHECK(json["episodes"] == 2);
    CHECK(json["mean"] == row["mean"]);
    CHECK(json["standard_error"] == row["standard_error"]);
    CHECK(json["batch_size"] == 2);
    const std::string precision = summary["subject"]["precision"];
    CHECK(err.find("seeds 1000000 to 1000001, batches of 2, " + precision) != std::string::npos);
    CHECK(err.find("(standard error ") != std::string::npos);
    options.seed = 7;
    options.num_episodes = 3;
    options.overrides = {"evaluate.batch_size=1"};
    CHECK(printed([&] { evaluate(options); }).second.find("seeds 7 to 9, batches of 1, ") != std::string::npos);
    // Games of training, and a range that reaches them.
    options.seed = kFirstTrainingSeed;
    CHECK_THROWS_WITH(evaluate(options), ContainsSubstring("seeds from 4294967296 on are for training"));
    options.seed = kFirstTrainingSeed - 2;
    CHECK_THROWS_WITH(evaluate(options), ContainsSubstring("expected 3 from at most 4294967293 on, found 4294967294"));
    options.in_dream = true;
    options.seed.reset();
    options.num_episodes.reset();
    options.overrides.clear();
    const auto dream = nlohmann::json::parse(printed([&] { evaluate(options); }).first);
    CHECK(dream["mean"] == summary["returns"]["dream: dream-trained controller"]["mean"]);
    CHECK(dream["batch_size"] == 16);  // train_controller's
  }

  SECTION("the closing table can be played again; a run that has one keeps it") {
    const std::filesystem::path path = folder / "two" / "summary.json";
    const std::string before = contents(path);
    EvaluateOptions options;
    options.run = folder / "two";
    options.closing = true;
    options.json = true;
    options.overrides = {"evaluate.episodes=3"};
    const auto [out, err] = printed([&] { evaluate(options); });
    CHECK(nlohmann::json::parse(out)["subject"]["episodes"] == 3);
    CHECK(err.find("left as it was: ") != std::string::npos);
    CHECK(contents(path) == before);
    std::filesystem::remove(path);
    options.overrides.clear();
    CHECK(printed([&] { evaluate(options); }).second.find("wrote " + path.string()) != std::string::npos);
    CHECK(contents(path) == before);
    const auto summary = nlohmann::json::parse(before);
    CHECK(summary["played_with"]["batch_size"] == 2);
    CHECK(summary["played_with"]["processor"] == describe_machine()["processor"]);
  }

  SECTION("each stage's time is kept") {
    const auto times = nlohmann::json::parse(contents(folder / "two" / "times.json"));
    for (const char* stage : {"collect", "train-vae", "train-mdn-rnn", "train-controller"}) {
      CHECK(times[stage].size() == 2);
    }
    CHECK(time_table(folder / "two" / "times.json").find("together") != std::string::npos);
    CHECK(time_table(folder / "none.json").empty());
  }

  SECTION("a summary that is another's is refused in one line") {
    const std::filesystem::path path = folder / "two" / "summary.json";
    auto summary = nlohmann::ordered_json::parse(contents(path));
    summary["returns"] = {{"game", 3}};
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"[]", "expected a JSON object, found array"},
        {"no JSON", "expected a JSON object, found no JSON"},
        {summary.dump(), "expected returns with mean, std and episodes"}};
    for (const auto& [text, refusal] : cases) {
      write_plainly(path, text);
      CHECK(message_of<Error>([&] { train(smoke(folder / "two")); }) == path.string() + ": " + refusal);
    }
  }

  SECTION("a stranger's number of threads is not believed, the one asked for here is") {
    const std::filesystem::path path = folder / "two" / "config.yaml";
    std::string config = contents(path);
    const std::string threads = "threads: 2";
    REQUIRE(config.find(threads) != std::string::npos);
    write_plainly(path, config.replace(config.find(threads), threads.size(), "threads: 1024"));
    CHECK(Experiment::open(folder / "two").pool->size() <= usable_threads());
    CHECK(Experiment::open(folder / "two", {"threads=3"}).pool->size() == 3);
  }

  SECTION("the summary says what was scored") {
    const auto summary = nlohmann::json::parse(contents(folder / "two" / "summary.json"));
    CHECK(summary["returns"].contains("game: dream-trained controller"));
    CHECK(summary["returns"].contains("dream: dream-trained controller"));
    CHECK(summary["subject"]["episodes"] == 2);
  }
}

TEST_CASE("a run that is stopped goes on to the same metrics and weights", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "whole"));
  // A stop before every stage, and the stages again.
  int stops = 0;
  for (bool finished = false; !finished;) {
    const StageOptions options = smoke(folder / "stopped");
    Experiment experiment = create_run(options);
    finished = true;
    for (int iteration = 0; iteration < 2 && finished; ++iteration) {
      for (const Stage& stage : stages_of(experiment.config)) {
        const auto before = contents(folder / "stopped" / "metrics.jsonl").size();
        try {
          if (stops % 2 == 0) {
            request_stop();
          }
          run_stage(stage, experiment, iteration);
          clear_stop();
          if (contents(folder / "stopped" / "metrics.jsonl").size() != before && stops % 2 == 1) {
            ++stops;
            finished = false;
            break;  // a new session after each stage that did something
          }
        } catch (const Stopped&) {
          clear_stop();
          ++stops;
          finished = false;
          break;
        }
      }
    }
  }
  CHECK(stops >= 8);
  train(smoke(folder / "stopped"));  // what is left is the closing table
  CHECK(contents(folder / "whole" / "metrics.jsonl") == contents(folder / "stopped" / "metrics.jsonl"));
  CHECK(logged(folder / "whole").size() > 50);
  CHECK((logged(folder / "whole") == logged(folder / "stopped")));  // the parentheses: pictures are not to be printed
  for (const char* file : {"vae.safetensors", "mdn_rnn.safetensors", "controller/generation-00003.safetensors",
                           "episodes/episode-000003.safetensors"}) {
    INFO(file);
    CHECK(contents(folder / "whole" / "iteration-01" / file) == contents(folder / "stopped" / "iteration-01" / file));
  }
}

TEST_CASE("the command that made a run changes nothing when it is given again", "[experiments]") {
  const TemporaryFolder folder;
  // With V frozen in an iteration, train-vae has nothing to train there. A stage that guesses from its files would run
  // again.
  const std::vector<std::string> overrides =
      GENERATE(std::vector<std::string>{}, std::vector<std::string>{"vae.epochs=[2,0]"});
  train(smoke(folder / "run", overrides));
  const auto before = everything(folder / "run");
  CHECK(before.size() > 20);
  train(smoke(folder / "run", overrides));
  const auto after = everything(folder / "run");
  CHECK(after.size() == before.size());
  for (const auto& [name, bytes] : before) {
    INFO(name);
    CHECK((after.count(name) == 1 && after.at(name) == bytes));  // the parentheses: not to be printed
  }
}

TEST_CASE("a run from before stages were marked is taken as it is", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "run", {"vae.epochs=[2,0]"}));
  const std::string metrics = contents(folder / "run" / "metrics.jsonl");
  int removed = 0;
  for (const int k : {0, 1}) {
    for (const Stage& stage : stages_of(ExperimentConfig{})) {
      removed += std::filesystem::remove(folder / "run" / str("iteration-0", k) / (stage.name + ".done.json"));
    }
  }
  CHECK(removed == 8);
  train(smoke(folder / "run", {"vae.epochs=[2,0]"}));
  CHECK(contents(folder / "run" / "metrics.jsonl") == metrics);
  CHECK(std::filesystem::exists(folder / "run" / "iteration-01" / "collect.done.json"));
}

TEST_CASE("a marker counts only for what it says: inputs, config, amount and files that are there", "[experiments]") {
  const TemporaryFolder folder;
  const std::filesystem::path run = folder / "run";
  train(smoke(run, {"iterations=1"}));
  const auto done = [&](const std::string& name, const std::vector<std::string>& overrides = {}) {
    const Experiment experiment = Experiment::open(run, overrides);
    for (const Stage& stage : stages_of(experiment.config)) {
      if (stage.name == name) {
        return is_done(stage, experiment, 0);
      }
    }
    throw std::logic_error(name);
  };
  CHECK(done("collect"));
  std::filesystem::remove(run / "iteration-00" / "episodes" / "episode-000001.safetensors");
  CHECK_FALSE(done("collect"));
  CHECK(done("train-vae"));
  CHECK_FALSE(done("train-vae", {"vae.epochs=[9]"}));
  CHECK(done("train-vae", {"vae.epochs=[1]"}));
  CHECK_FALSE(done("train-vae", {"vae.kl_floor=0.1"}));
  CHECK(done("train-vae", {"mdn_rnn.window=9"}));  // this key is not one of train-vae's
  CHECK(done("train-controller"));
  const std::filesystem::path marker = run / "iteration-00" / "train-controller.done.json";
  auto json = nlohmann::json::parse(contents(marker));
  json["inputs"].begin().value() = "another";
  write_plainly(marker, json.dump());
  CHECK_FALSE(done("train-controller"));
  write_plainly(marker, "[]");
  CHECK_FALSE(done("train-controller"));
  std::filesystem::remove(run / "iteration-00" / "vae.safetensors");
  CHECK_FALSE(done("train-vae"));
}

TEST_CASE("a run that is stopped amid its stages, at whatever task, goes on to the same metrics and weights",
          "[experiments]") {
  const TemporaryFolder folder;
  const std::vector<std::string> overrides = {
      "train_controller.method=" + std::string(GENERATE("evolution", "policy_gradient")),
      "train_controller.policy_gradient.updates=2"};
  const auto run_all = [](Experiment& experiment) {
    for (int iteration = 0; iteration < 2; ++iteration) {
      for (const Stage& stage : stages_of(experiment.config)) {
        run_stage(stage, experiment, iteration);
      }
    }
  };
  {
    Experiment experiment = create_run(smoke(folder / "whole", overrides));
    run_all(experiment);
  }
  // Each session is stopped after its tasks and threads have checked for a stop so many times.
  int stops = 0;
  for (int stop_at = 25; stop_at < 100000; stop_at += stop_at / 4) {
    std::atomic<int> polls = 0;
    Experiment experiment = create_run(smoke(folder / "stopped", overrides));
    experiment.pool = std::make_unique<WorkerPool>(2, use_one_thread, [&] { return ++polls >= stop_at; });
    try {
      run_all(experiment);
      break;
    } catch (const Stopped&) {
      ++stops;
      CHECK(polls <= stop_at + 4);  // each thread notices the stop at its next check, and no task begins
    }
  }
  CHECK(stops >= 10);
  CHECK(contents(folder / "whole" / "metrics.jsonl") == contents(folder / "stopped" / "metrics.jsonl"));
  for (const char* file :
       {"episodes/episode-000003.safetensors", "latents/latents-000003.safetensors", "vae.safetensors",
        "mdn_rnn.safetensors", "controller/generation-00003.safetensors", "controller/search.safetensors"}) {
    INFO(file);
    CHECK(contents(folder / "whole" / "iteration-01" / file) == contents(folder / "stopped" / "iteration-01" / file));
  }
}

TEST_CASE("what is damaged, foreign or made with another config is refused in one line", "[experiments]") {
  const TemporaryFolder folder;
  const std::filesystem::path run = folder / "run";
  train(smoke(run, {"iterations=1"}));
  const Experiment experiment = Experiment::open(run);
  const auto refuses = [](const auto& action, const std::vector<std::string>& words) {
    const std::string message = message_of<Error>(action);
    INFO(message);
    for (const std::string& word : words) {
      INFO(word);
      CHECK(message.find(word) != std::string::npos);
    }
    CHECK(message.find('\n') == std::string::npos);
  };

  const std::filesystem::path weights = run / "iteration-00" / "mdn_rnn.safetensors";
  const std::string whole = contents(weights);
  write_plainly(weights, whole.substr(0, whole.size() / 2));
  refuses([&] { load_world_model(experiment, 0); }, {weights.string()});
  std::string flipped = whole;
  flipped[whole.size() - 5] = static_cast<char>(flipped[whole.size() - 5] ^ 4);
  write_plainly(weights, flipped);
  refuses([&] { load_world_model(experiment, 0); }, {weights.string()});
  write_plainly(weights, contents(run / "iteration-00" / "vae.safetensors"));
  refuses([&] { load_world_model(experiment, 0); }, {weights.string(), "mdn_rnn/1"});
  std::filesystem::remove(weights);
  refuses([&] { load_world_model(experiment, 0); }, {"reverie train-mdn-rnn"});
  write_plainly(weights, whole);

  refuses([&] { load_world_model(Experiment::open(run, {"mdn_rnn.hidden_size=24"}), 0); },
          {weights.string(), "another config"});
  refuses(
      [&] {
        create_run(smoke(run, {"iterations=1", "mdn_rnn.hidden_size=24"}));
      },
      {"mdn_rnn.hidden_size", "16", "24"});
  // More than there is memory for, if it were made before the file is looked at.
  refuses(
      [&] {
        load_mdn_rnn(Experiment::open(run, {"mdn_rnn.hidden_size=8192", "mdn_rnn.head_size=8192",
                                            "mdn_rnn.mixtures=100", "vae.latent_size=1024"}),
                     0);
      },
      {weights.string(), "another config"});
  refuses([&] { load_controller(experiment, 0, 77); }, {"77", "found generations"});

  const std::filesystem::path start_states = run / "iteration-00" / "start_states.safetensors";
  TensorFile starts = read_tensor_file(start_states, kStartStatesKind);
  starts.tensors["train.state0"] = torch::zeros({});
  write_tensor_file(start_states, kStartStatesKind, starts);
  refuses([&] { load_start_states(experiment, *load_world_model(experiment, 0), 0, StartSet::train); },
          {start_states.string(), "train.state0", "found Float []"});
  const std::filesystem::path search = run / "iteration-00" / "controller" / "search.safetensors";
  TensorFile begun = read_tensor_file(search, kCheckpointKind);
  begun.metadata["generation"] = "many";
  write_tensor_file(search, kCheckpointKind, begun);
  refuses(
      [&] {
        Experiment going_on = create_run(smoke(run, {"iterations=1"}));
        train_controller_stage().run(going_on, going_on.config.at(0), 0);
      },
      {search.string(), "generation", "'many'"});
  RandomPolicyConfig constant;
  constant.kind = RandomPolicyKind::constant;
  constant.action = {0.0f, 0.5f};
  refuses([&] { play_random(experiment, constant, evaluation_seeds(1, 2)); }, {"3", "2"});
  CHECK(load_world_model(experiment, 0)->spec().action_size == 3);  // nothing was lost
}

TEST_CASE("a V that diverged is stopped by its own stage, which saves nothing", "[experiments]") {
  const TemporaryFolder folder;
  Experiment experiment = create_run(smoke(folder / "run", {"vae.learning_rate=1", "vae.updates_per_epoch=2"}));
  run_stages(experiment, 0, "train-vae");
  const std::string metrics = contents(folder / "run" / "metrics.jsonl");
  const std::string message = message_of<Error>([&] { train_vae_stage().run(experiment, experiment.config.at(0), 0); });
  INFO(message);
  CHECK(message.starts_with("train-vae: V has diverged in iteration 0: held-out frame "));
  CHECK(message.find('\n') == std::string::npos);
  CHECK_FALSE(std::filesystem::exists(vae_path(experiment.run, 0)));
  CHECK_FALSE(std::filesystem::exists(experiment.run.iteration(0) / "vae_checkpoint.safetensors"));
  CHECK(contents(folder / "run" / "metrics.jsonl") == metrics);
}

TEST_CASE("training C in the dream makes no game step", "[experiments]") {
  const TemporaryFolder folder;
  const std::string method = GENERATE("evolution", "policy_gradient");
  Experiment experiment = create_run(smoke(folder / "run", {"train_controller.method=" + method}));
  run_stages(experiment, 0, "train-controller");
  experiment.make_game = []() -> std::unique_ptr<Game> { throw std::logic_error("the game was touched"); };
  CHECK_NOTHROW(run_stages(experiment, 0));
  CHECK(experiment.run.generations(0).back() == 3);
}

TEST_CASE("a C that learns in the game is chosen by games of its own", "[experiments]") {
  const TemporaryFolder folder;
  Experiment experiment = create_run(
      smoke(folder / "run", {"iterations=1", "train_controller.in=[game]", "train_controller.choose_episodes=[3]"}));
  run_stages(experiment, 0);
  const std::map<int, double> played = choice(folder / "run", 0, "game_return");
  REQUIRE(played.size() == 2);
  REQUIRE(played.begin()->second != played.rbegin()->second);
  const int better = played.begin()->second > played.rbegin()->second ? played.begin()->first : played.rbegin()->first;
  CHECK(load_controller(experiment, 0, -1).generation == better);
}

TEST_CASE("what a search began with is among those to choose from", "[experiments]") {
  const TemporaryFolder folder;
  Experiment experiment = create_run(smoke(folder / "run", {"iterations=2", "train_controller.in=[dream, game]",
                                                            "train_controller.choose_episodes=[0, 3]"}));
  for (int iteration = 0; iteration < 2; ++iteration) {
    run_stages(experiment, iteration);
  }
  CHECK(experiment.run.generations(0).front() > 0);  // generation 0 is not saved where nothing is chosen
  const std::map<int, double> played = choice(folder / "run", 1, "game_return");
  CHECK(played.size() == experiment.run.generations(1).size());
  REQUIRE(played.count(0) == 1);
  CHECK((load_controller(experiment, 1, 0).policy.tensors == load_controller(experiment, 0, -1).policy.tensors));
}

TEST_CASE("a policy gradient gives the same controller on any number of threads, stopped or not", "[experiments]") {
  const TemporaryFolder folder;
  const std::vector<std::string> by_gradient = {"train_controller.method=policy_gradient",
                                                "train_controller.policy_gradient.updates=2"};
  const auto options = [&](const std::string& run, const std::string& threads) {
    StageOptions made = smoke(folder / run, by_gradient);
    made.overrides.push_back("threads=" + threads);
    return made;
  };
  {
    Experiment experiment = create_run(options("two", "2"));
    run_stages(experiment, 0, "train-controller");
  }
  std::filesystem::copy(folder / "two", folder / "one", std::filesystem::copy_options::recursive);
  {
    Experiment experiment = create_run(options("two", "2"));
    run_stages(experiment, 0);
  }
  {
    Experiment experiment = create_run(options("one", "1"));
    request_stop();
    CHECK_THROWS_AS(run_stages(experiment, 0), Stopped);
    clear_stop();
  }
  {
    Experiment experiment = create_run(options("one", "1"));
    run_stages(experiment, 0);
  }
  const char* const file = "iteration-00/controller/generation-00003.safetensors";
  CHECK(contents(folder / "two" / file).size() > 100);
  CHECK(contents(folder / "two" / file) == contents(folder / "one" / file));
  CHECK(contents(folder / "two" / "metrics.jsonl") == contents(folder / "one" / "metrics.jsonl"));
}
