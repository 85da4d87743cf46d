#include <iostream>
#include <vector>

#include "worldmodel/data/weights.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

namespace {

using namespace reverie;

// What 20 steps of a dream pay.
double dream_return(const VaeMdnRnn& model) {
  StartStates starts;
  starts.states = model.initial_state(1);
  starts.first = {1};
  starts.paid = {0};
  DreamConfig config;
  config.end = DreamEnd::never;
  DreamEnvironment dream(model, starts, config, {-1, -1}, {1, 1}, 1);
  dream.reset(std::vector<int>{0}, std::vector<std::uint64_t>{7});
  double paid = 0;
  for (int step = 0; step < 20; ++step) {
    dream.step(std::vector<float>{0.5f, -0.5f});
    paid += dream.reward()[0];
  }
  return paid;
}

MdnRnn make_memory(std::optional<std::uint64_t> seed) {
  MdnRnnConfig config;
  config.hidden_size = 16;
  config.reward_head = RewardHead::value;
  return MdnRnn(8, 2, config, seed);
}

}  // namespace

// Makes a model, writes M to the file, reads it and dreams the same with it.
int dream(const char* file) {
  VaeConfig vae_config;
  vae_config.latent_size = 8;
  vae_config.channels = {4, 4, 8, 8};
  const Vae vae(vae_config, 1);
  const MdnRnn made = make_memory(2);
  write_tensor_file(file, "example/1", {module_tensors(*made), {}});
  const MdnRnn read = read_module(file, "example/1", make_memory);

  const double before = dream_return(VaeMdnRnn(vae, made, {}, Precision::float32));
  const double after = dream_return(VaeMdnRnn(vae, read, {}, Precision::float32));
  std::cout << "a dream pays " << before << ", with the weights read back " << after << '\n';
  return before == after && before != 0 ? 0 : 1;
}
