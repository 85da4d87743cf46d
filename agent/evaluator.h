// Plain data in, plain data out: how good are these policies? Plain, so that the work can go to threads or machines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/rollout.h"
#include "agent/saved_policy.h"

namespace reverie {

struct EvaluationJob {
  SavedPolicy policy;
  std::vector<std::uint64_t> episode_seeds;  // equal seeds in all jobs, so that luck is not fitness
};

class Evaluator {
 public:
  virtual ~Evaluator() = default;

  // results[job][episode]. Equal jobs give equal results, whoever plays them and in whatever order.
  virtual std::vector<std::vector<EpisodeResult>> evaluate(std::span<const EvaluationJob> jobs) = 0;
};

}  // namespace reverie
