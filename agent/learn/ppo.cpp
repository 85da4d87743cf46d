#include "agent/learn/ppo.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "env/discrete.h"
#include "env/error.h"
#include "env/random.h"
#include "worldmodel/data/weights.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/nn/tensor_message.h"

namespace reverie {

using torch::Tensor;

namespace {

ActorCriticConfig sizes(const ControllerConfig& controller, const FeatureEnvironment& environment) {
  const EnvironmentSpec& spec = environment.spec();
  return {spec.observation_size(), spec.action_size(), controller.hidden_size, controller.bias};
}

// The means of measurements, which have the same names in each entry.
Measurements mean_of(const std::vector<Measurements>& all) {
  Measurements means = all.at(0);
  for (std::size_t i = 0; i < means.size(); ++i) {
    means[i].second = 0.0;
    for (const Measurements& values : all) {
      means[i].second += values[i].second / static_cast<double>(all.size());
    }
  }
  return means;
}

// One of each row's actions as a one-hot row, drawn from the softmax of its scores [rows, action].
Tensor draw_one_hot(const Tensor& scores, Rng& rng) {
  Tensor action = torch::empty(scores.sizes());
  const auto size = static_cast<std::size_t>(scores.size(1));
  for (std::int64_t row = 0; row < scores.size(0); ++row) {
    const std::span<const float> of_row(scores[row].data_ptr<float>(), size);
    set_one_hot({action[row].data_ptr<float>(), size}, draw_from_softmax(of_row, rng.uniform()));
  }
  return action;
}

}  // namespace

// One environment and the state of its episodes.
struct Ppo::Shard {
  int index = 0;
  FeatureEnvironment* environment = nullptr;
  Tensor whitened;             // [rows, feature], of now
  std::uint64_t episodes = 0;  // begun in this generation
  int ended = 0;               // of them
  double paid = 0;
};

void PpoConfig::validate() const {
  check_ranges(*this);
  check_range("minibatches", minibatches, 1, steps);
}

Ppo::Ppo(const PpoConfig& config, const ControllerConfig& controller, WorkerPool& pool, const Tensor& features,
         const std::vector<FeatureEnvironment*>& environments, const SearchTask& task)
    : config_(config),
      pool_(pool),
      squash_(controller.squash),
      run_seed_(task.run_seed),
      draw_index_(task.draw_index),
      seed_(derive_seed(task.run_seed, Stream::ppo_init, task.draw_index)),
      generations_(task.generations),
      whitening_(Whitening::fit(features, controller.bias)),
      actor_critic_(sizes(controller, *environments.at(0)), seed_),
      adam_(*actor_critic_),
      parallel_(
          actor_critic_, [&] { return ActorCritic(sizes(controller, *environments[0]), seed_); }, config.shards, pool) {
  REVERIE_CHECK(environments.size(), ==, static_cast<std::size_t>(config_.shards));
  squash_.resize(static_cast<std::size_t>(environments[0]->spec().action_size()), Squash::tanh);
  if (std::any_of(task.start.begin(), task.start.end(), [](double value) { return value != 0.0; })) {
    actor_critic_->set_controller(task.start, whitening_);
    starts_from_controller_ = true;
  }
  for (int i = 0; i < config_.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>());
    shards_.back()->index = i;
    shards_.back()->environment = environments[static_cast<std::size_t>(i)];
  }
}

Ppo::~Ppo() = default;

double Ppo::progress(int update) const {
  return (generation_ + static_cast<double>(update) / config_.updates) / std::max(1, generations_);
}

double Ppo::deviation(int update) const {
  return config_.noise * std::pow(config_.noise_end / config_.noise, progress(update));
}

std::string Ppo::when(int update) const {
  return str("policy gradient: generation ", generation_ + 1, ", update ", update + 1);
}

void Ppo::check_finite_number(const char* what, double value, int update) const {
  if (!std::isfinite(value)) {
    throw Error(ErrorKind::other, str(when(update), ": ", what, " is ", value, ": expected a finite number"));
  }
}

void Ppo::begin_episodes(Shard& shard, const std::vector<int>& rows) {
  constexpr std::uint64_t kMost = 1 << 24;  // episodes of one shard in one generation
  const auto shard_of_all = static_cast<std::uint64_t>(generation_ * config_.shards + shard.index);
  std::vector<std::uint64_t> seeds;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    seeds.push_back(training_game_seed(run_seed_, Stream::controller_episode, draw_index_,
                                       shard_of_all * kMost + shard.episodes++));
  }
  shard.environment->reset(rows, seeds);
}

