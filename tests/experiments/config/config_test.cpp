#include "experiments/config/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "env/car_racing/car_racing.h"
#include "env/error.h"
#include "env/random.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_writer.h"
#include "experiments/config/yaml_node.h"
#include "experiments/run/run_directory.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

const std::filesystem::path kConfigs = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs";

ExperimentConfig smoke_with(const std::string& override) {
  return load_config(kConfigs / "smoke.yaml", {{override}});
}

std::vector<std::filesystem::path> config_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kConfigs)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// A value within the field's range, often at its ends.
template <typename Value>
Value draw_within(Rng& rng, Value low, Value high) {
  const double at = rng.below(4) == 0 ? static_cast<double>(rng.below(2)) : rng.uniform_double();
  const double value = static_cast<double>(low) + at * (static_cast<double>(high) - static_cast<double>(low));
  return at == 0.0 ? low : at == 1.0 ? high : std::clamp(static_cast<Value>(value), low, high);
}

void draw_scalar(Rng& rng, const Scalar& scalar) {
  std::visit(
      [&rng](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, RangeField>) {
          const double a = draw_within(rng, value.low, value.high), b = draw_within(rng, value.low, value.high);
          *value.value = rng.below(2) == 0 ? Range(a) : Range(std::min(a, b), std::max(a, b));
        } else if constexpr (requires { value.low; }) {
          // Small values too, where a range spans many orders of magnitude.
          const double limits[] = {10.0, 1000.0, static_cast<double>(value.high)};
          const auto limit = static_cast<decltype(value.high)>(std::min(limits[rng.below(3)], 1e18));
          *value.value = draw_within(rng, value.low, std::clamp(limit, value.low, value.high));
        } else if constexpr (requires { value.set(0); }) {
          value.set(rng.below(value.names.size()));
        } else if constexpr (requires { *value = true; }) {
          *value = rng.below(2) == 0;
        }
      },
      scalar);
}

// Gives one field in four another value, or leaves it where the rules of `config` refuse that.
void draw_config(Rng& rng, ExperimentConfig& config, const std::function<std::vector<Field>()>& table) {
  const std::size_t size = table().size();
  for (std::size_t i = 0; i < size; ++i) {
    const std::vector<Field> all = table();
    if (std::holds_alternative<SectionField>(all[i].value)) {
      draw_config(rng, config, [&table, i] { return std::get<SectionField>(table()[i].value).fields(); });
      continue;
    }
    if (rng.below(4) != 0) {
      continue;
    }
    const ExperimentConfig before = config;
    if (const Scalar* scalar = std::get_if<Scalar>(&all[i].value)) {
      draw_scalar(rng, *scalar);
    } else {
      const ListField& list = std::get<ListField>(all[i].value);
      list.resize(list.min_size == list.max_size ? list.min_size : list.min_size + rng.below(4));
      for (std::size_t k = 0; k < list.size(); ++k) {
        draw_scalar(rng, list.at(k));
      }
    }
    try {
      config.validate();
    } catch (const Error&) {
      config = before;
    }
  }
}

}  // namespace

TEST_CASE("the config of an iteration holds that iteration's amounts", "[experiments]") {
  ExperimentConfig config = smoke_with("collect.exploration.noisy_share=[0.8, 0.4]");
  config.train_controller.policy_gradient.discount = {0.9, 0.5};
  CHECK(config.at(0).collect.exploration.noisy_share == 0.8);
  CHECK(config.at(1).collect.exploration.noisy_share == 0.4);
  CHECK(config.at(7).collect.exploration.noisy_share == 0.4);
  CHECK(config.at(1).collect.exploration.noise_rate == config.collect.exploration.noise_rate);
  CHECK(config.at(kLastIteration).train_controller.policy_gradient.discount == 0.5);
  CHECK(config.at(1).collect.episodes == 4);
  CHECK_THROWS_AS(config.collect.exploration.noisy_share < 1.0, std::logic_error);  // not of one iteration
  CHECK_THROWS_AS(config.at(-1), std::logic_error);
}

TEST_CASE("each iteration's amounts are checked", "[experiments]") {
  const auto refusal = [](const std::string& override) { return message_of<Error>([&] { smoke_with(override); }); };
  CHECK(refusal("collect.exploration.noisy_share=[0.5, 2]") ==
        "command line: collect.exploration.noisy_share=[0.5, 2]: collect.exploration.noisy_share[1]: expected 0 to 1, "
        "found 2");
  CHECK(refusal("collect.exploration.noisy_share=[]").find("noisy_share: expected at least one value, found none") !=
        std::string::npos);
  CHECK(refusal("collect.episodes=[0]").find(": collect.episodes: expected 2 to 999999, found 0") !=
        std::string::npos);  // the section's name once, not twice
  CHECK(refusal("train_controller.policy_gradient.discount=[0.9, 1.5]").find("1.5") != std::string::npos);
  CHECK(refusal("dream.pay_cap.max_reward=[]").find("max_reward: expected at least one value, found none") !=
        std::string::npos);
}

TEST_CASE("rules between keys name the place of one of them", "[experiments]") {
  const auto refusal = [](const std::string& override) { return message_of<Error>([&] { smoke_with(override); }); };
  CHECK(refusal("vae.shards=3") ==
        "command line: vae.shards=3: vae.shards: expected a divisor of batch_size 16, found 3");
  CHECK(refusal("collect.random.max_hold=0").find("collect.random.max_hold: expected 1 to 1000000, found 0") !=
        std::string::npos);
  CHECK(refusal("train_controller.cma_es.population_size=3") ==
        "command line: train_controller.cma_es.population_size=3: train_controller.cma_es.population_size: expected 0 "
        "or at least 4, found 3");
  CHECK(refusal("device=cuda").find("device: expected auto or cpu, found cuda") != std::string::npos);
  CHECK(refusal("mdn_rnn.reward_head=none").find("dream.reward: expected constant") != std::string::npos);
}

