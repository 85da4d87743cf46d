// Computes some rows of a batch and leaves the others out.
//
// A row's bits may depend on the size of its batch (world_model.h). So a smaller batch is used only where a trial
// showed that it changes no bits. That is the case in float32 (row_matrix.h) and, as far as we know, in oneDNN's
// bfloat16. The trial is a heuristic and no proof: it compares one random batch.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "worldmodel/world_model.h"

namespace reverie {

class RowSubset {
 public:
  // attempt: computes the model's output for the given rows of a random batch, one row each. It is called once for
  // every smaller size, which costs as much as several steps: make one for each model and batch size, and give copies
  // to all environments that share them.
  RowSubset(int batch_size, const std::function<torch::Tensor(std::span<const int> rows)>& attempt);

  int batch_size() const { return static_cast<int>(all_.size()); }

  // The rows to compute where `wanted` are asked for: these, then others up to a size that was tried; or all of them in
  // order, where that costs no more or where smaller batches change bits.
  std::vector<int> covering(std::span<const int> wanted) const;

 private:
  std::vector<int> all_;
  bool smaller_agree_ = true;
};

}  // namespace reverie
