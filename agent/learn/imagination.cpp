#include "agent/learn/imagination.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "env/error.h"
#include "worldmodel/data/weights.h"
#include "worldmodel/nn/tensor_message.h"
#include "worldmodel/row_noise.h"

namespace reverie {

using torch::Tensor;

namespace {

ActorCriticConfig sizes(const ImaginationConfig& config, const ControllerConfig& controller, const WorldModel& model,
                        int critic_outputs) {
  return {model.spec().feature_size, model.spec().action_size, controller.hidden_size, controller.bias,
          config.critic_size,        critic_outputs,           config.entropy > 0.0};
}

// Squash, differentiable: [n, action].
Tensor squashed(const Tensor& outputs, const std::vector<Squash>& squash) {
  std::vector<Tensor> columns;
  for (std::size_t i = 0; i < squash.size(); ++i) {
    const Tensor bounded = outputs.select(1, static_cast<std::int64_t>(i)).tanh();
    columns.push_back(squash[i] == Squash::tanh     ? bounded
                      : squash[i] == Squash::tanh01 ? (bounded + 1.0f) * 0.5f
                                                    : bounded.relu());
  }
  return torch::stack(columns, 1);
}

// [rows] places of 1, drawn from the softmax of scores [rows, action] by uniforms [rows, action] (Gumbel's way).
Tensor draw_one_hot(const Tensor& scores, const Tensor& uniforms) {
  const Tensor gumbel = -torch::log(-torch::log(uniforms.clamp(1e-7, 1.0 - 1e-7)));
  return torch::one_hot((scores + gumbel).argmax(1), scores.size(1)).to(torch::kFloat32);
}

void check_finite_number(const char* what, double value, int generation, int update) {
  if (!std::isfinite(value)) {
    throw Error(ErrorKind::other, str("imagination: generation ", generation + 1, ", update ", update + 1, ": ", what,
                                      " is ", value, ": expected a finite number; try a smaller learning_rate"));
  }
}

}  // namespace

Tensor lambda_returns(const Tensor& reward, const Tensor& next_value, const Tensor& keep, double lambda) {
  REVERIE_CHECK(reward.sizes(), ==, next_value.sizes());
  REVERIE_CHECK(reward.sizes(), ==, keep.sizes());
  const std::int64_t steps = reward.size(0);
  std::vector<Tensor> returns(static_cast<std::size_t>(steps));
  Tensor later = next_value[steps - 1];
  for (std::int64_t t = steps - 1; t >= 0; --t) {
    later = reward[t] + keep[t] * ((1.0 - lambda) * next_value[t] + lambda * later);
    returns[static_cast<std::size_t>(t)] = later;
  }
  return torch::stack(returns);
}

void ReturnRange::update(const Tensor& returns, double rate) {
  torch::NoGradGuard no_grad;
  const Tensor bounds =
      torch::quantile(returns.reshape({-1}).to(torch::kFloat64), torch::tensor({0.05, 0.95}, torch::kFloat64));
  low += rate * (bounds[0].item<double>() - low);
  high += rate * (bounds[1].item<double>() - high);
}

// What a shard dreamed: states 0 to horizon, and the steps between them.
struct Imagination::Dreams {
  Tensor whitened;         // [horizon + 1, rows, feature]
  Tensor reward, keep;     // [horizon, rows]: discounted probability to go on
  Tensor log_probability;  // [horizon, rows], of the actions drawn
  Tensor entropy;          // [horizon, rows]
};

Imagination::Imagination(const ImaginationConfig& config, const ControllerConfig& controller, WorkerPool& pool,
                         const Tensor& features, const Place& place, const SearchTask& task)
    : config_(config),
      pool_(pool),
      place_(place),
      squash_(controller.squash),
      seed_(derive_seed(task.run_seed, Stream::imagination_init, task.draw_index)),
      generations_(task.generations),
      whitening_(Whitening::fit(features, controller.bias)),
      actor_critic_(sizes(config, controller, place.model, config.critic == CriticKind::two_hot ? two_hot_.size() : 1),
                    seed_),
      adam_(*actor_critic_),
      parallel_(
          actor_critic_,
          [&] {
            return ActorCritic(
                sizes(config, controller, place.model, config.critic == CriticKind::two_hot ? two_hot_.size() : 1),
                seed_);
          },
          config.shards, pool) {
  place_.starts.check(place_.dream.starts);
  place_.dream.pay_cap = pay_cap_of(place_.dream.pay_cap, config_.horizon);
  squash_.resize(static_cast<std::size_t>(place_.model.spec().action_size), Squash::tanh);
  torch::NoGradGuard no_grad;
  actor_critic_->critic().weight_3.zero_();  // an untrained critic says 0, not noise
  if (std::any_of(task.start.begin(), task.start.end(), [](double value) { return value != 0.0; })) {
    actor_critic_->set_controller(task.start, whitening_);
    starts_from_controller_ = true;
  }
  slow_critic_ = actor_critic_->critic().copy();
}

double Imagination::progress(int update) const {
  return (generation_ + static_cast<double>(update) / config_.updates) / std::max(1, generations_);
}

double Imagination::deviation(int update) const {
  return config_.noise * std::pow(config_.noise_end / config_.noise, progress(update));
}

Tensor Imagination::worth(const Tensor& critic_outputs) const {
  return config_.critic == CriticKind::two_hot ? two_hot_.value(critic_outputs) : critic_outputs.squeeze(1);
}

Tensor Imagination::critic_loss(const Tensor& critic_outputs, const Tensor& target) const {
  return config_.critic == CriticKind::two_hot ? two_hot_.loss(critic_outputs, target)
                                               : 0.5 * (critic_outputs.squeeze(1) - target).square();
}

Imagination::Dreams Imagination::imagine(const ActorCritic& actor_critic, int shard, int update) const {
  const WorldModel& model = place_.model;
  const WorldModelSpec& spec = model.spec();
  const std::int64_t rows = place_.batch_size;
  const int batch = place_.batch_size;
  const bool discrete = place_.actions == ActionKind::discrete;
  const bool through_dream = config_.gradient == ActorGradient::dynamics;
  const auto draw = static_cast<std::uint64_t>(generation_) * static_cast<std::uint64_t>(config_.updates) +
                    static_cast<std::uint64_t>(update);
  Rng start_rng(derive_seed(seed_, Stream::imagination_start, draw, static_cast<std::uint64_t>(shard)));
  Rng rng(derive_seed(seed_, Stream::imagination_noise, draw, static_cast<std::uint64_t>(shard)));
  const auto noise_of = [&rng, batch](int normals, int uniforms) {
    Noise noise = make_noise(batch, normals, uniforms);
    rng.fill_normal(numbers_in(noise.normals));
    rng.fill_uniform(numbers_in(noise.uniforms));
    return noise;
  };
  std::vector<int> chosen;
  for (int row = 0; row < batch; ++row) {
    chosen.push_back(place_.starts.choose(place_.dream.starts, start_rng));
  }
  ModelState state = model.begin_dream(gather(place_.starts.states, chosen),
                                       noise_of(spec.begin_dream_normals, spec.begin_dream_uniforms));

  const double scheduled = deviation(update);
  const Tensor log_deviation = actor_critic->log_deviation.defined()
                                   ? actor_critic->log_deviation + std::log(static_cast<double>(config_.noise))
                                   : torch::full({spec.action_size}, std::log(scheduled));
  std::vector<Tensor> whitened, rewards, keeps, log_probabilities, entropies;
  whitened.push_back(whitening_.apply(model.features(state)));
  for (int step = 0; step < config_.horizon; ++step) {
    pool_.throw_if_ending();
    // "We only consider how an action influences future states": the moment that C looks at is given.
    const Tensor mean = actor_critic->outputs(whitened.back().detach());
    Tensor action;
    if (discrete) {
      Noise noise = noise_of(0, spec.action_size);
      const Tensor log_chances = torch::log_softmax(mean / scheduled, 1), chances = log_chances.exp();
      const Tensor drawn = draw_one_hot(log_chances.detach(), noise.uniforms);
      action = through_dream ? drawn + chances - chances.detach() : drawn;
      log_probabilities.push_back((log_chances * drawn).sum(1));
      entropies.push_back(-(chances * log_chances).sum(1));
    } else {
      Noise noise = noise_of(spec.action_size, 0);
      const Tensor output = mean + log_deviation.exp() * noise.normals;
      const Tensor played = through_dream ? output : output.detach();
      action = squashed(played, squash_);
      log_probabilities.push_back(
          (-0.5 * ((played.detach() - mean) * torch::exp(-log_deviation)).square() - log_deviation).sum(1));
      entropies.push_back(
          (log_deviation + 0.5 * std::log(2.0 * std::numbers::pi * std::numbers::e)).sum().expand({rows}));
    }
    const Noise noise = noise_of(spec.imagine_normals, spec.imagine_uniforms);
    Imagined next = model.imagine(state, action, static_cast<float>(place_.dream.temperature), noise);
    if (through_dream && step == 0 && !next.state.parts.front().requires_grad()) {
      throw Error(ErrorKind::other,
                  "imagination: expected a world model that gives gradients, found one that gives "
                  "none: set train_controller.imagination.gradient to reinforce");
    }
    state = std::move(next.state);
    whitened.push_back(whitening_.apply(model.features(state)));
    rewards.push_back(place_.dream.reward == DreamReward::constant
                          ? torch::full({rows}, static_cast<double>(place_.dream.constant_reward))
                          : next.reward);
    keeps.push_back(place_.dream.end == DreamEnd::never
                        ? torch::full({rows}, static_cast<double>(config_.discount))
                        : static_cast<double>(config_.discount) * torch::sigmoid(-next.terminated_logit));
  }
  // In units of a step's reward, so that values have the size of one reward however far they look ahead.
  const Tensor reward = capped_rewards(place_.dream.pay_cap, torch::stack(rewards)) * (1.0 - config_.discount);
  return {torch::stack(whitened), reward, torch::stack(keeps), torch::stack(log_probabilities),
          torch::stack(entropies)};
}

Tensor Imagination::loss(const ActorCritic& actor_critic, int shard, int update, Learnt& learnt) const {
  const Dreams dreams = imagine(actor_critic, shard, update);
  const std::int64_t steps = config_.horizon, rows = place_.batch_size, features = dreams.whitened.size(2);
  const auto flat = [&](const Tensor& moments) { return moments.reshape({-1, features}); };
  // The critic judges, but this gradient does not move it.
  const Tensor value = worth(actor_critic->critic().detached()(flat(dreams.whitened))).view({steps + 1, rows});
  const Tensor returns = lambda_returns(dreams.reward, value.slice(0, 1), dreams.keep, config_.lambda);
  // How likely a dream got this far; later moments count less.
  const Tensor weight = torch::cat({torch::ones({1, rows}), dreams.keep.detach().slice(0, 0, steps - 1)}, 0).cumprod(0);
  const double least = 1.0 - config_.discount;  // one unit of reward
  const double scale = config_.return_scale ? range_.scale(least) : 1.0;

  const Tensor gain = config_.gradient == ActorGradient::dynamics
                          ? returns / scale
                          : dreams.log_probability * ((returns - value.slice(0, 0, steps)).detach() / scale);
  Tensor actor = -(weight * (gain + config_.entropy * dreams.entropy)).mean();
  if (starts_from_controller_ && generation_ == 0) {  // an untrained critic would spoil the controller
    actor = actor * 0.0;
  }
  const Tensor seen = flat(dreams.whitened.slice(0, 0, steps).detach());
  const Tensor outputs = actor_critic->critic()(seen);
  const Tensor slow = worth(slow_critic_(seen)).detach();
  const Tensor critic = (weight.reshape({-1}) * (critic_loss(outputs, returns.detach().reshape({-1})) +
                                                 config_.slow_critic_weight * critic_loss(outputs, slow)))
                            .mean();
  const Tensor total = actor + critic;
  torch::NoGradGuard no_grad;
  learnt.actor = actor.item<double>();
  learnt.critic = critic.item<double>();
  learnt.value = value[0].mean().item<double>();
  const double unit = 1.0 - config_.discount;
  learnt.paid = dreams.reward.sum(0).mean().item<double>() / unit;
  learnt.length = (dreams.keep / static_cast<double>(config_.discount)).cumprod(0).sum(0).mean().item<double>();
  learnt.returns = returns.detach();
  return total;
}

GenerationReport Imagination::run_generation() {
  std::map<std::string, Tensor> before;  // copies, for save() gives the weights themselves
  for (const auto& [name, tensor] : save()) {
    before[name] = tensor.clone();
  }
  const auto shards = static_cast<std::size_t>(config_.shards);
  Measurements means = {
      {"actor_loss", 0.0}, {"critic_loss", 0.0}, {"value", 0.0}, {"return_scale", 0.0}, {"gradient_norm", 0.0}};
  double paid = 0.0, length = 0.0;
  try {
    for (int update = 0; update < config_.updates; ++update) {
      std::vector<Learnt> learnt(shards);
      Elsewhere elsewhere = helpers().elsewhere();
      elsewhere.common = [&](MessageWriter& message) {
        message.put(generation_);
        message.put(update);
        put_named_tensors(message, slow_critic_and_range());
      };
      elsewhere.unpack = [&](int shard, MessageReader& message) {
        Learnt& of_shard = learnt[static_cast<std::size_t>(shard)];
        for (double* part : {&of_shard.actor, &of_shard.critic, &of_shard.value, &of_shard.paid, &of_shard.length}) {
          *part = message.take<double>();
        }
        of_shard.returns = take_tensor(message);
      };
      parallel_.backward(
          [&](const ActorCritic& replica, int shard) {
            return loss(replica, shard, update, learnt[static_cast<std::size_t>(shard)]);
          },
          elsewhere);
      std::vector<Tensor> returns;
      Measurements values = means;
      for (auto& [name, value] : values) {
        value = 0.0;
      }
      for (const Learnt& of_shard : learnt) {
        const double share = 1.0 / static_cast<double>(shards);
        values[0].second += share * of_shard.actor;
        values[1].second += share * of_shard.critic;
        values[2].second += share * of_shard.value;
        paid += share * of_shard.paid / config_.updates;
        length += share * of_shard.length / config_.updates;
        returns.push_back(of_shard.returns);
      }
      values[3].second = range_.scale(1.0 - config_.discount);
      values[4].second = adam_.gradient_norm();
      for (std::size_t i = 0; i < values.size(); ++i) {
        check_finite_number(values[i].first.c_str(), values[i].second, generation_, update);
        means[i].second += values[i].second / config_.updates;
      }
      constexpr double kRangeRate = 0.01;
      range_.update(torch::cat(returns, 1), kRangeRate);
      adam_.step(cosine_schedule(config_.learning_rate, config_.learning_rate_end, progress(update)),
                 {.norm = config_.gradient_clip_norm});
      torch::NoGradGuard no_grad;
      const std::vector<Tensor> fast = actor_critic_->critic().all(), slow = slow_critic_.all();
      for (std::size_t i = 0; i < fast.size(); ++i) {
        Tensor weights = slow[i];
        weights.lerp_(fast[i], config_.slow_critic_rate);
      }
    }
  } catch (const Stopped&) {
    load(before);
    throw;
  }
  check_finite(save(), str("imagination: generation ", generation_ + 1));
  GenerationReport report;
  report.more = std::move(means);
  report.more.insert(report.more.begin(), {"noise", deviation(0)});
  report.generation = ++generation_;
  report.steps = std::int64_t{config_.shards} * place_.batch_size * config_.horizon * config_.updates;
  report.mean_fitness = paid;
  report.mean_length = length;
  return report;
}

// A helper's part: the gradients of shards, each from dreams of its own.
class Imagination::Helper : public TaskEquipment {
 public:
  explicit Helper(Imagination& imagination) : imagination_(imagination) {}

