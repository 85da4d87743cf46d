#include "experiments/config/config.h"

#include <algorithm>

#include "env/error.h"

namespace reverie {

namespace {

void check_amounts(const std::string& name, const std::vector<int>& amounts, int low) {
  if (amounts.empty()) {
    throw Error(ErrorKind::config, name + ": expected at least one number, found none");
  }
  for (const int amount : amounts) {
    check_range(name.c_str(), amount, low, 100000000);
  }
}

void check_not_empty(const char* name, const std::vector<double>& amounts) {
  if (amounts.empty()) {
    throw Error(ErrorKind::config, str(name, ": expected at least one number, found none"));
  }
}

}  // namespace

ExplorationConfig CollectConfig::exploration_at(int iteration) const {
  ExplorationConfig config = exploration;
  config.noisy_share = at_iteration(noisy_shares, iteration);
  return config;
}

void CollectConfig::validate() const {
  check_amounts("collect.episodes", episodes, 2);
  check_range("collect.episodes", *std::max_element(episodes.begin(), episodes.end()), 2, 999999);
  check_amounts("collect.max_episode_steps", max_episode_steps, 0);
  check_range("collect.batch_size", batch_size, 1, 4096);
  check_range("collect.random_share", random_share, 0.0, 1.0);
  check_range("collect.num_controllers", num_controllers, 1, 1000);
  check_not_empty("collect.exploration.noisy_share", noisy_shares);
  for (int iteration = 0; iteration < static_cast<int>(noisy_shares.size()); ++iteration) {
    exploration_at(iteration).validate();
  }
}

void TrainingConfig::validate(const char* section) const {
  const auto name = [section](const char* key) { return std::string(section) + "." + key; };
  check_amounts(name("epochs"), epochs, 0);
  check_range(name("updates_per_epoch").c_str(), updates_per_epoch, 1, 100000000);
  check_range(name("batch_size").c_str(), batch_size, 1, 1000000);
  check_range(name("shards").c_str(), shards, 1, 1024);
  if (batch_size % shards != 0) {
    throw Error(ErrorKind::config,
                str(name("shards"), ": expected a divisor of batch_size ", batch_size, ", found ", shards));
  }
  check_range(name("learning_rate").c_str(), learning_rate, 0.0, 10.0);
  check_range(name("learning_rate_end").c_str(), learning_rate_end, 0.0, 10.0);
  check_range(name("gradient_clip").c_str(), gradient_clip, 0.0, 1e9);
}

DreamConfig DreamStageConfig::at(int iteration) const {
  DreamConfig config = dream;
  config.pay_cap.max_reward = at_iteration(max_rewards, iteration);
  return config;
}

void DreamStageConfig::validate() const {
  check_not_empty("dream.pay_cap.max_reward", max_rewards);
  for (int iteration = 0; iteration < static_cast<int>(max_rewards.size()); ++iteration) {
    at(iteration).validate();
  }
}

PpoConfig PolicyGradientConfig::at(int iteration) const {
  PpoConfig config = ppo;
  config.discount = at_iteration(discount, iteration);
  config.noise = at_iteration(noise, iteration);
  config.noise_end = at_iteration(noise_end, iteration);
  return config;
}

void PolicyGradientConfig::validate() const {
  check_not_empty("train_controller.policy_gradient.discount", discount);
  check_not_empty("train_controller.policy_gradient.noise", noise);
  check_not_empty("train_controller.policy_gradient.noise_end", noise_end);
  const std::size_t longest = std::max({discount.size(), noise.size(), noise_end.size()});
  for (int iteration = 0; iteration < static_cast<int>(longest); ++iteration) {
    at(iteration).validate();
  }
}

void TrainControllerConfig::validate() const {
  check_amounts("train_controller.generations", generations, 0);
  check_range("train_controller.episodes", episodes, 1, 100000);
  check_range("train_controller.batch_size", batch_size, 1, 100000);
  check_range("train_controller.checkpoint_every", checkpoint_every, 1, 1000000);
  check_range("train_controller.num_start_states", num_start_states, 1, 10000000);
  check_amounts("train_controller.choose_episodes", choose_episodes, 0);
  policy_gradient.validate();
}

void EvaluateConfig::validate() const {
  check_range("evaluate.episodes", episodes, 2, 1000000);
  check_range("evaluate.seed", seed, std::uint64_t{0}, (std::uint64_t{1} << 32) - 1000001);
  check_range("evaluate.batch_size", batch_size, 1, 4096);
}

void ExperimentConfig::validate() const {
  check_range("iterations", iterations, 1, 1000);
  check_range("threads", threads, 0, 1024);
  if (device == Device::cuda) {
    throw Error(ErrorKind::config,
                "device: expected auto or cpu, found cuda: the kernels are written for the processor only");
  }
  if (train_controller.in.empty()) {
    throw Error(ErrorKind::config, "train_controller.in: expected at least one of dream and game, found none");
  }
  model.config->check(*this);
}

bool ExperimentConfig::dreams() const {
  return std::find(train_controller.in.begin(), train_controller.in.end(), TrainIn::dream) != train_controller.in.end();
}

// Each struct's keys, once, for reading and for writing.

// A config struct that comes as a table.
struct FieldTable {
  std::vector<Field> fields;
  void validate() const { check_fields(fields); }
};

void visit(ConfigVisitor& v, FieldTable& table) {
  for (Field& field : table.fields) {
    std::visit(
        [&](auto& value) {
          if constexpr (requires { value.names; }) {
            std::size_t index = value.get();
            v.choice(field.name, index, value.names);
            value.set(index);
          } else if constexpr (requires { value.value; }) {
            v.field(field.name, *value.value);
          } else {
            v.field(field.name, *value);
          }
        },
        field.value);
  }
}

void visit(ConfigVisitor& v, GameConfig& c) {
  std::vector<std::string> names;
  for (const GameEntry& entry : games()) {
    names.push_back(entry.name);
  }
  std::size_t which = static_cast<std::size_t>(&find_game(c.name) - games().data());
  v.choice("name", which, names);
  c.name = names[which];
  v.field("action_repeat", c.action_repeat);
  c.section = c.fitting_section();
  FieldTable table{find_game(c.name).fields(c.section)};
  v.section(c.name, table);
}

void visit(ConfigVisitor& v, RandomPolicyConfig& c) {
  v.choice("kind", c.kind, {"smooth", "held_uniform", "random_network", "constant"});
  v.field("min_rate", c.min_rate);
  v.field("max_rate", c.max_rate);
  v.field("min_deviation", c.min_deviation);
  v.field("max_deviation", c.max_deviation);
  v.field("mean_share", c.mean_share);
  v.field("probability_active", c.probability_active);
  v.field("min_hold", c.min_hold);
  v.field("max_hold", c.max_hold);
  v.field("weight_scale", c.weight_scale);
  v.field("action", c.action);
}

struct ExplorationKeys {
  ExplorationConfig& exploration;
  std::vector<double>& noisy_shares;
};

void visit(ConfigVisitor& v, ExplorationKeys& c) {
  v.field("noisy_share", c.noisy_shares);
  v.field("noise_deviation", c.exploration.noise_deviation);
  v.field("noise_rate", c.exploration.noise_rate);
  v.field("scaled_share", c.exploration.scaled_share);
  v.field("scaled_component", c.exploration.scaled_component);
  v.field("scale_low", c.exploration.scale_low);
  v.field("scale_high", c.exploration.scale_high);
}

void visit(ConfigVisitor& v, CollectConfig& c) {
  v.field("episodes", c.episodes);
  v.field("max_episode_steps", c.max_episode_steps);
  v.field("batch_size", c.batch_size);
  v.field("random_share", c.random_share);
  v.field("num_controllers", c.num_controllers);
  v.section("random", c.random);
  ExplorationKeys exploration{c.exploration, c.noisy_shares};
  v.section("exploration", exploration);
}

void visit_training(ConfigVisitor& v, TrainingConfig& c) {
  v.field("epochs", c.epochs);
  v.field("updates_per_epoch", c.updates_per_epoch);
  v.field("batch_size", c.batch_size);
  v.field("shards", c.shards);
  v.field("learning_rate", c.learning_rate);
  v.field("learning_rate_end", c.learning_rate_end);
  v.field("gradient_clip", c.gradient_clip);
}

void visit(ConfigVisitor& v, ModelChoice& c) {
  const std::vector<std::string> kinds = model_kinds();
  auto index = static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), c.kind) - kinds.begin());
  v.choice("kind", index, kinds);
  if (kinds[index] != c.kind) {
    c.kind = kinds[index];
    c.config = make_model_config(c.kind);
  }
  c.config->visit_model(v);
}

