#include "agent/plan/cem_planner.h"

#include <algorithm>
#include <cmath>

#include "env/discrete.h"
#include "env/error.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

using torch::Tensor;

// How much each candidate counts; they sum to 1.
std::vector<double> weights_of(const PlannerConfig& config, const std::vector<double>& returns,
                               const std::vector<int>& order) {
  std::vector<double> weights(returns.size(), 0.0);
  if (config.weighting == PlanWeighting::elites) {
    for (int i = 0; i < config.elites; ++i) {
      weights[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = 1.0 / config.elites;
    }
    return weights;
  }
  const double best = returns[static_cast<std::size_t>(order.front())];
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = std::exp((returns[i] - best) / config.softmax_temperature);
    sum += weights[i];
  }
  for (double& weight : weights) {
    weight /= sum;
  }
  return weights;
}

}  // namespace

FittedNormal fit_normal(std::span<const double> values, std::span<const double> weights) {
  FittedNormal fitted;
  for (std::size_t i = 0; i < values.size(); ++i) {
    fitted.mean += weights[i] * values[i];
  }
  double square = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    square += weights[i] * (values[i] - fitted.mean) * (values[i] - fitted.mean);
  }
  fitted.deviation = std::sqrt(square);
  return fitted;
}

CemPlanner::CemPlanner(const PlannerConfig& config, const PlanObjective& objective, std::vector<Squash> squash,
                       const ModelEnvironment& environment)
    : config_(config),
      objective_(objective),
      squash_(std::move(squash)),
      environment_(environment),
      discrete_(environment.spec().actions == ActionKind::discrete),
      action_size_(environment.spec().action_low.size()),
      rows_(static_cast<std::size_t>(environment.spec().batch_size)) {
  check_config(config_);
  if (!squash_.empty() && (discrete_ || squash_.size() != action_size_)) {
    throw Error(ErrorKind::config, str("squash: expected ", discrete_ ? 0 : action_size_,
                                       " values for the planner's actions, found ", squash_.size()));
  }
  squash_.resize(action_size_, Squash::tanh);
  objective_.pay_cap = pay_cap_of(objective_.pay_cap, config_.horizon * config_.hold);
}

void CemPlanner::begin(int row, const Episode& episode) {
  Row& begun = rows_[static_cast<std::size_t>(row)];
  begun = Row();
  begun.rng = Rng(derive_seed(episode.seed, Stream::plan));
}

void CemPlanner::act(std::span<const float>, std::span<float> action) {
  REVERIE_CHECK(action.size(), ==, rows_.size() * action_size_);
  torch::NoGradGuard no_grad;
  const std::vector<float> rest(action_size_, 0.0f);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    Row& of_row = rows_[row];
    const std::span<float> played = action.subspan(row * action_size_, action_size_);
    if (!environment_.live(static_cast<int>(row))) {
      to_action(rest, played);
      continue;
    }
    if (of_row.age++ % config_.hold == 0) {
      plan(static_cast<int>(row));
    }
    std::copy(of_row.action.begin(), of_row.action.end(), played.begin());
  }
}

// Unlike Squash, a draw beyond -1..1 is cut off there: a normal distribution reaches the bounds and stays.
void CemPlanner::to_action(std::span<const float> plan, std::span<float> action) const {
  if (discrete_) {
    std::copy(plan.begin(), plan.end(), action.begin());
    play_largest(action);
    return;
  }
  const EnvironmentSpec& spec = environment_.spec();
  for (std::size_t i = 0; i < action_size_; ++i) {
    const float drawn = std::clamp(plan[i], -1.0f, 1.0f);
    const float bounded = squash_[i] == Squash::tanh     ? drawn
                          : squash_[i] == Squash::tanh01 ? (drawn + 1.0f) / 2.0f
                                                         : std::max(drawn, 0.0f);
    action[i] = std::clamp(bounded, spec.action_low[i], spec.action_high[i]);
  }
}

// plans: [candidates, horizon, action].
Tensor CemPlanner::actions_of(const std::vector<float>& plans) const {
  const std::size_t plan_size = static_cast<std::size_t>(config_.horizon) * action_size_;
  Tensor actions = torch::empty({config_.horizon, config_.candidates, static_cast<std::int64_t>(action_size_)});
  const std::span<float> all = numbers_in(actions);
  for (std::size_t at = 0; at < static_cast<std::size_t>(config_.horizon); ++at) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(config_.candidates); ++i) {
      to_action(std::span(plans).subspan(i * plan_size + at * action_size_, action_size_),
                all.subspan((at * static_cast<std::size_t>(config_.candidates) + i) * action_size_, action_size_));
    }
  }
  return actions.repeat_interleave(config_.hold, 0);
}

void CemPlanner::plan(int row) {
  Row& of_row = rows_[static_cast<std::size_t>(row)];
  const std::size_t plan_size = static_cast<std::size_t>(config_.horizon) * action_size_;
  const auto candidates = static_cast<std::size_t>(config_.candidates);
  if (of_row.mean.empty() || !config_.warm_start) {
    of_row.mean.assign(plan_size, 0.0);
  } else {  // what is left of the last plan, its last action once more
    std::copy(of_row.mean.begin() + static_cast<std::ptrdiff_t>(action_size_), of_row.mean.end(), of_row.mean.begin());
  }
  std::vector<double> deviation(plan_size, config_.deviation);

  const WorldModel& model = environment_.model();
  // The same noise in all iterations, so that they differ by their plans alone.
  const PlanStart start = begin_plan(model, environment_.state(), row, config_.candidates,
                                     config_.horizon * config_.hold, config_.shared_noise, of_row.rng);

  std::vector<float> plans(candidates * plan_size);
  std::vector<double> returns, values(candidates);
  std::vector<int> order;
  ModelState ends;
  for (int iteration = 0; iteration < config_.iterations; ++iteration) {
    of_row.rng.fill_normal(plans);
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const std::size_t at = i % plan_size;
      // The first candidate is the mean itself, so that a good plan is not lost.
      const double drawn = of_row.mean[at] + (i < plan_size ? 0.0 : deviation[at] * static_cast<double>(plans[i]));
      plans[i] = static_cast<float>(discrete_ ? drawn : std::clamp(drawn, -1.0, 1.0));
    }
    returns = dream_plans(model, start, actions_of(plans), objective_, config_.temperature, ends);
    order = ranking(returns);
    const std::vector<double> weights = weights_of(config_, returns, order);
    for (std::size_t at = 0; at < plan_size; ++at) {
      for (std::size_t i = 0; i < candidates; ++i) {
        values[i] = static_cast<double>(plans[i * plan_size + at]);
      }
      const FittedNormal fitted = fit_normal(values, weights);
      of_row.mean[at] = fitted.mean;
      deviation[at] = std::max(fitted.deviation, config_.deviation_min);
    }
  }

  const std::vector<float> first(of_row.mean.begin(), of_row.mean.begin() + static_cast<std::ptrdiff_t>(action_size_));
  of_row.action.resize(action_size_);
  to_action(first, of_row.action);
  show_best(of_row.outcome, order, returns, ends);
}

}  // namespace reverie
