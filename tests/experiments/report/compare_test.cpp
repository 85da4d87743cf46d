// `reverie compare` on a smoke run: its numbers against a second computation, its page against the rules for any page.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "tests/experiments/report/structure.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;
using Json = nlohmann::json;

namespace {

constexpr int kEpisodes = 4;
const std::vector<std::string> kQuickPlanner = {"planner.candidates=4", "planner.elites=2", "planner.hold=10"};

// A smoke run of one iteration, and its report; made once.
struct Report {
  TemporaryFolder folder;
  std::string html;
  Json json;

  Report() {
    StageOptions training;
    training.target = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
    training.run = folder / "run";
    training.command = {"reverie", "train"};
    train(training);
    CompareOptions options;
    options.run = folder / "run";
    options.overrides = {"threads=2"};
    options.num_episodes = kEpisodes;
    options.horizon = 40;
    options.temperatures = {0.5, 1.3};
    options.out = folder / "page.html";
    options.command = {"reverie", "compare", "run"};
    options.planner_episodes = 2;
    options.overrides.insert(options.overrides.end(), kQuickPlanner.begin(), kQuickPlanner.end());
    compare(options);
    html = read_file(options.out);
    json = Json::parse(read_file(folder / "page.json"));
  }
};

const Report& report() {
  static const Report made;
  return made;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) {
    sum += std::pow(value - mean_of(values), 2);
  }
  return std::sqrt(sum / (static_cast<double>(values.size()) - 1.0));
}

// Half the width of the 95 % interval, by a printed table of Student's t.
double half_width(const std::vector<double>& values) {
  const double t = values.size() == 2 ? 12.7062 : values.size() == 4 ? 3.182446 : NAN;
  return t * deviation_of(values) / std::sqrt(static_cast<double>(values.size()));
}

void check_play(const Json& play, std::size_t episodes) {
  const auto returns = play["returns"].get<std::vector<double>>();
  REQUIRE(returns.size() == episodes);
  CHECK(play["lengths"].size() == episodes);
  CHECK(play["terminated"].size() == episodes);
  CHECK(play["episodes"] == episodes);
  CHECK(play["mean"].get<double>() == Approx(mean_of(returns)));
  CHECK(play["std"].get<double>() == Approx(deviation_of(returns)));
  CHECK(play["interval_95"][0].get<double>() == Approx(mean_of(returns) - half_width(returns)).epsilon(1e-4));
  CHECK(play["interval_95"][1].get<double>() == Approx(mean_of(returns) + half_width(returns)).epsilon(1e-4));
}

// How many are smaller, and half of the other equal ones.
std::vector<double> counted_ranks(const std::vector<double>& values) {
  std::vector<double> result;
  for (const double value : values) {
    double rank = 0.5;
    for (const double other : values) {
      rank += other < value ? 1.0 : other == value ? 0.5 : 0.0;
    }
    result.push_back(rank);
  }
  return result;
}

double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += (x[i] - mean_of(x)) * (y[i] - mean_of(y));
  }
  return sum / (static_cast<double>(x.size()) - 1.0) / deviation_of(x) / deviation_of(y);
}

// Of all raw dreams at one step.
std::vector<double> at_step(const Json& raw, const char* name, std::size_t step) {
  std::vector<double> values;
  for (const Json& dream : raw) {
    values.push_back(dream[name][step].get<double>());
  }
  return values;
}

}  // namespace

TEST_CASE("returns, intervals and gaps are what the raw episodes say", "[report]") {
  const Json& json = report().json;
  check_play(json["returns"]["game"], kEpisodes);
  check_play(json["returns"]["dream"], kEpisodes);
  CHECK(json["clock"] == 1000);
  CHECK(json["best_return"] == 1000.0);
  const double game = mean_of(json["returns"]["game"]["returns"].get<std::vector<double>>());
  const double dream = mean_of(json["returns"]["dream"]["returns"].get<std::vector<double>>());
  CHECK(json["exploit_gap"]["absolute"].get<double>() == Approx(dream - game));
  CHECK(json["exploit_gap"]["relative"].get<double>() == Approx((dream - game) / std::abs(game)));
  REQUIRE(json["temperatures"].size() == 3);  // the config's 1.1 too
  CHECK(json["temperatures"][0]["temperature"] == 0.5);
  CHECK(json["temperatures"][1]["temperature"] == 1.1);
  CHECK(json["temperatures"][1]["dream"] == json["returns"]["dream"]);
  for (const Json& at : json["temperatures"]) {
    check_play(at["dream"], at["temperature"] == 1.1 ? 4 : 2);
    CHECK(at["exploit_gap"]["absolute"].get<double>() ==
          Approx(mean_of(at["dream"]["returns"].get<std::vector<double>>()) - game));
  }
  CHECK(json["temperatures"][0]["dream"]["returns"] != json["temperatures"][2]["dream"]["returns"]);
}

