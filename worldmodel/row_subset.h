// Some rows of a batch without the others.
//
// A row's bits may depend on the size of its batch (world_model.h). So a smaller batch is taken only where it was seen
// to change nothing, which holds in float32 (row_matrix.h) and for what we know of oneDNN's bfloat16. That is a
// heuristic and no proof: one random batch was tried.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "worldmodel/world_model.h"

namespace reverie {

class RowSubset {
 public:
  // attempt: what the model makes of the given rows of some random batch, one row each. Tried once for every smaller
  // size, which costs as much as several steps: make one for each model and batch size, and give copies to all
  // environments that share them.
  RowSubset(int batch_size, const std::function<torch::Tensor(std::span<const int> rows)>& attempt);

  int batch_size() const { return static_cast<int>(all_.size()); }

  // The rows to compute where `wanted` are asked for: these, then others up to a size that was tried; or all of them
  // in order, where that is as little work or the only safe way.
  std::vector<int> covering(std::span<const int> wanted) const;

 private:
  std::vector<int> all_;
  bool smaller_agree_ = true;
};

}  // namespace reverie