TEST_CASE("a factor of variation is a number, a range, or a list of them for the iterations", "[experiments]") {
  const auto car = [](const std::string& value, int iteration) {
    const ExperimentConfig config = smoke_with("game.car_racing.friction=" + value).at(iteration);
    return static_cast<Range>(std::any_cast<CarRacingConfig>(config.game.section).friction);
  };
  CHECK(car("0.5", 0) == Range(0.5));
  CHECK(car("{low: 0.6, high: 1.2}", 3) == Range(0.6, 1.2));
  CHECK(car("[0.5, {low: 0.6, high: 1.2}]", 0) == Range(0.5));
  CHECK(car("[0.5, {low: 0.6, high: 1.2}]", 4) == Range(0.6, 1.2));
  const auto color =
      std::any_cast<CarRacingConfig>(smoke_with("game.car_racing.grass_color=[0, {low: 1, high: 2}, 255]").game.section)
          .grass_color;
  CHECK(color == std::vector<Range>{Range(0.0), Range(1, 2), Range(255.0)});
  const auto refusal = [](const std::string& override) { return message_of<Error>([&] { smoke_with(override); }); };
  const std::string key = "command line: game.car_racing.friction=";
  const std::string expected =
      ": game.car_racing.friction: expected a number like 3, 0.5 or 1e-4, or a range {low: 0.5, high: 2}, found ";
  CHECK(refusal("game.car_racing.friction=ice") == key + "ice" + expected + "'ice'");
  CHECK(refusal("game.car_racing.friction={low: 1}") == key + "{low: 1}: expected a value or a list, found a mapping");
  CHECK(refusal("game.car_racing.friction={low: 1, high: x}") == key + "{low: 1, high: x}" + expected + "a mapping");
  CHECK(refusal("game.car_racing.friction={low: 1, high: 9}")
            .find("game.car_racing.friction: expected 0.05 to 3, found 9") != std::string::npos);
  CHECK(refusal("game.car_racing.friction={low: 2, high: 1}").find("expected low to be at most high, found 2 and 1") !=
        std::string::npos);
  CHECK(refusal("game.car_racing.road_color=[1, 2]").find("road_color: expected 3 values, found 2") !=
        std::string::npos);
  CHECK(refusal("collect.episodes={low: 1, high: 2}").find("expected a value or a list like [a, b], found a mapping") !=
        std::string::npos);
  CHECK(print_config(smoke_with("game.car_racing.friction=[1, {low: 0.5, high: 2}]"))
            .find("friction: [1, {low: 0.5, high: 2}]") != std::string::npos);
}

TEST_CASE("a config that is printed and read is the same, for 1,000 configs drawn from the tables", "[experiments]") {
  Rng rng(11);
  std::set<std::string> changed;
  const std::map<std::string, std::string> defaults = flat_config("defaults", print_config(ExperimentConfig()));
  for (int round = 0; round < 1000; ++round) {
    ExperimentConfig config;
    for (int pass = 0; pass < 2; ++pass) {  // some values are allowed only once another key has changed
      draw_config(rng, config, [&config] { return fields(config); });
    }
    const std::string printed = print_config(config);
    INFO(printed);
    const ExperimentConfig read = parse_config<ExperimentConfig>("printed", printed);
    REQUIRE(print_config(read) == printed);
    for (const auto& [key, value] : flat_config("printed", printed)) {
      if (!defaults.count(key) || defaults.at(key) != value) {
        changed.insert(key);
      }
    }
  }
  for (const auto& [key, value] : defaults) {  // so that no key is left out of the draws
    INFO(key);
    CHECK((changed.count(key) > 0 || (key == "model.kind" && model_kinds().size() == 1)));
  }
}

TEST_CASE("defaults are printed with an explanation of every key, and read back", "[experiments]") {
  const std::string explained = print_config(ExperimentConfig(), Explained::yes);
  CHECK(print_config(parse_config<ExperimentConfig>("defaults", explained)) == print_config(ExperimentConfig()));
  for (const GameEntry& entry : games()) {
    ExperimentConfig config;
    config.game.name = entry.name;
    const std::string text = print_config(config, Explained::yes);
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = text.find('\n', begin);
      const std::string line = text.substr(begin, end - begin);
      INFO(line);
      CHECK((line.empty() || line.find("  # ") != std::string::npos));
      begin = end + 1;
    }
    CHECK(print_config(parse_config<ExperimentConfig>("defaults", text)) == print_config(config));
  }
}

TEST_CASE("the configs that come with the program load, and hold only what differs from the defaults",
          "[experiments]") {
  REQUIRE(config_files().size() >= 7);
  for (const std::filesystem::path& file : config_files()) {
    INFO(file.string());
    const ExperimentConfig config = read_experiment(file);
    const std::map<std::string, std::string> defaults = flat_config("defaults", print_config(defaults_of(config)));
    for (const auto& [key, value] : flat_config(file.string(), read_config_text(file))) {
      INFO(key);
      const std::map<std::string, std::string> whole = flat_config("whole", print_config(config));
      REQUIRE(whole.count(key) == 1);
      CHECK((key == "seed" || key == "game.name" || key == "model.kind" || whole.at(key) != defaults.at(key)));
    }
  }
}