TEST_CASE("the rank correlation is that of the raw scores", "[report]") {
  const Json& json = report().json;
  REQUIRE(json["controllers"].size() >= 3);
  std::vector<double> game, dream;
  for (const Json& controller : json["controllers"]) {
    check_play(controller["game"], 2);
    check_play(controller["dream"], 2);
    game.push_back(mean_of(controller["game"]["returns"].get<std::vector<double>>()));
    dream.push_back(mean_of(controller["dream"]["returns"].get<std::vector<double>>()));
  }
  CHECK(json["rank_correlation"].get<double>() == Approx(pearson(counted_ranks(game), counted_ranks(dream))));
  CHECK(json["controllers"].back()["iteration"] == json["iteration"]);
  CHECK(json["controllers"].back()["generation"] == json["generation"]);
}

TEST_CASE("the newest controller plays in the scatter as in the table", "[report]") {
  const Json& json = report().json;
  const auto table = json["returns"]["game"]["returns"].get<std::vector<double>>();
  const auto scatter = json["controllers"].back()["game"]["returns"].get<std::vector<double>>();
  CHECK((scatter == std::vector<double>(table.begin(), table.begin() + 2)));
}

TEST_CASE("horizon curves and the divergence horizon are what the raw dreams say", "[report]") {
  const Json& open_loop = report().json["open_loop"];
  const Json& raw = open_loop["raw"];
  const std::size_t horizon = open_loop["horizon"].get<std::size_t>();
  REQUIRE(raw.size() == open_loop["dreams"].get<std::size_t>());
  REQUIRE(raw.size() >= 4);
  CHECK(horizon == 40);
  std::vector<double> dream_curve, frozen_curve;
  for (std::size_t step = 0; step < horizon; ++step) {
    for (const auto& [curve, name] :
         {std::pair("dream_pixel_error", "dream_pixel_error"), std::pair("frozen_pixel_error", "frozen_pixel_error"),
          std::pair("dream_ssim", "dream_ssim"), std::pair("latent_nll", "latent_nll")}) {
      CHECK(open_loop["curves"][curve]["mean"][step].get<double>() == Approx(mean_of(at_step(raw, name, step))));
    }
    std::vector<double> reward_error;
    for (const Json& dream : raw) {
      double sum = 0.0;
      for (std::size_t i = 0; i <= step; ++i) {
        sum += dream["dream_reward"][i].get<double>() - dream["recorded_reward"][i].get<double>();
      }
      reward_error.push_back(std::abs(sum));
    }
    CHECK(open_loop["curves"]["reward_error"]["mean"][step].get<double>() ==
          Approx(mean_of(reward_error)).margin(1e-9));
    dream_curve.push_back(mean_of(at_step(raw, "dream_pixel_error", step)));
    frozen_curve.push_back(mean_of(at_step(raw, "frozen_pixel_error", step)));
  }
  // The first crossing from below; 1 where the dream was never below.
  int divergence =
      std::equal(dream_curve.begin(), dream_curve.end(), frozen_curve.begin(), std::greater_equal<>()) ? 1 : 0;
  for (std::size_t step = 1; step < horizon && divergence == 0; ++step) {
    if (dream_curve[step - 1] < frozen_curve[step - 1] && dream_curve[step] >= frozen_curve[step]) {
      divergence = static_cast<int>(step) + 1;
    }
  }
  CHECK((divergence == 0 ? open_loop["divergence_horizon"].is_null() : open_loop["divergence_horizon"] == divergence));
  std::size_t steps = 0, ended = 0;
  for (const Json& bin : open_loop["end_calibration"]) {
    steps += bin["steps"].get<std::size_t>();
    ended += bin["ended"].get<std::size_t>();
  }
  CHECK(steps == raw.size() * horizon);
  std::size_t recorded_ends = 0;
  for (const Json& dream : raw) {
    for (const Json& flag : dream["terminated"]) {
      recorded_ends += flag.get<std::size_t>();
    }
  }
  CHECK(ended == recorded_ends);
}

TEST_CASE("promises are the raw dreams' rewards, and the planner has games of its own", "[report]") {
  const Json& json = report().json;
  check_play(json["planner"], 2);
  REQUIRE(json["promises"].size() == 2);
  const Json& own = json["promises"][0];
  CHECK(own["whose"] == "controller");
  CHECK(json["promises"][1]["whose"] == "planner");
  const Json& raw = json["open_loop"]["raw"];
  const std::size_t steps = own["steps"].get<std::size_t>();
  CHECK(steps == 40);  // of a plan's 60, and of dreams of 40
  // Each step counts as likely as the dream has not ended before.
  double dreamed = 0.0, recorded = 0.0;
  for (const Json& dream : raw) {
    double alive = 1.0;
    for (std::size_t step = 0; step < steps; ++step) {
      dreamed += alive * dream["dream_reward"][step].get<double>() / static_cast<double>(raw.size());
      recorded += dream["recorded_reward"][step].get<double>() / static_cast<double>(raw.size());
      alive *= 1.0 - dream["end_probability"][step].get<double>();
    }
  }
  CHECK(own["reward_dreamed"].get<double>() == Approx(dreamed).margin(1e-9));
  CHECK(own["reward_recorded"].get<double>() == Approx(recorded).margin(1e-9));
  CHECK(own["dream_pixel_error"].get<double>() == Approx(mean_of(at_step(raw, "dream_pixel_error", steps - 1))));
}