  void begin(MessageReader& common) override {
    torch::NoGradGuard no_grad;
    take_weights(common, *imagination_.actor_critic_);
    imagination_.generation_ = common.take_within("generation", 0, 1 << 30);
    update_ = common.take_within("update", 0, imagination_.config_.updates - 1);
    imagination_.take_slow_critic_and_range(take_named_tensors(common));
  }

  void work_on(int shard, MessageReader& message, int, MessageWriter& result) override {
    check_shard(message, shard, imagination_.config_.shards);
    Learnt learnt;
    const ActorCritic& replica = imagination_.parallel_.replica(shard);
    put_backward(result, *replica, imagination_.loss(replica, shard, update_, learnt));
    for (const double part : {learnt.actor, learnt.critic, learnt.value, learnt.paid, learnt.length}) {
      result.put(part);
    }
    put_tensor(result, learnt.returns);
  }

 private:
  Imagination& imagination_;
  int update_ = 0;
};

std::unique_ptr<TaskEquipment> Imagination::make_helper() {
  return std::make_unique<Helper>(*this);
}

std::map<std::string, Tensor> Imagination::slow_critic_and_range() const {
  std::map<std::string, Tensor> state;
  const std::vector<Tensor> slow = slow_critic_.all();
  for (std::size_t i = 0; i < slow.size(); ++i) {
    state["slow_critic." + std::to_string(i)] = slow[i];
  }
  state["return_range"] = torch::tensor({range_.low, range_.high}, torch::kFloat64);
  return state;
}

std::map<std::string, Tensor> Imagination::save() const {
  std::map<std::string, Tensor> state = module_tensors(*actor_critic_);
  for (const auto& [name, tensor] : adam_.save()) {
    state["adam." + name] = tensor;
  }
  state.merge(slow_critic_and_range());
  state["generation"] = torch::full({1}, generation_, torch::kFloat64);
  return state;
}

namespace {

const Tensor& take(const std::map<std::string, Tensor>& state, const std::string& name, torch::IntArrayRef shape) {
  const auto found = state.find(name);
  if (found == state.end() || found->second.sizes() != shape) {
    throw Error(ErrorKind::data, str("imagination's state: expected tensor '", name, "' of shape ", shape));
  }
  return found->second;
}

}  // namespace

void Imagination::take_slow_critic_and_range(const std::map<std::string, Tensor>& state) {
  const std::vector<Tensor> slow = slow_critic_.all();
  for (std::size_t i = 0; i < slow.size(); ++i) {
    Tensor weights = slow[i];
    weights.copy_(take(state, "slow_critic." + std::to_string(i), weights.sizes()));
  }
  const Tensor& range = take(state, "return_range", {2});
  range_ = {range[0].item<double>(), range[1].item<double>()};
}

void Imagination::continue_from(const std::map<std::string, Tensor>& state) {
  torch::NoGradGuard no_grad;
  for (auto& parameter : actor_critic_->named_parameters()) {
    if (parameter.key().starts_with("critic_") || parameter.key() == "log_deviation") {
      parameter.value().copy_(take(state, parameter.key(), parameter.value().sizes()));
    }
  }
  take_slow_critic_and_range(state);
  starts_from_controller_ = false;  // the critic is trained, and spoils nothing
}

void Imagination::load(const std::map<std::string, Tensor>& state) {
  torch::NoGradGuard no_grad;
  std::map<std::string, Tensor> optimiser;
  for (const auto& [name, tensor] : state) {
    if (name.rfind("adam.", 0) == 0) {
      optimiser[name.substr(5)] = tensor;
    }
  }
  const Tensor& generation = take(state, "generation", {1});
  load_module(*actor_critic_, state, "imagination's state");
  adam_.load(optimiser);
  take_slow_critic_and_range(state);
  generation_ = static_cast<int>(generation.item<double>());
}

}  // namespace reverie