void visit(ConfigVisitor& v, ControllerConfig& c) {
  v.field("bias", c.bias);
  v.field("hidden_size", c.hidden_size);
  v.choice("squash", c.squash, {"tanh", "tanh01", "relu_tanh"});
}

void visit(ConfigVisitor& v, StartConfig& c) {
  v.field("first_share", c.first_share);
  v.field("any_share", c.any_share);
}

struct PayCapKeys {
  PayCapConfig& pay_cap;
  std::vector<double>& max_rewards;
};

void visit(ConfigVisitor& v, PayCapKeys& c) {
  v.field("window", c.pay_cap.window);
  v.field("max_reward", c.max_rewards);
  v.field("penalty", c.pay_cap.penalty);
}

void visit(ConfigVisitor& v, DreamStageConfig& c) {
  v.field("temperature", c.dream.temperature);
  v.field("horizon", c.dream.horizon);
  v.choice("reward", c.dream.reward, {"model", "constant"});
  v.choice("end", c.dream.end, {"never", "threshold", "sample"});
  v.section("starts", c.dream.starts);
  PayCapKeys pay_cap{c.dream.pay_cap, c.max_rewards};
  v.section("pay_cap", pay_cap);
}

void visit(ConfigVisitor& v, CmaEsConfig& c) {
  v.field("population_size", c.population_size);
  v.field("sigma", c.sigma);
  v.field("diagonal", c.diagonal);
  v.field("active", c.active);
}

