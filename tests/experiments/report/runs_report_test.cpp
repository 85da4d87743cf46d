#include "experiments/report/runs_report.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "tests/experiments/report/structure.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

using Json = nlohmann::json;

void train_smoke(const std::filesystem::path& run, const std::vector<std::string>& overrides) {
  StageOptions options;
  options.target = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
  options.run = run;
  options.overrides = overrides;
  options.command = {"reverie", "train"};
  train(options);
}

// The values of a stage's measurement, straight from the lines.
std::vector<double> recount(const std::filesystem::path& run, const std::string& stage, const std::string& name) {
  std::vector<double> values;
  std::istringstream lines(read_file(run / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line);
    if (json.at("stage") == stage) {
      values.push_back(json.at(name).get<double>());
    }
  }
  return values;
}

void check_self_contained(const std::string& page) {
  CHECK(unbalanced_tags(page) == "");
  CHECK(fetched(page).empty());
  CHECK(page.find("nothing to show") == std::string::npos);
}

RunRecord made_up(const std::string& name, const std::string& seed, double score) {
  RunRecord run;
  run.folder = run.name = name;
  run.config = {{"seed", seed}, {"threads", seed}, {"a", "1"}};
  run.scores = {{"game", {score, 1.0, 4}}};
  run.curves["train-controller"]["sigma"] = {{0, 0}, {1, 2}, {1, 2}, {score, std::nan("")}};
  return run;
}

}  // namespace

TEST_CASE("a report of two seeds holds both, and its numbers are those of the runs' files", "[report]") {
  const TemporaryFolder folder;
  train_smoke(folder / "seed1", {"seed=1"});
  train_smoke(folder / "seed2", {"seed=2"});
  train_smoke(folder / "other", {"iterations=1", "mdn_rnn.hidden_size=24"});
  ReportOptions options;
  options.runs = {folder / "seed1", folder / "seed2", folder / "other"};
  options.out = folder / "pages" / "all.html";
  report(options);
  const std::string page = read_file(options.out);
  check_self_contained(page);
  const Json json = Json::parse(read_file(folder / "pages" / "all.json"));

  REQUIRE(json["runs"].size() == 3);
  for (std::size_t run = 0; run < 3; ++run) {
    const Json& entry = json["runs"][run];
    const std::filesystem::path& path = options.runs[run];
    const std::string name = path.filename().string();
    CHECK(entry["name"] == name);
    CHECK(page.find(">" + name + "<") != std::string::npos);
    const Json summary = Json::parse(read_file(path / "summary.json"))["returns"];
    REQUIRE(entry["scores"].size() == summary.size());
    for (const auto& [row, score] : summary.items()) {
      CHECK(entry["scores"][row]["mean"] == score["mean"]);
      CHECK(entry["scores"][row]["deviation"] == score["std"]);
      CHECK(page.find(row) != std::string::npos);
    }
    CHECK(entry["curves"]["train-vae"]["held_out_kl"]["y"] == Json(recount(path, "train-vae", "held_out_kl")));
    CHECK(entry["curves"]["open-loop"]["dream_error_10"]["y"] == Json(recount(path, "open-loop", "dream_error_10")));
    const auto lengths = recount(path, "train-controller", "mean_length");
    CHECK(entry["controller_steps"].get<double>() ==
          Approx(8 * 2 * std::accumulate(lengths.begin(), lengths.end(), 0.0)));
    const auto steps = recount(path, "collect", "steps");
    CHECK(entry["recorded_steps"].get<double>() == std::accumulate(steps.begin(), steps.end(), 0.0));
    const Json times = Json::parse(read_file(path / "times.json"));
    CHECK(entry["seconds"].size() == times.size());
    for (const auto& [stage, spent] : entry["seconds"].items()) {
      double sum = 0.0;
      for (const Json& iteration : times.at(stage)) {
        sum += iteration.get<double>();
      }
      CHECK(spent.get<double>() == sum);
    }
  }
  CHECK(json["runs"][0]["curves"]["train-controller"]["sigma"]["x"] == Json({1, 2, 3, 4, 5, 6}));
  CHECK(json["runs"][0]["curves"]["open-loop"]["dream_error_10"]["x"] == Json({0, 1}));

  REQUIRE(json["groups"].size() == 2);
  const Json& seeds = json["groups"][0];
  CHECK(seeds["runs"] == Json({"seed1", "seed2"}));
  const std::string trained = "game: dream-trained controller";
  const double a = json["runs"][0]["scores"][trained]["mean"], b = json["runs"][1]["scores"][trained]["mean"];
  CHECK(a != b);
  const Json& score = seeds["scores"][trained];
  CHECK(score["count"] == 2);
  CHECK(score["mean"].get<double>() == Approx((a + b) / 2));
  CHECK(score["deviation"].get<double>() == Approx(std::abs(a - b) / std::sqrt(2.0)));
  const double half = 12.7062 * std::abs(a - b) / 2;  // Student's t for one degree of freedom
  CHECK(score["low"].get<double>() == Approx((a + b) / 2 - half).epsilon(1e-5));
  CHECK(score["high"].get<double>() == Approx((a + b) / 2 + half).epsilon(1e-5));
  const auto one = recount(options.runs[0], "train-controller", "mean_fitness");
  const auto two = recount(options.runs[1], "train-controller", "mean_fitness");
  const Json& fitness = seeds["curves"]["train-controller"]["mean_fitness"];
  REQUIRE(fitness.size() == one.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(fitness[i]["x"] == i + 1);
    CHECK(fitness[i]["mean"].get<double>() == Approx((one[i] + two[i]) / 2));
    CHECK(fitness[i]["deviation"].get<double>() == Approx(std::abs(one[i] - two[i]) / std::sqrt(2.0)).margin(1e-9));
  }

  REQUIRE(json["config_differences"].size() == 2);
  CHECK(json["config_differences"]["mdn_rnn.hidden_size"]["seed1"] == "16");
  CHECK(json["config_differences"]["mdn_rnn.hidden_size"]["other"] == "24");
  CHECK(json["config_differences"]["iterations"]["other"] == "1");
  CHECK(page.find("mdn_rnn.hidden_size") != std::string::npos);
}

