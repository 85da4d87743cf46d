// The dream: a world model as an environment. The agent acts, and the model imagines the next state and its reward.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "env/environment.h"
#include "env/random.h"
#include "worldmodel/model_environment.h"
#include "worldmodel/pay_cap.h"
#include "worldmodel/row_subset.h"
#include "worldmodel/start_states.h"

namespace reverie {

// The model's expected reward; the same at every step; 1 where a sentence is true, which whoever makes the model gives
// it as its reward (worldmodel/words).
enum class DreamReward { model, constant, words };
enum class DreamEnd { never, threshold, sample };  // logit > 0 (the paper's), or drawn with the end's probability

struct DreamConfig {
  double temperature = 1.0;
  int horizon = 1000;
  DreamReward reward = DreamReward::model;
  std::string goal, baseline;    // sentences, of reward words: what pays, and what any moment is like
  float constant_reward = 1.0f;  // what a step pays where reward is constant; a config's is game.action_repeat
  DreamEnd end = DreamEnd::threshold;
  StartConfig starts;
  PayCapConfig pay_cap;
};

inline std::vector<Field> fields(DreamConfig& c) {
  return {number_field("temperature", c.temperature, 0.01, 100.0, "how adventurous the dream is; 1: as the model says"),
          number_field("horizon", c.horizon, 1, 1000000, "steps until a dream is truncated"),
          choice_field("reward", c.reward, {"model", "constant", "words"},
                       "what a step pays: what the model expects, 1 for each of the game's own steps, or 1 where goal "
                       "is true (reverie words)"),
          text_field("goal", c.goal, "of reward words: a sentence about the moments that pay"),
          text_field("baseline", c.baseline, "of reward words: a sentence that every moment is like; may be empty"),
          choice_field("end", c.end, {"never", "threshold", "sample"},
                       "when a dream ends before its horizon: where the end's logit is above 0 (the paper's), or drawn "
                       "with the end's probability"),
          section_field("starts", c.starts, "where dreams start"),
          section_field("pay_cap", c.pay_cap, "a limit on what a stretch of a dream can pay")};
}

class DreamEnvironment : public ModelEnvironment {
 public:
  // The model and the starts must outlive the environment. Actions and their bounds are the game's.
  DreamEnvironment(const WorldModel& model, const StartStates& starts, const DreamConfig& config,
                   std::vector<float> action_low, std::vector<float> action_high, int batch_size,
                   ActionKind actions = ActionKind::box);
  // subset: what try_rows() returned for this model and batch size, so that several environments share one trial.
  DreamEnvironment(const WorldModel& model, const StartStates& starts, const DreamConfig& config,
                   std::vector<float> action_low, std::vector<float> action_high, RowSubset subset,
                   ActionKind actions = ActionKind::box);
  static RowSubset try_rows(const WorldModel& model, int batch_size);

  const EnvironmentSpec& spec() const override { return spec_; }
  const WorldModel& model() const override { return model_; }
  void reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) override;  // a seed chooses the start
  void step(std::span<const float> action) override;
  std::span<const float> observation() const override;
  std::span<const float> reward() const override { return reward_; }
  std::span<const std::uint8_t> terminated() const override { return terminated_; }
  std::span<const std::uint8_t> truncated() const override { return truncated_; }
  float end_probability(int row) const override { return end_probability_[static_cast<std::size_t>(row)]; }

  // For viewers and planners: the model's state, and dreams that start at any given state (rows of `from` in the order
  // of `rows`).
  const ModelState& state() const override { return state_; }
  void start(std::span<const int> rows, const ModelState& from, std::span<const std::uint64_t> seeds);
  void set_temperature(double temperature) { config_.temperature = temperature; }

 private:
  float probability_of_end(float logit) const;

  const WorldModel& model_;
  const StartStates& starts_;
  DreamConfig config_;
  EnvironmentSpec spec_;
  RowSubset subset_;  // finished rows are left out where it allows that

  // Changed by reset and step.
  ModelState state_;
  torch::Tensor features_;  // [batch, feature_size]
  std::vector<Rng> rng_;    // one a row
  Noise noise_;             // scratch, for the whole batch
  std::vector<int> steps_;
  std::vector<double> stretch_reward_;  // uncapped sum since the pay cap's window began
  std::vector<float> reward_, end_probability_;
  std::vector<std::uint8_t> terminated_, truncated_;
};

}  // namespace reverie