TEST_CASE("the game's own numbers stand beside the dream's errors of them", "[report]") {
  const Json& truth = report().json["truth"];
  REQUIRE(truth.size() >= 5);
  for (const Json& of : truth) {
    CHECK(of["spread"].get<double>() > 0.0);
    for (const char* curve : {"median_error_dreamed", "median_error_shown", "median_error_frozen"}) {
      REQUIRE(of[curve].size() == 40);
    }
    CHECK(of["median_error_dreamed"] != of["median_error_shown"]);
  }
}

TEST_CASE("what the dream is shown as is what it was: similarity lies in range, likelihoods are finite", "[report]") {
  for (const Json& dream : report().json["open_loop"]["raw"]) {
    for (const Json& value : dream["reconstruction_ssim"]) {
      CHECK((value.get<double>() > -1.0 && value.get<double>() <= 1.0));
    }
    for (const Json& value : dream["latent_nll"]) {
      CHECK(value.is_number());
    }
  }
}

TEST_CASE("the cheating detector speaks in the report and on the page alike", "[report]") {
  const Json& findings = report().json["cheating"];
  REQUIRE(findings.size() == 3);
  for (const Json& finding : findings) {
    CHECK(report().html.find(finding["words"].get<std::string>()) != std::string::npos);
  }
}

TEST_CASE("the page says how C learnt, whatever the learner", "[report]") {
  CHECK(report().html.find("population 8, 2 episodes each") != std::string::npos);
  CompareOptions options;
  options.run = report().folder / "run";
  options.num_episodes = 2;
  options.horizon = 2;
  options.temperatures = {};
  options.out = report().folder / "learner.html";
  options.overrides = {"train_controller.method=policy_gradient", "train_controller.policy_gradient.updates=3"};
  compare(options);
  const std::string by_gradient = read_file(options.out);
  CHECK(by_gradient.find("3 updates a generation, each of 32 steps in 32 episodes side by side") != std::string::npos);
  CHECK(by_gradient.find("population 8,") == std::string::npos);  // the config has population_size
  const Json json = Json::parse(read_file(report().folder / "learner.json"));
  for (const Json& finding : json["cheating"]) {  // two controllers and two episodes say little
    const bool counted = finding["kind"] != "promises_too_much";
    CHECK((!counted || finding["verdict"] == "too few to say"));
    CHECK(by_gradient.find(finding["words"].get<std::string>()) != std::string::npos);
  }
}

TEST_CASE("the page has every section, is balanced, small and needs no network", "[report]") {
  const std::string& html = report().html;
  CHECK(html.size() < 20u * 1000 * 1000);
  CHECK(fetched(html).empty());
  CHECK(unbalanced_tags(html).empty());
  for (const char* section :
       {"returns", "gap", "controllers", "horizon", "strips", "draws", "truth", "planner", "episodes", "learning"}) {
    INFO(section);
    CHECK(html.find(std::string("<section id=\"") + section + "\">") != std::string::npos);
    CHECK(html.find(std::string("href=\"#") + section + "\"") != std::string::npos);
  }
  const std::vector<std::string> charts = pieces_between(html, "<svg", "</svg>");
  CHECK(charts.size() >= 12);
  for (const std::string& chart : charts) {
    const bool drawn = chart.find("<path class=\"line ") != std::string::npos ||
                       chart.find("<path class=\"bar ") != std::string::npos ||
                       chart.find("<circle") != std::string::npos;
    INFO(chart.substr(0, 200));
    CHECK(drawn);
    CHECK(chart.find("<path") != std::string::npos);
    CHECK(chart.find("nan") == std::string::npos);
  }
  CHECK(pieces_between(html, "<figure class=\"film\"", ">").size() == 3);
  CHECK(pieces_between(html, "<figure class=\"strip\"", ">").size() == 4);
  CHECK(html.find("reverie compare run") != std::string::npos);
  CHECK(html.find("latent_size: 8") != std::string::npos);  // the config
}

TEST_CASE("the same comparison gives the same numbers, on one thread too", "[report]") {
  CompareOptions options;
  options.run = report().folder / "run";
  options.overrides = {"threads=1"};
  options.planner_episodes = 2;
  options.overrides.insert(options.overrides.end(), kQuickPlanner.begin(), kQuickPlanner.end());
  options.num_episodes = kEpisodes;
  options.horizon = 40;
  options.temperatures = {0.5, 1.3};
  options.out = report().folder / "again.html";
  options.command = {"reverie", "compare", "run"};
  compare(options);
  CHECK(Json::parse(read_file(report().folder / "again.json")) == report().json);
}

TEST_CASE("a comparison of nothing, or into its own numbers, is refused", "[report]") {
  CompareOptions options;
  options.run = report().folder / "none";
  CHECK_THROWS_AS(compare(options), Error);
  options.run = report().folder / "run";
  options.out = report().folder / "page.json";
  CHECK_THROWS_WITH(compare(options), ContainsSubstring("FILE.html"));
}
