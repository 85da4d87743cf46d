// One training step over fixed shards of a batch, on the pool.
//
// The batch is cut into a number of shards that the config gives, not the number of threads, and gradients are added in
// the order of the shards: the same bits for any number of threads.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

#include "env/error.h"
#include "env/worker_pool.h"
#include "worldmodel/nn/flat.h"

namespace reverie {

// Holder is a LibTorch module holder, such as torch::nn::Linear.
template <typename Holder>
class DataParallel {
 public:
  // make_replica makes a module of the same shape as the master; its parameters then share the master's memory, while
  // each replica collects gradients of its own.
  DataParallel(const Holder& master, const std::function<Holder()>& make_replica, int num_shards, WorkerPool& pool)
      : master_(master), pool_(pool) {
    for (int shard = 0; shard < num_shards; ++shard) {
      Holder replica = make_replica();
      const auto parameters = master->named_parameters();
      for (auto& parameter : replica->named_parameters()) {
        parameter.value().set_data(parameters[parameter.key()]);
      }
      replicas_.push_back(replica);
    }
  }

  int num_shards() const { return static_cast<int>(replicas_.size()); }

  // loss(replica, shard) is a shard's mean loss. Leaves the gradient of the mean over shards in the master. Where the
  // pool's run() throws, the master's gradient is worthless.
  void backward(const std::function<torch::Tensor(const Holder& replica, int shard)>& loss) {
    for (Holder& replica : replicas_) {  // a step that was stopped may have left gradients, and gradients add up
      for (torch::Tensor& parameter : replica->parameters()) {
        parameter.mutable_grad() = torch::Tensor();
      }
    }
    pool_.run(num_shards(),
              [&](int shard, int) { loss(replicas_[static_cast<std::size_t>(shard)], shard).backward(); });
    torch::NoGradGuard no_grad;
    for (auto& parameter : master_->named_parameters()) {
      std::vector<torch::Tensor> gradients;
      for (Holder& replica : replicas_) {
        torch::Tensor& gradient = replica->named_parameters()[parameter.key()].mutable_grad();
        if (gradient.defined()) {
          gradients.push_back(flat(gradient, parameter.value()));
        }
        gradient = torch::Tensor();
      }
      if (gradients.empty()) {
        continue;
      }
      torch::Tensor mean = torch::empty_like(parameter.value());
      torch::Tensor values = flat(mean, mean);
      for_pieces(&pool_, values.numel(), [&](std::int64_t begin, std::int64_t end) {
        torch::NoGradGuard no_grad_here;
        torch::Tensor piece = values.slice(0, begin, end);
        piece.copy_(gradients.front().slice(0, begin, end));
        for (std::size_t i = 1; i < gradients.size(); ++i) {
          piece.add_(gradients[i].slice(0, begin, end));
        }
        piece.div_(num_shards());
      });
      parameter.value().mutable_grad() = mean;
    }
  }

 private:
  Holder master_;
  std::vector<Holder> replicas_;
  WorkerPool& pool_;
};

}  // namespace reverie
