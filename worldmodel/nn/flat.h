// Tensors of one shape as flat arrays, cut into pieces that threads share.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <functional>

#include "env/worker_pool.h"

namespace reverie {

// The numbers of `tensor` in the memory order of `like`, [numel]: a view where `tensor` has that order already.
inline torch::Tensor flat(const torch::Tensor& tensor, const torch::Tensor& like) {
  const torch::Tensor same = tensor.strides() == like.strides() ? tensor : torch::empty_like(like).copy_(tensor);
  return same.as_strided({same.numel()}, {1});
}

// Calls work(begin, end) for pieces of [0, size); on the pool, if there is one. For elementwise work only.
inline void for_pieces(WorkerPool* pool, std::int64_t size,
                       const std::function<void(std::int64_t begin, std::int64_t end)>& work) {
  constexpr std::int64_t kPiece = 1 << 17;
  const int pieces = static_cast<int>((size + kPiece - 1) / kPiece);
  if (pool == nullptr || pieces < 2) {
    work(0, size);
    return;
  }
  pool->run(pieces, [&](int piece, int) { work(piece * kPiece, std::min(size, (piece + 1) * kPiece)); });
}

}  // namespace reverie
