// Adam (Kingma and Ba 2015, algorithm 1), with its whole state as named tensors so that a run goes on bit for bit.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "env/worker_pool.h"

namespace reverie {

// How gradients are clipped before a step; 0 switches either way off.
struct GradientClip {
  double norm = 0.0;   // first, all gradients are scaled down together so that their 2-norm is at most this
  double value = 0.0;  // then each number is kept within +-value
};

class Adam {
 public:
  // Beta 0.9 and 0.999, epsilon 1e-8. The module must outlive the optimiser.
  explicit Adam(const torch::nn::Module& module);

  // One step along the parameters' gradients, clipped first; gradients are cleared. A parameter without a gradient
  // stays. The pool's threads share the work; it does not change the result.
  void step(double learning_rate, const GradientClip& clip = {}, WorkerPool* pool = nullptr);

  // The 2-norm of all gradients together, as they are now; NaN or infinite where one of them is.
  double gradient_norm() const;

  std::map<std::string, torch::Tensor> save() const;
  void load(const std::map<std::string, torch::Tensor>& state);  // throws Error where it does not fit

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter, mean, square;
  };
  std::vector<Slot> slots_;
  std::int64_t steps_ = 0;
};

// From `begin` to `end` along half a cosine as progress goes from 0 to 1.
double cosine_schedule(double begin, double end, double progress);

}  // namespace reverie