TEST_CASE("runs of one config but for seed and threads are one group; what is not finite is left out", "[report]") {
  std::vector<RunRecord> runs = {made_up("lap-seed1", "1", 10), made_up("lap-seed2", "2", 20),
                                 made_up("other", "1", 30)};
  runs[2].config["a"] = "2";
  const std::vector<RunGroup> groups = group_runs(runs);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "lap (2 seeds)");
  CHECK(groups[0].runs == std::vector<std::size_t>{0, 1});
  CHECK(groups[1].name == "other");
  const auto json = runs_json(runs);
  CHECK(json["groups"][0]["curves"]["train-controller"]["sigma"].size() == 1);
  CHECK(json["groups"][0]["curves"]["train-controller"]["sigma"][0]["mean"] == 15);
  CHECK(json["runs"][0]["curves"]["train-controller"]["sigma"]["y"][0] == 10);
  CHECK(runs_page(runs).find("Bands are one deviation over seeds") != std::string::npos);
  CHECK(runs_page({runs[0]}).find("Bands are one deviation over seeds") == std::string::npos);
}

TEST_CASE("the steps in which C learnt are those of its learner", "[report]") {
  const TemporaryFolder folder;
  const std::string lines =
      "{\"stage\": \"train-controller\", \"iteration\": 0, \"step\": 1, \"mean_length\": 100}\n"
      "{\"stage\": \"train-controller\", \"iteration\": 0, \"step\": 2, \"mean_length\": 50}\n";
  const auto steps = [&](const std::string& config) {
    write_plainly(folder / "config.yaml", config);
    write_plainly(folder / "metrics.jsonl", lines);
    return read_runs({folder.path()}).at(0).controller_steps.value();
  };
  const std::string gradient =
      "train_controller:\n  method: policy_gradient\n  batch_size: 128\n  episodes: 3\n"
      "  policy_gradient: {updates: 5, steps: 16, shards: 2, minibatches: 4}\n";
  CHECK(steps(gradient) == 2 * 5 * 16 * 128 * 2);  // however long an episode is
  CHECK(steps("train_controller:\n  episodes: 3\n  cma_es: {population_size: 10}\n") == (100 + 50) * 3 * 10);
  // CMA-ES's own population for 3 x (32 + 256 + 1) parameters: 4 + floor(3 ln 867).
  CHECK(steps("vae: {latent_size: 32}\nmdn_rnn: {hidden_size: 256}\nmodel: {features: zh}\n"
              "controller: {bias: true, hidden_size: 0}\ntrain_controller: {episodes: 1}\n") == (100 + 50) * 24);
}

