#include "worldmodel/nn/adam.h"

#include <cmath>
#include <limits>

#include "env/error.h"
#include "worldmodel/nn/flat.h"
#include "worldmodel/nn/kernels.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

}  // namespace

Adam::Adam(const torch::nn::Module& module) {
  for (const auto& parameter : module.named_parameters()) {
    slots_.push_back({parameter.key(), parameter.value(), torch::zeros_like(parameter.value()),
                      torch::zeros_like(parameter.value())});
  }
}

double Adam::gradient_norm() const {
  double sum = 0.0;
  for (const Slot& slot : slots_) {
    const torch::Tensor& gradient = slot.parameter.grad();
    if (gradient.defined()) {
      const torch::Tensor along = flat(gradient, slot.parameter);
      for (const float value : numbers_of<float>(along)) {
        sum += static_cast<double>(value) * static_cast<double>(value);
      }
    }
  }
  return std::sqrt(sum);
}

void Adam::step(double learning_rate, const GradientClip& clip, WorkerPool* pool) {
  torch::NoGradGuard no_grad;
  const double norm = clip.norm > 0.0 ? gradient_norm() : 0.0;
  const bool too_long = norm > clip.norm;  // never, where the clip is off
  ++steps_;
  kernels::AdamStep step;
  step.beta1 = kBeta1;
  step.beta2 = kBeta2;
  step.epsilon = kEpsilon;
  step.clip = clip.value > 0.0 ? static_cast<float>(clip.value) : std::numeric_limits<float>::infinity();
  step.mean_factor = learning_rate / (1.0 - std::pow(kBeta1, static_cast<double>(steps_)));
  step.square_factor = 1.0 / (1.0 - std::pow(kBeta2, static_cast<double>(steps_)));
  for (Slot& slot : slots_) {
    torch::Tensor& gradient = slot.parameter.mutable_grad();
    if (!gradient.defined()) {
      continue;
    }
    if (too_long) {
      gradient.mul_(clip.norm / norm);
    }
    const torch::Tensor along = flat(gradient, slot.parameter);
    for_pieces(pool, along.numel(), [&](std::int64_t begin, std::int64_t end) {
      kernels::adam_step(step, end - begin, along.data_ptr<float>() + begin, slot.parameter.data_ptr<float>() + begin,
                         slot.mean.data_ptr<float>() + begin, slot.square.data_ptr<float>() + begin);
    });
    gradient = torch::Tensor();
  }
}

std::map<std::string, torch::Tensor> Adam::save() const {
  std::map<std::string, torch::Tensor> state;
  state["steps"] = torch::tensor({steps_}, torch::kInt64);
  for (const Slot& slot : slots_) {
    state["mean." + slot.name] = slot.mean.clone();
    state["square." + slot.name] = slot.square.clone();
  }
  return state;
}

void Adam::load(const std::map<std::string, torch::Tensor>& state) {
  const auto find = [&state](const std::string& name, const torch::Tensor& like) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != like.sizes()) {
      throw Error(ErrorKind::data, str("optimiser state: expected tensor '", name, "' of shape ", like.sizes()));
    }
    return found->second;
  };
  steps_ = find("steps", torch::zeros({1}, torch::kInt64)).item<std::int64_t>();
  for (Slot& slot : slots_) {
    slot.mean.copy_(find("mean." + slot.name, slot.mean));
    slot.square.copy_(find("square." + slot.name, slot.square));
  }
}

double cosine_schedule(double begin, double end, double progress) {
  return end + (begin - end) * 0.5 * (1.0 + std::cos(M_PI * std::min(std::max(progress, 0.0), 1.0)));
}

}  // namespace reverie
