#include "agent/controller.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "env/clones.h"
#include "env/discrete.h"
#include "env/error.h"

namespace reverie {
namespace {

// The sum is kept in lanes in a fixed order, so that vector code and scalar code give the same bits.
constexpr std::size_t kLanes = 16;

REVERIE_INLINE float dot(const float* a, const float* b, std::size_t size) {
  std::array<float, kLanes> sum{};
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sum[lane] += a[i + lane] * b[i + lane];
    }
  }
  for (; i < size; ++i) {
    sum[i % kLanes] += a[i] * b[i];
  }
  for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
    for (std::size_t lane = 0; lane < width; ++lane) {
      sum[lane] += sum[lane + width];
    }
  }
  return sum[0];
}

// out = W in + b. `parameters` is W [out, in], then b [out] if there is a bias. Returns what follows them.
REVERIE_CLONES
const float* affine(const float* parameters, bool bias, std::span<const float> in, std::span<float> out) {
  const float* const after_weights = parameters + in.size() * out.size();
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = dot(parameters + i * in.size(), in.data(), in.size()) + (bias ? after_weights[i] : 0.0f);
  }
  return bias ? after_weights + out.size() : after_weights;
}

}  // namespace

float squashed(Squash squash, float value) {
  const float t = std::tanh(value);
  switch (squash) {
    case Squash::tanh:
      return t;
    case Squash::tanh01:
      return (t + 1.0f) / 2.0f;
    case Squash::relu_tanh:
      return t < 0.0f ? 0.0f : t;  // a NaN stays one, for the environment to refuse
  }
  return t;
}

int Controller::num_parameters(const ControllerConfig& config, int feature_size, int action_size) {
  const int bias = config.bias ? 1 : 0;
  if (config.hidden_size == 0) {
    return action_size * (feature_size + bias);
  }
  return config.hidden_size * (feature_size + bias) + action_size * (config.hidden_size + bias);
}

Controller::Controller(const ControllerConfig& config, int feature_size, int action_size, int batch_size,
                       ActionKind actions)
    : squash_(config.squash),
      feature_size_(static_cast<std::size_t>(feature_size)),
      hidden_size_(static_cast<std::size_t>(config.hidden_size)),
      batch_size_(static_cast<std::size_t>(batch_size)),
      num_parameters_(static_cast<std::size_t>(num_parameters(config, feature_size, action_size))),
      bias_(config.bias),
      discrete_(actions == ActionKind::discrete) {
  check_config(config);
  REVERIE_CHECK(feature_size, >=, 1);
  REVERIE_CHECK(action_size, >=, 1);
  REVERIE_CHECK(batch_size, >=, 1);
  if (discrete_ && !squash_.empty()) {
    throw Error(ErrorKind::config,
                str("controller squash: expected none where actions are discrete, found ", squash_.size()));
  }
  if (squash_.empty()) {
    squash_.assign(static_cast<std::size_t>(action_size), Squash::tanh);
  }
  if (squash_.size() != static_cast<std::size_t>(action_size)) {
    throw Error(ErrorKind::config, str("controller squash: expected one per action component (", action_size,
                                       "), found ", squash_.size()));
  }
  parameters_.assign(batch_size_ * num_parameters_, 0.0f);
  hidden_.assign(hidden_size_, 0.0f);
}

void Controller::set_row(int row, std::span<const double> parameters) {
  REVERIE_CHECK(row, >=, 0);
  REVERIE_CHECK(row, <, static_cast<int>(batch_size_));
  if (parameters.size() != num_parameters_) {
    throw Error(ErrorKind::data,
                str("controller: expected ", num_parameters_, " parameters, found ", parameters.size()));
  }
  float* const out = parameters_.data() + static_cast<std::size_t>(row) * num_parameters_;
  for (std::size_t i = 0; i < num_parameters_; ++i) {
    out[i] = static_cast<float>(parameters[i]);
    if (!std::isfinite(out[i])) {
      throw Error(ErrorKind::data, str("controller: expected finite parameters, found ", parameters[i], " at ", i));
    }
  }
}

void Controller::set_all(std::span<const double> parameters) {
  set_row(0, parameters);
  for (std::size_t row = 1; row < batch_size_; ++row) {
    std::copy_n(parameters_.begin(), num_parameters_,
                parameters_.begin() + static_cast<std::ptrdiff_t>(row * num_parameters_));
  }
}

void Controller::act(std::span<const float> observation, std::span<float> action) {
  const std::size_t action_size = squash_.size();
  REVERIE_CHECK(observation.size(), ==, batch_size_ * feature_size_);
  REVERIE_CHECK(action.size(), ==, batch_size_ * action_size);
  for (std::size_t row = 0; row < batch_size_; ++row) {
    const float* parameters = parameters_.data() + row * num_parameters_;
    std::span<const float> in = observation.subspan(row * feature_size_, feature_size_);
    const std::span<float> out = action.subspan(row * action_size, action_size);
    if (hidden_size_ > 0) {
      parameters = affine(parameters, bias_, in, hidden_);
      for (float& unit : hidden_) {
        unit = std::tanh(unit);
      }
      in = hidden_;
    }
    affine(parameters, bias_, in, out);
    if (discrete_) {
      play_largest(out);
      continue;
    }
    for (std::size_t i = 0; i < action_size; ++i) {
      out[i] = squashed(squash_[i], out[i]);
    }
  }
}

}  // namespace reverie