TEST_CASE("a report says how scores were played, as far as summary.json does", "[report]") {
  const TemporaryFolder folder;
  write_plainly(folder / "config.yaml", "seed: 1\n");
  const auto played = [&](const std::string& more) {
    write_plainly(folder / "summary.json",
                  "{" + more + "\"returns\": {\"game: c\": {\"mean\": 1, \"std\": 1, \"episodes\": 100}}}");
    const std::vector<RunRecord> runs = read_runs({folder.path()});
    CHECK(runs_page(runs).find(runs[0].played) != std::string::npos);
    CHECK(runs_json(runs)["runs"][0]["played"] == runs[0].played);
    return runs[0].played;
  };
  CHECK(played("") == "");
  const std::string subject = "\"subject\": {\"seed\": 1000000, \"episodes\": 100, \"precision\": \"bfloat16\"}, ";
  CHECK(played(subject) == "seeds 1000000 to 1000099, bfloat16");
  const std::string with = "\"played_with\": {\"batch_size\": 16, \"processor\": \"Some CPU\"}, ";
  CHECK(played(subject + with) == "seeds 1000000 to 1000099, bfloat16, batches of 16, Some CPU");
  CHECK(played(subject + with + "\"exported\": \"before\", ") ==
        "seeds 1000000 to 1000099, bfloat16, batches of 16, Some CPU, before");
}

TEST_CASE("a run that has only begun is shown, a folder that is none is refused", "[report]") {
  const TemporaryFolder folder;
  for (const char* parent : {"x", "y"}) {
    std::filesystem::create_directories(folder / parent / "run");
    write_plainly(folder / parent / "run" / "config.yaml", "seed: 1\n");
  }
  const std::vector<RunRecord> runs = read_runs({folder / "x" / "run", folder / "y" / "run/"});
  CHECK(runs[0].name == "x/run");
  CHECK(runs[1].name == "y/run");
  const std::string page = runs_page(runs);
  check_self_contained(page);
  CHECK(page.find("None of these runs has a summary.json yet.") != std::string::npos);
  CHECK(message_of<Error>([&] {
          read_runs({folder / "x" / "run", folder / "x" / "run/"});
        }).ends_with("this run was given twice"));
  CHECK(message_of<Error>([&] { read_runs({folder / "z"}); }).ends_with("no such run folder"));
  write_plainly(folder / "x" / "run" / "summary.json", "{\"returns\": {\"game\": 3}}");
  CHECK(message_of<Error>([&] {
          read_runs({folder / "x" / "run"});
        }).ends_with("summary.json: expected returns with mean, std and episodes"));
  ReportOptions options;
  options.runs = {folder / "y" / "run"};
  options.out = folder / "page.json";
  CHECK(message_of<Error>([&] { report(options); }).ends_with("expected the page's name, FILE.html"));
}
