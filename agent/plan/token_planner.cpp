#include "agent/plan/token_planner.h"

#include <algorithm>

#include "env/error.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

using torch::Tensor;

// A draw by shares that sum to 1.
int draw(std::span<const double> shares, Rng& rng) {
  double left = rng.uniform_double();
  for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
    left -= shares[i];
    if (left < 0.0) {
      return static_cast<int>(i);
    }
  }
  return static_cast<int>(shares.size()) - 1;
}

}  // namespace

TokenPlanner::TokenPlanner(const PlannerConfig& config, const PlanObjective& objective, ActionTokens tokens,
                           const ModelEnvironment& environment)
    : config_(config),
      objective_(objective),
      tokens_(std::move(tokens)),
      expansions_(tokens_.expansions()),
      environment_(environment),
      rows_(static_cast<std::size_t>(environment.spec().batch_size)) {
  check_config(config_);
  if (tokens_.action_size != environment.spec().action_size()) {
    throw Error(ErrorKind::data, str("planner: expected tokens of actions of ", environment.spec().action_size(),
                                     " numbers, found ", tokens_.action_size));
  }
  objective_.pay_cap = pay_cap_of(objective_.pay_cap, config_.horizon * config_.hold);
}

void TokenPlanner::begin(int row, const Episode& episode) {
  Row& begun = rows_[static_cast<std::size_t>(row)];
  begun = Row();
  begun.rng = Rng(derive_seed(episode.seed, Stream::plan));
}

void TokenPlanner::act(std::span<const float>, std::span<float> action) {
  torch::NoGradGuard no_grad;
  const auto size = static_cast<std::size_t>(tokens_.action_size);
  REVERIE_CHECK(action.size(), ==, rows_.size() * size);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    Row& of_row = rows_[row];
    int code = 0;
    if (environment_.live(static_cast<int>(row))) {
      if (of_row.played == of_row.codes.size()) {
        plan(static_cast<int>(row));
      }
      code = of_row.codes[of_row.played++];
    }
    const std::span<const float> played = tokens_.action(code);
    std::copy(played.begin(), played.end(), action.begin() + static_cast<std::ptrdiff_t>(row * size));
  }
}

void TokenPlanner::plan(int row) {
  Row& of_row = rows_[static_cast<std::size_t>(row)];
  const int steps = config_.horizon * config_.hold, tokens = tokens_.num_tokens();
  const auto places = static_cast<std::size_t>(steps), kinds = static_cast<std::size_t>(tokens),
             candidates = static_cast<std::size_t>(config_.candidates);
  if (of_row.share.empty() || !config_.warm_start) {
    of_row.share.assign(places * kinds, 1.0 / tokens);
  } else {  // what is left of the last plan, half of it open again
    std::copy(of_row.share.begin() + static_cast<std::ptrdiff_t>(kinds), of_row.share.end(), of_row.share.begin());
    for (double& share : of_row.share) {
      share = 0.5 * share + 0.5 / tokens;
    }
  }
  const PlanStart start = begin_plan(environment_.model(), environment_.state(), row, config_.candidates, steps,
                                     config_.shared_noise, of_row.rng);
  std::vector<std::vector<int>> plans(candidates);
  std::vector<double> returns;
  std::vector<int> order;
  ModelState ends;
  for (int iteration = 0; iteration < config_.iterations; ++iteration) {
    const auto size = static_cast<std::size_t>(tokens_.action_size);
    Tensor actions = torch::empty({steps, config_.candidates, tokens_.action_size});
    const std::span<float> all = numbers_in(actions);
    for (std::size_t i = 0; i < candidates; ++i) {
      plans[i].clear();
      for (std::size_t step = 0; step < places;) {
        const auto place = plans[i].size();
        plans[i].push_back(draw(std::span(of_row.share).subspan(place * kinds, kinds), of_row.rng));
        for (const int code : expansions_[static_cast<std::size_t>(plans[i].back())]) {
          if (step < places) {
            const std::span<const float> action = tokens_.action(code);
            std::copy(action.begin(), action.end(),
                      all.begin() + static_cast<std::ptrdiff_t>((step * candidates + i) * size));
            ++step;
          }
        }
      }
    }
    returns = dream_plans(environment_.model(), start, actions, objective_, config_.temperature, ends);
    order = ranking(returns);
    std::vector<double> counts(places * kinds, 0.0), all_counts(places, 0.0);
    for (int k = 0; k < config_.elites; ++k) {
      const std::vector<int>& plan = plans[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])];
      for (std::size_t place = 0; place < plan.size(); ++place) {
        counts[place * kinds + static_cast<std::size_t>(plan[place])] += 1.0;
        all_counts[place] += 1.0;
      }
    }
    for (std::size_t at = 0; at < counts.size(); ++at) {  // places that no elite reaches stay as they were
      if (all_counts[at / kinds] > 0.0) {
        of_row.share[at] =
            (1.0 - config_.deviation_min) * counts[at] / all_counts[at / kinds] + config_.deviation_min / tokens;
      }
    }
  }
  of_row.codes = expansions_[static_cast<std::size_t>(plans[static_cast<std::size_t>(order.front())].front())];
  of_row.played = 0;
  show_best(of_row.outcome, order, returns, ends);
}

}  // namespace reverie
