#include "agent/policy_roster.h"

#include <algorithm>

namespace reverie {

PolicyRoster::PolicyRoster(const FeatureEnvironment& environment, const ControllerConfig& config)
    : environment_(environment),
      config_(config),
      controllers_(config, environment.spec().observation_size(), environment.spec().action_size(),
                   environment.spec().batch_size, environment.spec().actions),
      policy_of_row_(static_cast<std::size_t>(environment.spec().batch_size), nullptr) {}

void PolicyRoster::set_players(std::vector<const SavedPolicy*> players,
                               std::function<std::size_t(const Episode&)> player_of) {
  players_ = std::move(players);
  player_of_ = std::move(player_of);
  std::fill(policy_of_row_.begin(), policy_of_row_.end(), nullptr);
  others_.clear();
  others_.resize(players_.size());
}

void PolicyRoster::begin(int row, const Episode& episode) {
  const std::size_t player = player_of_(episode);
  const SavedPolicy& saved = *players_.at(player);
  Policy<float>*& policy = policy_of_row_[static_cast<std::size_t>(row)];
  if (saved.kind == "controller") {
    controllers_.set_row(row, controller_parameters(saved));
    policy = nullptr;
    return;
  }
  if (!others_[player]) {
    others_[player] = make_policy(saved, environment_, config_);
  }
  policy = others_[player].get();
  policy->begin(row, episode);
}

void PolicyRoster::act(std::span<const float> observation, std::span<float> action) {
  controllers_.act(observation, action);
  const std::size_t size = action.size() / policy_of_row_.size();
  for (const auto& other : others_) {
    if (!other || std::find(policy_of_row_.begin(), policy_of_row_.end(), other.get()) == policy_of_row_.end()) {
      continue;
    }
    scratch_.resize(action.size());
    other->act(observation, scratch_);
    for (std::size_t row = 0; row < policy_of_row_.size(); ++row) {
      if (policy_of_row_[row] == other.get()) {
        std::copy_n(scratch_.begin() + static_cast<std::ptrdiff_t>(row * size), size,
                    action.begin() + static_cast<std::ptrdiff_t>(row * size));
      }
    }
  }
}

}  // namespace reverie
