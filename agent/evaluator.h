// Evaluates policies by letting them play episodes. Jobs and results are plain data, so that the work can be sent to
// threads or to other machines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/rollout.h"
#include "agent/saved_policy.h"

namespace reverie {

struct EvaluationJob {
  SavedPolicy policy;
  std::vector<std::uint64_t> episode_seeds;  // equal seeds in all jobs, so that all policies meet the same episodes
};

class Evaluator {
 public:
  virtual ~Evaluator() = default;

  // results[job][episode]. Equal jobs give equal results, on any thread and in any order.
  virtual std::vector<std::vector<EpisodeResult>> evaluate(std::span<const EvaluationJob> jobs) = 0;
};

}  // namespace reverie