void visit(ConfigVisitor& v, PolicyGradientConfig& c) {
  v.field("shards", c.ppo.shards);
  v.field("steps", c.ppo.steps);
  v.field("updates", c.ppo.updates);
  v.field("epochs", c.ppo.epochs);
  v.field("minibatches", c.ppo.minibatches);
  v.field("discount", c.discount);
  v.field("lambda", c.ppo.lambda);
  v.field("clip", c.ppo.clip);
  v.field("gradient_clip_norm", c.ppo.gradient_clip_norm);
  v.field("learning_rate", c.ppo.learning_rate);
  v.field("learning_rate_end", c.ppo.learning_rate_end);
  v.field("noise", c.noise);
  v.field("noise_end", c.noise_end);
}

void visit(ConfigVisitor& v, TrainControllerConfig& c) {
  v.choice("in", c.in, {"dream", "game"});
  v.field("generations", c.generations);
  v.choice("method", c.method, {"evolution", "policy_gradient"});
  v.section("cma_es", c.cma_es);
  v.section("policy_gradient", c.policy_gradient);
  v.field("continue_search", c.continue_search);
  v.field("episodes", c.episodes);
  v.field("batch_size", c.batch_size);
  v.field("checkpoint_every", c.checkpoint_every);
  v.field("num_start_states", c.num_start_states);
  v.field("choose_episodes", c.choose_episodes);
}

void visit(ConfigVisitor& v, EvaluateConfig& c) {
  v.field("episodes", c.episodes);
  v.field("seed", c.seed);
  v.field("batch_size", c.batch_size);
  v.field("baselines", c.baselines);
}

void visit(ConfigVisitor& v, ExperimentConfig& c) {
  v.field("seed", c.seed);
  v.field("iterations", c.iterations);
  v.choice("precision", c.precision, {"auto", "float32", "bfloat16"});
  v.choice("device", c.device, {"auto", "cpu", "cuda"});
  v.field("threads", c.threads);
  v.section("game", c.game);
  v.section("collect", c.collect);
  v.section("model", c.model);
  c.model.config->visit_sections(v);
  v.section("controller", c.controller);
  v.section("dream", c.dream);
  v.section("train_controller", c.train_controller);
  v.section("evaluate", c.evaluate);
}

ModelChoice::ModelChoice() : kind(model_kinds().front()), config(make_model_config(kind)) {}

ModelChoice& ModelChoice::operator=(const ModelChoice& other) {
  kind = other.kind;
  config = other.config->clone();
  return *this;
}

ExperimentConfig load_config(const std::filesystem::path& file, std::span<const std::string> overrides) {
  ExperimentConfig config = read_config<ExperimentConfig>(file, overrides);
  config.precision = resolve_precision(config.precision);
  config.dream.dream.constant_reward = static_cast<float>(config.game.action_repeat);
  return config;
}

std::string complete_config_text(const std::filesystem::path& file) {
  return write_config(read_config<ExperimentConfig>(file)).text();
}

std::vector<std::string> growing_keys(const ExperimentConfig& config) {
  std::vector<std::string> keys = config.model.config->growing_keys();
  keys.insert(keys.end(), {"iterations", "train_controller.generations"});
  return keys;
}

const std::vector<std::string>& free_keys() {
  static const std::vector<std::string> keys = {"threads", "evaluate.episodes", "evaluate.seed", "evaluate.baselines"};
  return keys;
}

}  // namespace reverie