Rollout Ppo::play(Shard& shard, int update) {
  torch::NoGradGuard no_grad;
  FeatureEnvironment& environment = *shard.environment;
  if (update == 0) {  // each generation starts new episodes and keeps nothing but the weights
    shard.episodes = 0;
    shard.ended = 0;
    shard.paid = 0.0;
    shard.whitened = Tensor();
    std::vector<int> all(static_cast<std::size_t>(environment.spec().batch_size));
    std::iota(all.begin(), all.end(), 0);
    begin_episodes(shard, all);
  }
  const EnvironmentSpec& spec = environment.spec();
  const std::int64_t rows = spec.batch_size, actions = spec.action_size(), steps = config_.steps;
  const std::int64_t features = spec.observation_size();
  const auto look = [&] {
    return whitening_.apply(torch::from_blob(const_cast<float*>(environment.observation().data()), {rows, features}));
  };
  Rollout rollout;
  rollout.discrete = spec.actions == ActionKind::discrete;
  rollout.whitened = torch::empty({steps, rows, features});
  rollout.output = torch::empty({steps, rows, actions});
  rollout.mean = torch::empty({steps, rows, actions});
  Tensor value = torch::empty({steps, rows}), next_value = torch::empty({steps, rows});
  Tensor rewards = torch::empty({steps, rows}), end = torch::zeros({steps, rows}), cut = torch::zeros({steps, rows});
  Rng rng(derive_seed(seed_, Stream::ppo_noise, static_cast<std::uint64_t>(generation_),
                      static_cast<std::uint64_t>(update * config_.shards + shard.index)));
  const double noise_deviation = deviation(update);
  if (!shard.whitened.defined()) {
    shard.whitened = look();
  }
  Tensor worth = actor_critic_->values(shard.whitened);
  Tensor noise = torch::empty({rows, actions});
  for (std::int64_t t = 0; t < steps; ++t) {
    pool_.throw_if_ending();
    const Tensor mean = actor_critic_->outputs(shard.whitened);
    Tensor action;
    if (rollout.discrete) {
      action = draw_one_hot((mean / noise_deviation).contiguous(), rng);
    } else {
      rng.fill_normal({noise.data_ptr<float>(), static_cast<std::size_t>(noise.numel())});
      action = mean + noise_deviation * noise;
    }
    rollout.whitened[t] = shard.whitened;
    rollout.mean[t] = mean;
    rollout.output[t] = action;
    value[t] = worth;
    float* const values = action.data_ptr<float>();
    for (std::int64_t i = 0; !rollout.discrete && i < rows * actions; ++i) {
      values[i] = squashed(squash_[static_cast<std::size_t>(i % actions)], values[i]);
    }
    environment.step(numbers_of<float>(action));
    shard.whitened = look();
    worth = actor_critic_->values(shard.whitened);
    next_value[t] = worth;

    float* const reward = rewards[t].data_ptr<float>();
    float* const ends = end[t].data_ptr<float>();
    float* const cuts = cut[t].data_ptr<float>();
    std::vector<int> ended;
    for (int row = 0; row < spec.batch_size; ++row) {
      const auto at = static_cast<std::size_t>(row);
      check_finite_number("a step's reward", static_cast<double>(environment.reward()[at]), update);
      shard.paid += static_cast<double>(environment.reward()[at]);
      reward[row] = environment.reward()[at] * static_cast<float>(1.0 - config_.discount);
      ends[row] = environment.end_probability(row);
      if (!environment.live(row)) {
        ended.push_back(row);
        cuts[row] = 1.0f;
      }
    }
    if (!ended.empty()) {
      shard.ended += static_cast<int>(ended.size());
      begin_episodes(shard, ended);
      shard.whitened = look();
      worth = actor_critic_->values(shard.whitened);
    }
  }
  rollout.advantage = generalized_advantage(rewards, value, next_value, end, cut, config_.discount, config_.lambda);
  rollout.value_target = rollout.advantage + value;
  return rollout;
}

