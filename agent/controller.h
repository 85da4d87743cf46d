// C: the controller of World Models, a = squash(W [z, h] + b), with few enough parameters for CMA-ES.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/policy.h"
#include "env/environment.h"
#include "env/fields.h"

namespace reverie {

// How one output u becomes one action component.
enum class Squash {
  tanh,       // tanh(u), -1 to 1: steering
  tanh01,     // (tanh(u) + 1) / 2, 0 to 1: gas, half open at rest
  relu_tanh,  // max(tanh(u), 0), 0 to 1: brake, off for half of all inputs
};
float squashed(Squash squash, float value);

struct ControllerConfig {
  bool bias = true;
  int hidden_size = 0;
  std::vector<Squash> squash = {};
};

inline std::vector<Field> fields(ControllerConfig& c) {
  return {bool_field("bias", c.bias, "whether C has a bias; of the paper's two controllers one has"),
          number_field("hidden_size", c.hidden_size, 0, 4096, "tanh units of one hidden layer; 0: C is linear"),
          choice_field("squash", c.squash, {"tanh", "tanh01", "relu_tanh"},
                       "what bounds each action component: tanh to -1..1, tanh01 to 0..1, relu_tanh to 0..1 and 0 for "
                       "half of all inputs; none: tanh for all. Discrete actions have none")};
}

// One parameter vector per row, so that one batch can hold a whole population. Where actions are discrete, W [z, h] + b
// are scores, of which the largest is played.
//
// Parameters of the linear controller: W [action, feature], then b [action]; with a hidden layer: W1 [hidden, feature],
// b1 [hidden], W2 [action, hidden], b2 [action]. 288 features and 3 actions with bias make the paper's 867.
class Controller : public Policy<float> {
 public:
  // All parameters start at 0. Throws Error (config) if `config` does not fit the number of actions.
  Controller(const ControllerConfig& config, int feature_size, int action_size, int batch_size,
             ActionKind actions = ActionKind::box);

  static int num_parameters(const ControllerConfig& config, int feature_size, int action_size);
  int num_parameters() const { return static_cast<int>(num_parameters_); }

  // Throws Error (data) unless there are num_parameters() values, all finite.
  void set_row(int row, std::span<const double> parameters);
  void set_all(std::span<const double> parameters);

  void begin(int, const Episode&) override {}  // it remembers nothing
  // observation: [batch, feature]. A row's action has the same bits in any row. Allocates nothing.
  void act(std::span<const float> observation, std::span<float> action) override;

 private:
  std::vector<Squash> squash_;  // [action]
  std::size_t feature_size_, hidden_size_, batch_size_, num_parameters_;
  bool bias_, discrete_;
  std::vector<float> parameters_;  // [batch, num_parameters]
  std::vector<float> hidden_;      // [hidden], scratch
};

}  // namespace reverie
