#include "experiments/config/config.h"

#include <algorithm>

#include "experiments/config/config_reader.h"
#include "experiments/config/config_writer.h"

namespace reverie {

void TrainingConfig::validate() const {
  check_ranges(*this);
  if (batch_size % shards != 0) {
    throw Error(ErrorKind::config, str("shards: expected a divisor of batch_size ", batch_size, ", found ", shards));
  }
}

ExperimentConfig ExperimentConfig::at(int iteration) const {
  ExperimentConfig config = *this;
  resolve_fields(fields(config), iteration);
  return config;
}

bool ExperimentConfig::dreams() const {
  const std::vector<TrainIn>& in = train_controller.in.values();
  return std::find(in.begin(), in.end(), TrainIn::dream) != in.end();
}

void ExperimentConfig::validate() const {
  check_ranges(*this);
  if (device == Device::cuda) {
    throw Error(ErrorKind::config,
                "device: expected auto or cpu, found cuda: the kernels are written for the processor only");
  }
  const std::vector<TrainIn>& in = train_controller.in.values();
  if (train_controller.method == TrainMethod::imagination &&
      std::find(in.begin(), in.end(), TrainIn::game) != in.end()) {
    throw Error(ErrorKind::config, "train_controller.in: expected dream where method is imagination, found game");
  }
  if (dream.reward == DreamReward::words && dream.goal.empty()) {
    throw Error(ErrorKind::config, "dream.goal: expected a sentence where dream.reward is words, found none");
  }
  model.config->check(*this);
}

std::vector<Field> fields(GameConfig& c) {
  std::vector<std::string> names;
  for (const GameEntry& entry : games()) {
    names.push_back(entry.name);
  }
  const auto get = [&c] { return static_cast<std::size_t>(&find_game(c.name) - games().data()); };
  const auto set = [&c](std::size_t index) { c.name = games()[index].name; };
  const auto of_game = [&c] {
    c.section = c.fitting_section();
    return find_game(c.name).fields(c.section);
  };
  const auto section = [&c, of_game]() -> std::vector<Field> {
    return {{c.name, SectionField{of_game, [of_game] { check_fields(of_game()); }}, "keys of this game alone"}};
  };
  return {
      {"name", Scalar(ChoiceField{names, get, set}), "which game"},
      number_field("action_repeat", c.action_repeat, 1, 1000, "of the game's own steps, for which an action is held"),
      {"", SectionField{section, [section] { check_fields(section()); }}, ""}};
}

std::vector<Field> fields(ModelChoice& c) {
  const auto get = [&c] {
    const std::vector<std::string> kinds = model_kinds();
    return static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), c.kind) - kinds.begin());
  };
  const auto set = [&c](std::size_t index) {
    const std::string kind = model_kinds()[index];
    if (kind != c.kind) {
      c.kind = kind;
      c.config = make_model_config(kind);
    }
  };
  const auto of_kind = [&c] { return c.config->model_fields(); };
  return {{"kind", Scalar(ChoiceField{model_kinds(), get, set}), "which world model"},
          {"", SectionField{of_kind, [of_kind] { check_fields(of_kind()); }}, ""}};
}

std::vector<Field> fields(ExperimentConfig& c) {
  const auto of_model = [&c] { return c.model.config->sections(); };
  return {number_field("seed", c.seed, 0, std::numeric_limits<std::uint64_t>::max(),
                       "of everything random; another seed is another run"),
          number_field("iterations", c.iterations, 1, 1000, "of collecting, training the world model, and training C"),
          choice_field("precision", c.precision, {"auto", "float32", "bfloat16"},
                       "of matrix products; auto: bfloat16 where the processor multiplies it natively"),
          choice_field("device", c.device, {"auto", "cpu", "cuda"}, "the processor; cuda is refused"),
          number_field("threads", c.threads, 0, 1024,
                       "0: one for each processor that this process may use; changes no result"),
          section_field("game", c.game, "the game"),
          section_field("collect", c.collect, "how episodes are recorded"),
          section_field("model", c.model, "the world model"),
          {"", SectionField{of_model, [of_model] { check_fields(of_model()); }}, ""},
          section_field("controller", c.controller, "C, which acts"),
          section_field("dream", c.dream, "the world model as a place to learn in"),
          section_field("planner", c.planner, "a policy that plans in the dream, from the present moment on"),
          section_field("train_controller", c.train_controller, "how C learns"),
          section_field("evaluate", c.evaluate, "how results are scored")};
}

ModelChoice::ModelChoice() : kind(model_kinds().front()), config(make_model_config(kind)) {}

ModelChoice& ModelChoice::operator=(const ModelChoice& other) {
  kind = other.kind;
  config = other.config->clone();
  return *this;
}

ExperimentConfig defaults_of(const ExperimentConfig& config) {
  ExperimentConfig defaults;
  defaults.game.name = config.game.name;
  defaults.model.kind = config.model.kind;
  defaults.model.config = make_model_config(config.model.kind);
  return defaults;
}

ExperimentConfig read_experiment(const std::filesystem::path& file, std::span<const std::string> overrides) {
  return read_config<ExperimentConfig>(file, overrides);
}

ExperimentConfig load_config(const std::filesystem::path& file, std::span<const std::string> overrides) {
  ExperimentConfig config = read_experiment(file, overrides);
  config.precision = resolve_precision(config.precision);
  config.dream.constant_reward = static_cast<float>(config.game.action_repeat);
  return config;
}

std::string complete_config_text(const std::filesystem::path& file) {
  return print_config(read_experiment(file));
}

std::vector<std::string> growing_keys(const ExperimentConfig& config) {
  std::vector<std::string> keys = config.model.config->growing_keys();
  keys.insert(keys.end(), {"iterations", "train_controller.generations"});
  return keys;
}

const std::vector<std::string>& free_keys() {
  static const std::vector<std::string> keys = {"threads", "evaluate.episodes", "evaluate.seed", "evaluate.baselines",
                                                "evaluate.planner_episodes"};
  return keys;
}

}  // namespace reverie
