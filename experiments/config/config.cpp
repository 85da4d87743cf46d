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

void VaeStageConfig::validate() const {
  vae.validate();
  training.validate("vae");
}

void MdnRnnStageConfig::validate() const {
  mdn_rnn.validate();
  training.validate("mdn_rnn");
  check_range("mdn_rnn.window", window, 1, 100000);
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
                "device: expected auto or cpu, found cuda: the kernels of M are written for the processor only");
  }
  const std::vector<TrainIn>& in = train_controller.in;
  if (in.empty()) {
    throw Error(ErrorKind::config, "train_controller.in: expected at least one of dream and game, found none");
  }
  const bool dreams = std::find(in.begin(), in.end(), TrainIn::dream) != in.end();
  if (dreams && dream.dream.reward == DreamReward::model && mdn_rnn.mdn_rnn.reward_head == RewardHead::none) {
    throw Error(ErrorKind::config, "dream.reward: expected constant where mdn_rnn.reward_head is none, found model");
  }
  if (dreams && dream.dream.end != DreamEnd::never && !mdn_rnn.mdn_rnn.end_head) {
    throw Error(ErrorKind::config, "dream.end: expected never where mdn_rnn.end_head is false");
  }
}

// Each struct's keys, once, for reading and for writing.

void visit(ConfigVisitor& v, CarRacingConfig& c) {
  v.field("lap_complete_percent", c.lap_complete_percent);
  v.field("domain_randomize", c.domain_randomize);
}

void visit(ConfigVisitor& v, TakeCoverConfig& c) {
  v.field("spawn_interval", c.spawn_interval);
  v.field("fire_chance", c.fire_chance);
  v.field("fireball_speed", c.fireball_speed);
  v.field("hit_radius", c.hit_radius);
  v.field("view_angle", c.view_angle);
  v.field("max_episode_steps", c.max_episode_steps);
  v.choice("damage", c.damage, {"one_hit", "doom"});
}

void visit(ConfigVisitor& v, GameConfig& c) {
  v.field("name", c.name);
  v.field("action_repeat", c.action_repeat);
  if (c.name == "take_cover") {
    v.section("take_cover", c.take_cover);
  } else {
    v.section("car_racing", c.car_racing);
  }
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

void visit(ConfigVisitor& v, VaeStageConfig& c) {
  v.field("latent_size", c.vae.latent_size);
  v.field("channels", c.vae.channels);
  v.field("kl_floor", c.vae.kl_floor);
  visit_training(v, c.training);
}

void visit(ConfigVisitor& v, MdnRnnStageConfig& c) {
  v.field("hidden_size", c.mdn_rnn.hidden_size);
  v.field("head_size", c.mdn_rnn.head_size);
  v.field("mixtures", c.mdn_rnn.mixtures);
  v.choice("reward_head", c.mdn_rnn.reward_head, {"none", "value", "event"});
  v.field("reward_scale", c.mdn_rnn.reward_scale);
  v.field("reward_weight", c.mdn_rnn.reward_weight);
  v.field("mask_first_reward", c.mdn_rnn.mask_first_reward);
  v.field("end_head", c.mdn_rnn.end_head);
  v.field("end_weight", c.mdn_rnn.end_weight);
  v.field("end_positive_weight", c.mdn_rnn.end_positive_weight);
  v.field("log_sigma_min", c.mdn_rnn.log_sigma_min);
  v.field("window", c.window);
  visit_training(v, c.training);
}

void visit(ConfigVisitor& v, VaeMdnRnnConfig& c) {
  v.choice("features", c.features, {"z", "zh", "zch", "zh_now"});
  v.field("latent_noise", c.latent_noise);
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
  v.section("vae", c.vae);
  v.section("mdn_rnn", c.mdn_rnn);
  v.section("model", c.model);
  v.section("controller", c.controller);
  v.section("dream", c.dream);
  v.section("train_controller", c.train_controller);
  v.section("evaluate", c.evaluate);
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

const std::vector<std::string>& growing_keys() {
  static const std::vector<std::string> keys = {"iterations", "vae.epochs", "mdn_rnn.epochs",
                                                "train_controller.generations"};
  return keys;
}

const std::vector<std::string>& free_keys() {
  static const std::vector<std::string> keys = {"threads", "evaluate.episodes", "evaluate.seed", "evaluate.baselines"};
  return keys;
}

}  // namespace reverie
