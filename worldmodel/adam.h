// Adam (Kingma and Ba 2015, algorithm 1), with its whole state as named tensors so that a run goes on bit for bit.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "env/worker_pool.h"

namespace reverie {

class Adam {
 public:
  // Beta 0.9 and 0.999, epsilon 1e-8. The module must outlive the optimiser.
  explicit Adam(const torch::nn::Module& module);

  // One step along the parameters' gradients, each value clipped to +-clip first (0: not clipped); gradients are
  // cleared. A parameter without a gradient stays. The pool's threads share the work; it does not change the result.
  void step(double learning_rate, double clip, WorkerPool* pool = nullptr);

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
