// A head of M that draws the whole next latent at once, by a flow from noise: rectified flow (X. Liu et al., arXiv
// 2209.03003) with shortcut steps (K. Frans et al., arXiv 2410.12557).
//
// y is the change of z in units of each dimension's deviation, e is noise, x_t = (1 - t) e + t y. A network says the
// velocity y - e, given x_t, t, M's state and the length d of the step that is to be taken with it. Few plain steps of
// a flow draw too narrowly, which is a cold dream. So a share of the rows learns that one step of length d goes where
// two of length d / 2 go.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "env/fields.h"
#include "worldmodel/nn/frozen_linear.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/world_model.h"

namespace reverie {

inline constexpr int kFinestFlowSteps = 64;  // a plain flow step has length 1 / 64

struct FlowConfig {
  int width = 256;
  int layers = 2;
  int steps = 4;
  double shortcut_share = 0.25;
  int noise_levels = 4;

  void validate() const;
};

inline std::vector<Field> fields(FlowConfig& c) {
  return {number_field("width", c.width, 1, 8192, "units of a layer"),
          number_field("layers", c.layers, 1, 16, "of units"),
          number_field("steps", c.steps, 1, kFinestFlowSteps, "of a draw, a power of 2; more are slower"),
          number_field("shortcut_share", c.shortcut_share, 0.0, 1.0,
                       "of the rows that learn long steps; 0: a draw takes plain steps, which spread too little"),
          number_field("noise_levels", c.noise_levels, 1, 64, "that each recorded step is learnt at in an update")};
}

// x after `steps` steps of velocity(x, step) from x.
template <typename Velocity>
torch::Tensor follow_flow(torch::Tensor x, int steps, const Velocity& velocity) {
  for (int step = 0; step < steps; ++step) {
    x = x + velocity(x, step) / static_cast<float>(steps);
  }
  return x;
}

class FlowHeadImpl : public torch::nn::Module {
 public:
  FlowHeadImpl(int latent_size, std::int64_t inputs, const FlowConfig& config, ParameterMaker& make);

  const FlowConfig& config() const { return config_; }
  int latent_size() const { return latent_size_; }

  // What loss() reads of chance for `rows` states: normals [rows * noise_levels, latent], uniforms [.., 2].
  Noise draw_noise(std::int64_t rows, std::uint64_t seed) const;

  // Mean squared error of the velocity, a dimension. states [rows, inputs] of M, change [rows, latent] of z.
  torch::Tensor loss(const torch::Tensor& states, const torch::Tensor& change, const Noise& noise,
                     torch::ScalarType type) const;

  // A draw of the change of z, [rows, latent], from normals of the same shape that are scaled by sqrt(temperature).
  // Differentiable in states.
  torch::Tensor draw(const torch::Tensor& states, const torch::Tensor& normals, float temperature) const;

  // What stands for time t and step length d, both [n]: [n, kFeatures].
  static torch::Tensor level_features(const torch::Tensor& t, const torch::Tensor& d);
  torch::Tensor features_of_step(int step) const;  // of a draw, [1, kFeatures]

  torch::Tensor condition;                  // [inputs, width]
  torch::Tensor input;                      // [latent, width]
  torch::Tensor level;                      // [kFeatures, width]
  std::vector<torch::Tensor> hidden, bias;  // [width, width] between layers; [width] of each
  torch::Tensor output, output_bias;        // [width, latent]
  torch::Tensor deviation;                  // [latent], of the change of z in the data; set before training
  torch::Tensor spread;                     // [1], of the noise that a draw begins with; set after training

  static constexpr int kWaves = 8, kLengths = 7, kFeatures = 2 * kWaves + kLengths;

 private:
  // condition_of: [n, width], the states' product.
  torch::Tensor velocity(const torch::Tensor& x, const torch::Tensor& features, const torch::Tensor& condition_of,
                         torch::ScalarType type) const;

  FlowConfig config_;
  int latent_size_;
};
TORCH_MODULE(FlowHead);

// The head for inference, with weights of its own.
class FlowSampler {
 public:
  FlowSampler() = default;
  FlowSampler(const FlowHeadImpl& head, torch::ScalarType type);

  torch::Tensor draw(const torch::Tensor& states, const torch::Tensor& normals, float temperature) const;

 private:
  int steps_ = 0;
  FrozenLinear condition_, input_, output_;
  std::vector<FrozenLinear> hidden_;
  std::vector<torch::Tensor> first_bias_;  // of each step, [width]
  torch::Tensor deviation_;
  float spread_ = 1;
};

}  // namespace reverie