void Ppo::play_all(std::vector<Rollout>& rollouts, int update) {
  const auto work = [&](int shard, int) {
    rollouts[static_cast<std::size_t>(shard)] = play(*shards_[static_cast<std::size_t>(shard)], update);
  };
  Elsewhere elsewhere = helpers().elsewhere();
  elsewhere.pinned = true;  // whoever plays a shard goes on with its episodes, and learns from them
  elsewhere.common = [&](MessageWriter& message) {
    put_weights(message, *actor_critic_);
    message.put(Turn::play);
    message.put(generation_);
    message.put(update);
  };
  elsewhere.unpack = [&](int shard, MessageReader& message) {
    rollouts[static_cast<std::size_t>(shard)].advantage = take_tensor(message);
    Shard& played = *shards_[static_cast<std::size_t>(shard)];
    played.ended = message.take<int>();
    played.paid = message.take<double>();
  };
  Team::run(pool_, config_.shards, work, elsewhere);
}

void Ppo::normalize(Rollout& rollout, double mean, double spread) const {
  torch::NoGradGuard no_grad;
  rollout.advantage.sub_(mean).div_(spread + 1e-8);
  if (starts_from_controller_ && generation_ == 0) {  // an untrained critic would spoil the controller
    rollout.advantage.zero_();
  }
}

void Ppo::learn(std::vector<Rollout>& rollouts, int update) {
  double mean = 0.0, spread = 0.0;
  {
    torch::NoGradGuard no_grad;
    std::vector<Tensor> advantages;
    for (const Rollout& rollout : rollouts) {
      advantages.push_back(rollout.advantage.reshape({-1}).to(torch::kFloat64));
    }
    const Tensor all = torch::cat(advantages);
    mean = all.mean().item<double>();
    spread = all.std().item<double>();
    check_finite_number("the spread of advantages", spread, update);
    for (Rollout& rollout : rollouts) {
      normalize(rollout, mean, spread);
    }
  }
  const double rate = cosine_schedule(config_.learning_rate, config_.learning_rate_end, progress(update));
  const double noise_deviation = deviation(update);
  for (int epoch = 0; epoch < config_.epochs; ++epoch) {
    for (int minibatch = 0; minibatch < config_.minibatches; ++minibatch) {
      std::vector<PolicyGradientLoss> losses(rollouts.size());
      Elsewhere elsewhere = helpers().elsewhere();
      elsewhere.pinned = true;
      elsewhere.common = [&](MessageWriter& message) {
        message.put(Turn::learn);
        message.put(generation_);
        message.put(update);
        message.put(minibatch);
        message.put(epoch == 0 && minibatch == 0);
        message.put(mean);
        message.put(spread);
      };
      elsewhere.unpack = [&](int shard, MessageReader& message) {
        PolicyGradientLoss& loss = losses[static_cast<std::size_t>(shard)];
        for (double* part : {&loss.policy, &loss.value, &loss.approximate_kl, &loss.clip_fraction}) {
          *part = message.take<double>();
        }
      };
      parallel_.backward(
          [&](const ActorCritic& replica, int shard) {
            const auto at = static_cast<std::size_t>(shard);
            losses[at] = policy_gradient_loss(replica, rollouts[at].every(config_.minibatches, minibatch),
                                              noise_deviation, config_.clip);
            return std::exchange(losses[at].total, {});
          },
          elsewhere);
      const auto over_shards = [&losses](double PolicyGradientLoss::*part) {
        double sum = 0.0;
        for (const PolicyGradientLoss& loss : losses) {
          sum += loss.*part;
        }
        return sum / static_cast<double>(losses.size());
      };
      learnt_.push_back({{"policy_loss", over_shards(&PolicyGradientLoss::policy)},
                         {"value_loss", over_shards(&PolicyGradientLoss::value)},
                         {"approximate_kl", over_shards(&PolicyGradientLoss::approximate_kl)},
                         {"clip_fraction", over_shards(&PolicyGradientLoss::clip_fraction)},
                         {"gradient_norm", adam_.gradient_norm()}});
      for (const auto& [name, value] : learnt_.back()) {
        check_finite_number(name.c_str(), value, update);
      }
      adam_.step(rate, {.norm = config_.gradient_clip_norm});
    }
  }
  check_finite(module_tensors(*actor_critic_), when(update));
}

