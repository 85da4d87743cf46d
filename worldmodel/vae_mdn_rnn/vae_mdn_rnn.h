// The world model of Ha and Schmidhuber (2018): V encodes frames, M predicts the next latent, reward and end.
#pragma once

#include <memory>

#include "env/fields.h"
#include "worldmodel/nn/precision.h"
#include "worldmodel/vae/vae_inference.h"
#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"
#include "worldmodel/views.h"

namespace reverie {

// What the controller sees. h_t does not contain z_t yet. h_now is the hidden state after M has taken z_t in, with an
// action of 0: it describes this moment and not the one before. It costs one more product with the LSTM's weights at
// each step.
enum class Features { z, zh, zch, zh_now };  // z alone, [z, h], [z, c, h] or [z, h_now]

int feature_size(Features features, int latent_size, int hidden_size);

struct VaeMdnRnnConfig {
  Features features = Features::zh;
  double latent_noise = 1.0;
};

inline std::vector<Field> fields(VaeMdnRnnConfig& c) {
  return {choice_field("features", c.features, {"z", "zh", "zch", "zh_now"},
                       "what C sees: z, [z, h], [z, c, h], or [z, h] with this frame already in h"),
          number_field("latent_noise", c.latent_noise, 0.0, 10.0,
                       "z = mean + this x sigma x normal; 1 is the paper's, 0 takes the mean")};
}

// The mixture of the next latent, [batch, latent, mixtures] each; log_weight is normalised. Of a joint mixture it is
// [batch, 1, mixtures].
struct Mixture {
  torch::Tensor log_weight, mean, log_sigma;
};

// State parts: z [batch, latent], hidden [batch, hidden], and then what else M remembers: the LSTM's cell [batch,
// hidden], or the transformer's ring (nn/transformer.h).
class VaeMdnRnn : public WorldModel, public RecordedView, public LatentView, public BeliefView {
 public:
  // Keeps its own copy of the weights, laid out for inference.
  VaeMdnRnn(const Vae& vae, const MdnRnn& mdn_rnn, const VaeMdnRnnConfig& config, Precision precision);

  const WorldModelSpec& spec() const override { return spec_; }
  ModelState initial_state(int batch_size) const override;
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override;
  ModelState begin_dream(const ModelState& from, const Noise& noise) const override;
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override;
  torch::Tensor features(const ModelState& state) const override;
  torch::Tensor decode(const ModelState& state) const override;

  // The embedding of a frame: mean and log variance of z.
  const RecordedView* recorded() const override { return this; }
  Embedding embed(const torch::Tensor& frames) const override;
  ModelState observe_embedded(const ModelState& state, const torch::Tensor& action, const Embedding& embedding,
                              const torch::Tensor& first, const Noise& noise) const override;

  const LatentView* latent() const override { return this; }
  int latent_size() const override { return mdn_rnn_->latent_size(); }
  torch::Tensor latent_of(const ModelState& state) const override;
  ModelState with_latent(const ModelState& state, const torch::Tensor& latent) const override;
  LatentDistribution latent_distribution(const Embedding& embedding) const override;
  torch::Tensor decode_latent(const torch::Tensor& latent) const override;

  // Of the mixture's weights, and of next.mean under the mixture. A flow has no likelihood and offers none.
  const BeliefView* belief() const override { return mdn_rnn_->is_mixture() ? this : nullptr; }
  torch::Tensor entropy(const ModelState& state, const torch::Tensor& action) const override;
  torch::Tensor negative_log_likelihood(const ModelState& state, const torch::Tensor& action,
                                        const LatentDistribution& next) const override;
  // M has learnt of draws with latent_noise times V's deviation; its Gaussians are widened by the rest of it.
  torch::Tensor surprise(const ModelState& state, const torch::Tensor& action, const LatentDistribution& next,
                         const torch::Tensor& normals) const override;

  LatentDistribution encode(const torch::Tensor& frame) const;
  Mixture mixture(const ModelState& state, const torch::Tensor& action) const;

  // observe() with a latent that is known already: recorded ones need no V.
  ModelState observe_latent(const ModelState& state, const torch::Tensor& action, const torch::Tensor& latent,
                            const torch::Tensor& first) const;
  torch::Tensor sample_latent(const LatentDistribution& latent, const torch::Tensor& normals) const;

 private:
  // Of output, with gradients: log weights [batch, mixtures, latent] ([batch, mixtures, 1] of a joint mixture), the
  // others [batch, mixtures, latent].
  struct Parts {
    torch::Tensor log_weight, mean, log_sigma;
  };
  Parts parts_of(const torch::Tensor& output) const;
  // What M remembers after (z_t, a_t): the parts of a state behind z. with_gradient: in plain tensor operations.
  std::vector<torch::Tensor> advance(const ModelState& state, const torch::Tensor& action, const torch::Tensor& first,
                                     bool with_gradient = false) const;
  static ModelState with_memory(torch::Tensor latent, std::vector<torch::Tensor> memory);
  torch::Tensor head(const torch::Tensor& hidden) const;  // what the outputs are linear in
  Imagined imagine_with_gradient(const ModelState& state, const torch::Tensor& action, float temperature,
                                 const Noise& noise) const;
  torch::Tensor outputs(const torch::Tensor& hidden) const;                              // of head(hidden)
  torch::Tensor log_density(const Mixture& mixture, const torch::Tensor& latent) const;  // [batch]
  torch::Tensor expected_reward(const torch::Tensor& output) const;

  VaeMdnRnnConfig config_;
  WorldModelSpec spec_;
  VaeInference vae_;
  MdnRnn mdn_rnn_;
  float reward_unpaid_ = 0, reward_paid_ = 0;
  FrozenLinear gates_;  // [latent + action + hidden, 4 hidden], its bias comes later
  TransformerStep transformer_;
  FlowSampler flow_;
  FrozenLinear head_;                          // [hidden, head_size], where there is one
  FrozenLinear outputs_;                       // [head_inputs, mixture_size + 2]: mixture, reward, end
  torch::Tensor output_weight_, output_bias_;  // the same for gradients, float32
};

}  // namespace reverie
