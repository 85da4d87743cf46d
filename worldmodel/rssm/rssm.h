// The recurrent state-space model: a state of a deterministic part h and a random part s (D. Hafner et al., "Learning
// Latent Dynamics for Planning from Pixels", arXiv 1811.04551, figure 2 and section 3).
//
//   h_t = GRU(h_{t-1}, f(s_{t-1}, a_{t-1}))
//   s_t ~ prior(h_t)               what is expected: a dream's
//   s_t ~ posterior(h_t, z_t)      with the frame seen
//   [s_t, h_t] ─ trunk ─> z_t, reward_t, end logit_t
//
// z is a frame's code (V's, or of an encoder that is trained with it). Sequences are in arrival form: entry t holds
// frame t, the action that led to it, and the reward and end that came with it.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "worldmodel/nn/two_hot.h"
#include "worldmodel/rssm/distributions.h"
#include "worldmodel/rssm/rssm_config.h"
#include "worldmodel/vae/vae.h"

namespace reverie {

// The dense layers as functions [n, in] -> [n, out], so that training, dreaming and dreaming with a gradient share the
// equations below and differ in how they multiply.
struct RssmLayers {
  using Layer = std::function<torch::Tensor(const torch::Tensor&)>;
  Layer input;                     // [s, a] -> hidden
  Layer gru_gates, gru_candidate;  // planet: [x, h] -> r and u; [x, r h] -> c
  Layer gru_input, gru_hidden;     // reset_after: x and h -> r, u, c each
  Layer gru_parts;                 // layer_norm: [h, x] -> r, c, u
  torch::Tensor norm_scale, norm_shift;
  Layer prior_hidden, prior, posterior_hidden, posterior;
  Layer trunk, heads;  // heads: latent, reward, end
};

// A batch of sequences, time first, in arrival form.
struct ArrivalBatch {
  torch::Tensor latent_mean, latent_log_variance;  // [time, batch, latent], of input latent
  torch::Tensor frame;                             // uint8 [time, batch, height, width, 3], of input pixels
  torch::Tensor action;                            // [time, batch, action]: led to the entry; 0 at an episode's first
  torch::Tensor reward, terminated;                // [time, batch]: came with it
  torch::Tensor first;                             // 1 at an episode's first frame
  torch::Tensor rewarded;                          // 1 where the reward trains the reward head

  ArrivalBatch rows(std::int64_t begin, std::int64_t end) const;  // of the batch
};

struct RssmUnrolled {
  torch::Tensor deterministic, stochastic;  // [time, batch, ...], after each frame
  torch::Tensor posterior;                  // [time, batch, parameters]
};

struct RssmLoss {
  torch::Tensor total;  // what is minimised
  // Means over steps: half the squared error, in units of V's deviation and summed over dimensions (of pixels: over all
  // numbers of a frame); the KL divergence in nats, as it is; reward and end unweighted.
  double reconstruction = 0, divergence = 0, reward = 0, end = 0;
  torch::Tensor deterministic, stochastic;  // [batch, ...] after the last step, detached
};

class RssmImpl : public torch::nn::Module {
 public:
  // latent_size: of z. vae: of the encoder and decoder of input pixels, whose latents are z; ignored else. Without a
  // seed: shapes alone, see ParameterMaker.
  RssmImpl(int latent_size, int action_size, const RssmConfig& config, const VaeConfig& vae,
           std::optional<std::uint64_t> seed);

  // deterministic, stochastic: [batch, ...] before the first entry. noise: [time, batch, stochastic_size], normal or
  // uniform. Products in `type`.
  RssmLoss loss(const ArrivalBatch& batch, const torch::Tensor& deterministic, const torch::Tensor& stochastic,
                const torch::Tensor& noise, torch::ScalarType type) const;
  // latent: [time, batch, latent].
  RssmUnrolled unroll(const torch::Tensor& latent, const ArrivalBatch& batch, const torch::Tensor& deterministic,
                      const torch::Tensor& stochastic, const torch::Tensor& noise, const RssmLayers& layers) const;

  RssmLayers layers(torch::ScalarType type) const;  // with a gradient to the weights

  // The equations, [n, ...] each.
  torch::Tensor next_deterministic(const RssmLayers& layers, const torch::Tensor& deterministic,
                                   const torch::Tensor& stochastic, const torch::Tensor& action) const;
  torch::Tensor prior(const RssmLayers& layers, const torch::Tensor& deterministic) const;
  torch::Tensor posterior(const RssmLayers& layers, const torch::Tensor& deterministic,
                          const torch::Tensor& latent) const;
  // [n, latent + reward outputs + 1].
  torch::Tensor outputs(const RssmLayers& layers, const torch::Tensor& stochastic,
                        const torch::Tensor& deterministic) const;
  torch::Tensor expected_reward(const torch::Tensor& outputs) const;  // [n]
  torch::Tensor end_logit(const torch::Tensor& outputs) const;        // [n]

  const RssmConfig& config() const { return config_; }
  const RandomPart& random_part() const { return random_; }
  int latent_size() const { return latent_size_; }
  int action_size() const { return action_size_; }
  std::int64_t reward_outputs() const;
  const Vae& vae() const { return vae_; }  // of input pixels; null else

  torch::Tensor input_weight, input_bias;
  torch::Tensor gru_gates_weight, gru_gates_bias, gru_candidate_weight, gru_candidate_bias;  // planet
  torch::Tensor gru_input_weight, gru_input_bias, gru_hidden_weight, gru_hidden_bias;        // reset_after
  torch::Tensor gru_parts_weight, gru_norm_scale, gru_norm_shift;                            // layer_norm
  torch::Tensor prior_hidden_weight, prior_hidden_bias, prior_weight, prior_bias;
  torch::Tensor posterior_hidden_weight, posterior_hidden_bias, posterior_weight, posterior_bias;
  torch::Tensor trunk_weight, trunk_bias, heads_weight, heads_bias;
  // The rewards that the event head predicts for a step that does not pay and for one that pays; set from the data.
  torch::Tensor reward_levels;  // [2]: not paid, paid

 private:
  torch::Tensor activated(const torch::Tensor& x) const;

  RssmConfig config_;
  int latent_size_, action_size_;
  RandomPart random_;
  TwoHot two_hot_;
  Vae vae_{nullptr};
};
TORCH_MODULE(Rssm);

}  // namespace reverie
