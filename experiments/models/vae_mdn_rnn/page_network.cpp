// V's decoder and M for a page.
#include "experiments/models/page_network.h"

#include "env/error.h"
#include "experiments/models/vae_mdn_rnn/family.h"
#include "experiments/models/vae_mdn_rnn/weights.h"

namespace reverie {

using torch::Tensor;

std::optional<PageNetwork> VaeMdnRnnFamily::page_network(const Experiment& experiment, int iteration) const {
  torch::NoGradGuard no_grad;
  const Vae vae = load_vae(experiment, iteration);
  const MdnRnn mdn_rnn = load_mdn_rnn(experiment, iteration);
  const VaeMdnRnnSettings& settings = VaeMdnRnnSettings::of(experiment.config);
  const MdnRnnConfig& m = mdn_rnn->config();
  if (m.latent_head != LatentHead::mixture || m.memory != Memory::lstm) {
    throw Error(ErrorKind::data, str(experiment.run.folder().string(), ": a page cannot dream with ",
                                     m.memory == Memory::lstm ? "this mdn_rnn.latent_head" : "a transformer",
                                     " yet; a folder as the output exports it"));
  }
  PageNetwork network;
  network.sizes[page::kLatent] = mdn_rnn->latent_size();
  network.sizes[page::kHidden] = m.hidden_size;
  network.sizes[page::kHead] = m.head_size;
  network.sizes[page::kMixtures] = m.mixtures;
  network.sizes[page::kActions] = mdn_rnn->action_size();
  network.sizes[page::kFeatures] = static_cast<int>(settings.model.features);
  network.sizes[page::kRewardHead] = static_cast<int>(m.reward_head);
  for (std::size_t i = 0; i < 4; ++i) {
    network.sizes[page::kChannels1 + i] = vae->config().channels[i];
  }
  network.numbers[page::kUnpaid] = mdn_rnn->reward_levels[0].item<float>();
  network.numbers[page::kPaid] = mdn_rnn->reward_levels[1].item<float>();
  network.numbers[page::kRewardScale] = static_cast<float>(m.reward_scale);
  network.numbers[page::kLogSigmaMin] = static_cast<float>(m.log_sigma_min);

  const auto v = vae->named_parameters();
  network.weights = {v["dense_weight"], v["dense_bias"], v["deconv1_weight"], v["deconv1_bias"]};  // [in, 5 * 5 * out]
  for (const char* name : {"deconv2", "deconv3", "deconv4"}) {
    network.weights.push_back(v[std::string(name) + "_weight"].permute({0, 2, 3, 1}));  // [in, k, k, out]
    network.weights.push_back(v[std::string(name) + "_bias"]);
  }
  network.weights.push_back(torch::cat({mdn_rnn->lstm_input, mdn_rnn->lstm_hidden}, 0));
  network.weights.push_back(mdn_rnn->lstm_bias);
  if (m.head_size > 0) {
    network.weights.push_back(mdn_rnn->head_weight);
    network.weights.push_back(mdn_rnn->head_bias);
  }
  const std::int64_t inputs = mdn_rnn->head_inputs();
  const auto or_filled = [](const Tensor& tensor, torch::IntArrayRef shape, float value) {
    return tensor.defined() ? tensor : torch::full(shape, value);
  };
  network.weights.push_back(torch::cat({mdn_rnn->mixture_weight, or_filled(mdn_rnn->reward_weight, {inputs, 1}, 0.0f),
                                        or_filled(mdn_rnn->end_weight, {inputs, 1}, 0.0f)},
                                       1));
  // Without an end head nothing ends: sigmoid(-30) is 1e-13.
  network.weights.push_back(torch::cat(
      {mdn_rnn->mixture_bias, or_filled(mdn_rnn->reward_bias, {1}, 0.0f), or_filled(mdn_rnn->end_bias, {1}, -30.0f)}));
  return network;
}

}  // namespace reverie
