#include "worldmodel/nn/data_parallel.h"

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr std::int64_t kTime = 4, kBatch = 12;
constexpr int kLatent = 3, kActions = 2;

MdnRnn make_module() {
  MdnRnnConfig config;
  config.hidden_size = 6;
  config.mixtures = 2;
  config.mask_first_reward = false;
  return MdnRnn(kLatent, kActions, config, 5);
}

SequenceBatch make_batch() {
  return {normal_tensor({kTime, kBatch, kLatent}, 1),
          normal_tensor({kTime, kBatch, kActions}, 2),
          normal_tensor({kTime, kBatch, kLatent}, 3),
          normal_tensor({kTime, kBatch}, 4),
          torch::zeros({kTime, kBatch}),
          torch::zeros({kTime, kBatch})};
}

Tensor loss_of(const MdnRnn& module, const SequenceBatch& batch) {
  return module->loss(batch, module->blank(batch.latent.size(1)), {}, torch::kFloat32).total;
}

// The master's gradients after one step on `threads` threads.
std::vector<Tensor> gradients(int shards, int threads) {
  const MdnRnn master = make_module();
  WorkerPool pool(threads, [] { at::set_num_threads(1); });
  DataParallel<MdnRnn> parallel(master, make_module, shards, pool);
  const SequenceBatch batch = make_batch();
  const std::int64_t size = kBatch / shards;
  std::vector<Tensor> result;
  for (int repeat = 0; repeat < 2; ++repeat) {  // the second step starts from cleared gradients
    parallel.backward([&](const MdnRnn& replica, int shard) {
      return loss_of(replica, batch.rows(shard * size, (shard + 1) * size));
    });
  }
  for (const Tensor& parameter : master->parameters()) {
    result.push_back(parameter.grad());
  }
  return result;
}

}  // namespace

TEST_CASE("the gradient of several shards is the whole batch's", "[worldmodel]") {
  const int shards = GENERATE(1, 2, 4);
  const MdnRnn whole = make_module();
  loss_of(whole, make_batch()).backward();
  const std::vector<Tensor> sharded = gradients(shards, 2), expected = whole->parameters();
  REQUIRE(sharded.size() == expected.size());
  for (std::size_t i = 0; i < sharded.size(); ++i) {
    CHECK(max_difference(sharded[i], expected[i].grad()) < 1e-6);
    CHECK(expected[i].grad().abs().max().item<float>() > 1e-3f);
  }
}

TEST_CASE("gradients have the same bits for any number of threads", "[worldmodel]") {
  const std::vector<Tensor> one = gradients(4, 1);
  for (const int threads : {2, 3}) {
    const std::vector<Tensor> several = gradients(4, threads);
    for (std::size_t i = 0; i < one.size(); ++i) {
      CHECK(torch::equal(one[i], several[i]));
    }
  }
}

TEST_CASE("replicas see every change of the master's weights", "[worldmodel]") {
  const MdnRnn master = make_module();
  WorkerPool pool(1);
  DataParallel<MdnRnn> parallel(master, make_module, 2, pool);
  {
    torch::NoGradGuard no_grad;
    master->mixture_bias.fill_(0.25f);
    master->lstm_bias.add_(normal_tensor(master->lstm_bias.sizes(), 9));
  }
  int seen = 0;
  parallel.backward([&](const MdnRnn& replica, int) {
    seen += torch::equal(replica->mixture_bias, master->mixture_bias) &&
            torch::equal(replica->lstm_bias, master->lstm_bias);
    return loss_of(replica, make_batch());
  });
  CHECK(seen == 2);
}

TEST_CASE("a parameter that no shard used has no gradient", "[worldmodel]") {
  const MdnRnn master = make_module();
  WorkerPool pool(1);
  DataParallel<MdnRnn> parallel(master, make_module, 2, pool);
  parallel.backward(
      [](const MdnRnn& replica, int shard) { return replica->mixture_bias.sum() * static_cast<float>(shard); });
  CHECK_FALSE(master->lstm_bias.grad().defined());
  CHECK(torch::equal(master->mixture_bias.grad(), torch::full_like(master->mixture_bias, 0.5f)));
}
