// One training step over fixed shards of a batch, on the pool and on other processes.
//
// The batch is cut into a number of shards that the config gives, not the number of threads, and gradients are added in
// the order of the shards: the same bits for any number of threads and processes.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

#include "env/error.h"
#include "env/helper.h"
#include "env/team.h"
#include "env/worker_pool.h"
#include "worldmodel/nn/flat.h"
#include "worldmodel/nn/tensor_message.h"

namespace reverie {

// What a shard's loss leaves: the mean over the shard, and what the shard carries to the next step.
struct ShardLoss {
  torch::Tensor total;
  std::vector<torch::Tensor> carried;
};

// Gives the replica the master's memory for its parameters; each collects gradients of its own. Both have one shape.
inline void share_weights(const torch::nn::Module& master, torch::nn::Module& replica) {
  const auto parameters = master.named_parameters();
  for (auto& parameter : replica.named_parameters()) {
    parameter.value().set_data(parameters[parameter.key()]);
  }
}

// Holder is a LibTorch module holder, such as torch::nn::Linear.
template <typename Holder>
class DataParallel {
 public:
  // make_replica makes a module of the same shape as the master.
  DataParallel(const Holder& master, const std::function<Holder()>& make_replica, int num_shards, WorkerPool& pool)
      : master_(master), pool_(pool) {
    for (int shard = 0; shard < num_shards; ++shard) {
      replicas_.push_back(make_replica());
      share_weights(*master, *replicas_.back());
    }
  }

  int num_shards() const { return static_cast<int>(replicas_.size()); }
  const Holder& replica(int shard) const { return replicas_[static_cast<std::size_t>(shard)]; }

  // loss(replica, shard) is a shard's mean loss. Leaves the gradient of the mean over shards in the master. Where the
  // pool's run() throws, the master's gradient is worthless. elsewhere: how other processes do it, which are sent the
  // master's weights before what it says, and whose results begin with the gradients.
  void backward(const std::function<torch::Tensor(const Holder& replica, int shard)>& loss,
                const Elsewhere& elsewhere = {}) {
    for (Holder& replica : replicas_) {  // a step that was stopped may have left gradients, and gradients add up
      for (torch::Tensor& parameter : replica->parameters()) {
        parameter.mutable_grad() = torch::Tensor();
      }
    }
    const auto work = [&](int shard, int) { loss(replicas_[static_cast<std::size_t>(shard)], shard).backward(); };
    Elsewhere shards = elsewhere;
    shards.common = [&](MessageWriter& message) {
      put_weights(message, *master_);
      elsewhere.common(message);
    };
    shards.unpack = [&](int shard, MessageReader& message) {
      take_gradients(message, *replicas_[static_cast<std::size_t>(shard)]);
      elsewhere.unpack(shard, message);
    };
    Team::run(pool_, num_shards(), work, shards);
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

// The helper's side of shards whose loss needs nothing but what is sent: tensors in, the loss and what is carried out.
template <typename Holder>
class ShardEquipment : public TaskEquipment {
 public:
  using Loss = std::function<ShardLoss(const Holder& replica, const std::vector<torch::Tensor>& inputs)>;

  // make_replica as DataParallel's.
  ShardEquipment(const std::function<Holder()>& make_replica, Loss loss, const WorkerPool& pool)
      : loss_(std::move(loss)) {
    for (int worker = 0; worker < pool.size(); ++worker) {
      replicas_.push_back(make_replica());
      share_weights(*replicas_.front(), *replicas_.back());
    }
  }

  void begin(MessageReader& common) override { take_weights(common, *replicas_.front()); }

  void work_on(int, MessageReader& message, int worker, MessageWriter& result) override {
    const Holder& replica = replicas_[static_cast<std::size_t>(worker)];
    const std::vector<torch::Tensor> inputs = take_tensors(message);
    ShardLoss loss = loss_(replica, inputs);
    put_backward(result, *replica, loss.total);
    result.put(loss.total.template item<double>());
    put_tensors(result, loss.carried);
  }

 private:
  Loss loss_;
  std::vector<Holder> replicas_;
};

}  // namespace reverie
