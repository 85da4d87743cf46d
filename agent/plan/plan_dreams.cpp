#include "agent/plan/plan_dreams.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "env/error.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

using torch::Tensor;

// A row of a state as every row of a batch.
ModelState repeat(const ModelState& state, int row, std::int64_t times) {
  ModelState repeated;
  for (const Tensor& part : state.parts) {
    std::vector<std::int64_t> shape = part.sizes().vec();
    shape[0] = times;
    repeated.parts.push_back(part.slice(0, row, row + 1).expand(shape).contiguous());
  }
  return repeated;
}

// One row of noise for `rows` rows of a batch: the same for all, or each its own.
Noise draw_noise(Rng& rng, std::int64_t rows, bool shared, int normals, int uniforms) {
  Noise noise = make_noise(shared ? 1 : static_cast<int>(rows), normals, uniforms);
  rng.fill_normal(numbers_in(noise.normals));
  rng.fill_uniform(numbers_in(noise.uniforms));
  if (shared) {
    noise.normals = noise.normals.expand({rows, normals}).contiguous();
    noise.uniforms = noise.uniforms.expand({rows, uniforms}).contiguous();
  }
  return noise;
}

}  // namespace

PlanObjective plan_objective(const DreamConfig& dream) {
  return {dream.reward, dream.constant_reward, dream.end != DreamEnd::never, dream.pay_cap};
}

PlanStart begin_plan(const WorldModel& model, const ModelState& state, int row, int candidates, int steps, bool shared,
                     Rng& rng) {
  const WorldModelSpec& spec = model.spec();
  PlanStart start;
  const ModelState repeated = repeat(state, row, candidates);
  start.from = model.begin_dream(
      repeated, draw_noise(rng, candidates, shared, spec.begin_dream_normals, spec.begin_dream_uniforms));
  for (int step = 0; step < steps; ++step) {
    start.noise.push_back(draw_noise(rng, candidates, shared, spec.imagine_normals, spec.imagine_uniforms));
  }
  return start;
}

std::vector<double> dream_plans(const WorldModel& model, const PlanStart& start, const Tensor& actions,
                                const PlanObjective& objective, double temperature, ModelState& ends) {
  const std::int64_t steps = actions.size(0), candidates = actions.size(1);
  Tensor rewards = torch::empty({steps, candidates}), alive = torch::ones({steps + 1, candidates});
  ModelState state = start.from;
  for (std::int64_t step = 0; step < steps; ++step) {
    Imagined next = model.imagine(state, actions[step], static_cast<float>(temperature),
                                  start.noise[static_cast<std::size_t>(step)]);
    state = std::move(next.state);
    if (objective.reward == DreamReward::constant) {
      rewards[step].fill_(objective.constant_reward);
    } else {
      rewards[step] = next.reward;
    }
    alive[step + 1] = objective.ends ? alive[step] * torch::sigmoid(-next.terminated_logit) : alive[step];
  }
  const Tensor worth =
      (capped_rewards(objective.pay_cap, rewards) * alive.slice(0, 0, steps)).sum(0, false, torch::kFloat64);
  std::vector<double> returns(worth.data_ptr<double>(), worth.data_ptr<double>() + candidates);
  for (double& value : returns) {
    value = std::isfinite(value) ? value : -std::numeric_limits<double>::infinity();
  }
  ends = std::move(state);
  return returns;
}

std::vector<int> ranking(const std::vector<double>& returns) {
  std::vector<int> order(returns.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&returns](int a, int b) {
    return returns[static_cast<std::size_t>(a)] > returns[static_cast<std::size_t>(b)];
  });
  if (!std::isfinite(returns[static_cast<std::size_t>(order.front())])) {
    throw Error(ErrorKind::other,
                "planner: expected a finite return of some candidate, found none: the world model "
                "gives rewards or ends that are not finite");
  }
  return order;
}

void show_best(PlanOutcome& outcome, const std::vector<int>& order, const std::vector<double>& returns,
               const ModelState& ends) {
  const std::vector<int> best(order.begin(), order.begin() + std::min<std::ptrdiff_t>(std::ssize(order), kShownPlans));
  ++outcome.number;
  outcome.ends = gather(ends, best);
  outcome.returns.clear();
  for (const int row : best) {
    outcome.returns.push_back(returns[static_cast<std::size_t>(row)]);
  }
}

}  // namespace reverie
