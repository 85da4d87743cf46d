// Several saved policies in one batch: each episode is played by one of them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "agent/make_policy.h"

namespace reverie {

// Controllers share one forward, in which each row has its own parameters, so that a whole population costs no more
// than one controller. A policy of any other kind computes the whole batch on its own.
class PolicyRoster : public Policy<float> {
 public:
  // The environment must outlive it. Throws Error (config) if the controllers do not fit its actions.
  PolicyRoster(const FeatureEnvironment& environment, const ControllerConfig& config);

  // From now on an episode is played by *players[player_of(episode)], which must live as long as it does.
  void set_players(std::vector<const SavedPolicy*> players, std::function<std::size_t(const Episode&)> player_of);

  void begin(int row, const Episode& episode) override;
  void act(std::span<const float> observation, std::span<float> action) override;

 private:
  const FeatureEnvironment& environment_;
  ControllerConfig config_;
  Controller controllers_;
  std::vector<const SavedPolicy*> players_;
  std::function<std::size_t(const Episode&)> player_of_;
  std::vector<std::unique_ptr<Policy<float>>> others_;  // one for each player; null: a controller, or not needed yet
  std::vector<Policy<float>*> policy_of_row_;           // [batch]; null: a controller
  std::vector<float> scratch_;                          // [batch, action]
};

}  // namespace reverie