GenerationReport Ppo::run_generation() {
  std::map<std::string, Tensor> before;  // copies, for save() gives the weights themselves
  for (const auto& [name, tensor] : save()) {
    before[name] = tensor.clone();
  }
  learnt_.clear();
  std::vector<Rollout> rollouts(shards_.size());
  try {
    for (int update = 0; update < config_.updates; ++update) {
      play_all(rollouts, update);
      learn(rollouts, update);
    }
  } catch (const Stopped&) {
    load(before);
    throw;
  }
  GenerationReport report;
  report.more = mean_of(learnt_);
  report.more.insert(report.more.begin(), {"noise", deviation(0)});
  ++generation_;
  report.generation = generation_;
  std::int64_t ended = 0, rows = 0;
  double paid = 0.0;
  for (const auto& shard : shards_) {
    ended += shard->ended;
    rows += shard->environment->spec().batch_size;
    paid += shard->paid;
  }
  report.steps = rows * config_.steps * config_.updates;
  // The reward of all steps divided by the number of episodes that ended, so that rewards of unfinished episodes count
  // too.
  const double episodes = static_cast<double>(ended > 0 ? ended : rows);
  report.mean_fitness = paid / episodes;
  report.mean_length = static_cast<double>(report.steps) / episodes;
  return report;
}

// A helper's part: shards that it plays, and the gradients of their losses.
class Ppo::Helper : public TaskEquipment {
 public:
  explicit Helper(Ppo& ppo) : ppo_(ppo), rollouts_(ppo.shards_.size()) {}

  void begin(MessageReader& common) override {
    take_weights(common, *ppo_.actor_critic_);
    turn_ = common.take<Turn>();
    ppo_.generation_ = common.take_within("generation", 0, 1 << 30);
    update_ = common.take_within("update", 0, ppo_.config_.updates - 1);
    if (turn_ == Turn::play) {
      std::fill(rollouts_.begin(), rollouts_.end(), std::nullopt);
      return;
    }
    minibatch_ = common.take_within("minibatch", 0, ppo_.config_.minibatches - 1);
    const bool is_first = common.take<bool>();
    const double mean = common.take<double>(), spread = common.take<double>();
    for (std::optional<Rollout>& rollout : rollouts_) {
      if (rollout && is_first) {
        ppo_.normalize(*rollout, mean, spread);
      }
    }
  }

  void work_on(int shard, MessageReader& message, int, MessageWriter& result) override {
    check_shard(message, shard, static_cast<int>(rollouts_.size()));
    std::optional<Rollout>& rollout = rollouts_[static_cast<std::size_t>(shard)];
    if (turn_ == Turn::play) {
      Shard& played = *ppo_.shards_[static_cast<std::size_t>(shard)];
      rollout = ppo_.play(played, update_);
      put_tensor(result, rollout->advantage);
      result.put(played.ended);
      result.put(played.paid);
      return;
    }
    if (!rollout) {
      message.fail(str("expected a shard that was played here, found ", shard));
    }
    const ActorCritic& replica = ppo_.parallel_.replica(shard);
    const PolicyGradientLoss loss = policy_gradient_loss(replica, rollout->every(ppo_.config_.minibatches, minibatch_),
                                                         ppo_.deviation(update_), ppo_.config_.clip);
    put_backward(result, *replica, loss.total);
    for (const double part : {loss.policy, loss.value, loss.approximate_kl, loss.clip_fraction}) {
      result.put(part);
    }
  }

 private:
  Ppo& ppo_;
  std::vector<std::optional<Rollout>> rollouts_;  // of this update, by shard
  Turn turn_ = Turn::play;
  int update_ = 0, minibatch_ = 0;
};

std::unique_ptr<TaskEquipment> Ppo::make_helper() {
  return std::make_unique<Helper>(*this);
}

std::map<std::string, Tensor> Ppo::save() const {
  std::map<std::string, Tensor> state = module_tensors(*actor_critic_);
  for (const auto& [name, tensor] : adam_.save()) {
    state["adam." + name] = tensor;
  }
  state["generation"] = torch::tensor({static_cast<double>(generation_)}, torch::kFloat64);
  return state;
}

void Ppo::load(const std::map<std::string, Tensor>& state) {
  std::map<std::string, Tensor> optimiser;
  for (const auto& [name, tensor] : state) {
    if (name.rfind("adam.", 0) == 0) {
      optimiser[name.substr(5)] = tensor;
    }
  }
  const auto generation = state.find("generation");
  if (generation == state.end()) {
    throw Error(ErrorKind::data, "policy gradient's state: expected its generation, found none");
  }
  load_module(*actor_critic_, state, "policy gradient's state");
  adam_.load(optimiser);
  generation_ = static_cast<int>(generation->second.item<double>());
}

}  // namespace reverie
