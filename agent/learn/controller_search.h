// The search for a controller, one generation after another. evolution.h ranks candidates by whole episodes, ppo.h
// learns from single steps.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/saved_policy.h"
#include "env/helper.h"
#include "env/measurements.h"
#include "env/team.h"

namespace reverie {

struct GenerationReport {
  int generation = 0;                        // 1 after the first
  double mean_fitness = 0, mean_length = 0;  // return and steps of an episode
  std::int64_t steps = 0;
  Measurements more;
};

class ControllerSearch {
 public:
  virtual ~ControllerSearch() = default;
  virtual int generation() const = 0;  // done so far
  // Throws Stopped where the pool or evaluator is told to stop; the search is then as it was before, and can be saved.
  virtual GenerationReport run_generation() = 0;
  virtual SavedPolicy policy() const = 0;  // the controller found so far

  // Everything that the search needs to go on bit for bit, between generations.
  virtual std::map<std::string, torch::Tensor> save() const = 0;
  virtual void load(const std::map<std::string, torch::Tensor>& state) = 0;

  // Called before the first generation. Takes over what an earlier search of the same kind learnt about the search
  // itself, such as CMA-ES's covariance; `state` is what that search saved at its end. The controller to start from is
  // given by the task. A kind without such knowledge does nothing.
  virtual void continue_from(const std::map<std::string, torch::Tensor>& /*state*/) {}
};

// A search whose shards helpers work on, too. A helper makes the same search, which then works for the leader's.
class SharedSearch {
 public:
  virtual ~SharedSearch() = default;
  void share_with(Equipped helpers) { helpers_ = std::move(helpers); }
  // What works on its shards; the search must outlive it.
  virtual std::unique_ptr<TaskEquipment> make_helper() = 0;

 protected:
  const Equipped& helpers() const { return helpers_; }
  // Throws Error (kind data) where a message is of a shard that the search does not have.
  static void check_shard(const MessageReader& message, int shard, int shards) {
    if (shard < 0 || shard >= shards) {
      message.fail(str("expected a shard below ", shards, ", found ", shard));
    }
  }

 private:
  Equipped helpers_;
};

// What every kind of search needs.
struct SearchTask {
  std::uint64_t run_seed = 1;
  std::uint64_t draw_index = 0;  // sets its random streams apart from those of the run's other searches
  int generations = 0;           // how many there will be; run_generation() may be called less often
  std::vector<double> start;     // parameters of the controller to start from
};

}  // namespace reverie
