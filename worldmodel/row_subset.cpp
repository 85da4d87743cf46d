#include "worldmodel/row_subset.h"

namespace reverie {
namespace {

constexpr int kSizeStep = 16;  // smaller batches are multiples of it

}  // namespace

RowSubset::RowSubset(int batch_size, const std::function<torch::Tensor(std::span<const int>)>& attempt) {
  for (int row = 0; row < batch_size; ++row) {
    all_.push_back(row);
  }
  if (batch_size <= kSizeStep) {
    return;
  }
  torch::NoGradGuard no_grad;
  const torch::Tensor whole = attempt(all_);
  for (int size = kSizeStep; size < batch_size && smaller_agree_; size += kSizeStep) {
    // The last rows, so that each is at another place than in the whole batch.
    const std::span<const int> rows = std::span<const int>(all_).last(static_cast<std::size_t>(size));
    smaller_agree_ = torch::equal(attempt(rows), whole.slice(0, batch_size - size));
  }
}

std::vector<int> RowSubset::covering(std::span<const int> wanted) const {
  const std::size_t size = (wanted.size() + kSizeStep - 1) / kSizeStep * kSizeStep;
  if (!smaller_agree_ || size >= all_.size()) {
    return all_;
  }
  std::vector<int> rows(wanted.begin(), wanted.end());
  rows.resize(size, wanted.front());
  return rows;
}

}  // namespace reverie
