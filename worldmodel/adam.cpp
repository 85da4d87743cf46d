#include "worldmodel/adam.h"

#include <cmath>

#include "env/error.h"

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

void Adam::step(double learning_rate, double clip) {
  torch::NoGradGuard no_grad;
  ++steps_;
  const double correction1 = 1.0 - std::pow(kBeta1, static_cast<double>(steps_));
  const double correction2 = 1.0 - std::pow(kBeta2, static_cast<double>(steps_));
  for (Slot& slot : slots_) {
    torch::Tensor& gradient = slot.parameter.mutable_grad();
    if (!gradient.defined()) {
      continue;
    }
    if (clip > 0.0) {
      gradient.clamp_(-clip, clip);
    }
    slot.mean.mul_(kBeta1).add_(gradient, 1.0 - kBeta1);
    slot.square.mul_(kBeta2).addcmul_(gradient, gradient, 1.0 - kBeta2);
    const torch::Tensor denominator = (slot.square / correction2).sqrt_().add_(kEpsilon);
    slot.parameter.addcdiv_(slot.mean, denominator, -learning_rate / correction1);
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
