// M: predicts the next latent, reward and end from the present latent and action (world_models paper, appendix
// MDN-RNN).
//
//   z_t, a_t ──> [ LSTM hidden_size ] ──> h_{t+1} ──> mixture of z_{t+1}: log weight, mean, log sigma
//                  ^            |                 ├─> reward_{t+1}  (linear)
//                  └── h_t, c_t ┘                 └─> end logit_{t+1} (linear)
//
// With head_size > 0 these are linear in that many relu units over h_{t+1} instead. The paper has none. What remembers
// may be a transformer in place of the LSTM, and what draws z_{t+1} a flow in place of the mixture.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <string>

#include "env/fields.h"
#include "worldmodel/nn/kernels.h"
#include "worldmodel/nn/lstm.h"
#include "worldmodel/nn/transformer.h"
#include "worldmodel/vae_mdn_rnn/flow_head.h"

namespace reverie {

enum class RewardHead {
  none,   // no reward is learnt: dreams need `reward: constant`
  value,  // squared error on reward / reward_scale
  event,  // cross-entropy on "this step paid" (reward > 0), paid at the mean size of such a reward
};

enum class LatentHead {
  mixture,        // of Gaussians for each dimension of z, drawn apart; the paper's
  joint_mixture,  // of Gaussians of all dimensions: one choice moves all of z
  flow,           // from noise, all of z at once (flow_head.h); has no likelihood
};

enum class Memory { lstm, transformer };

struct MdnRnnConfig {
  Memory memory = Memory::lstm;   // by the kind of world model, no key
  TransformerConfig transformer;  // of memory transformer; a section of its own
  int hidden_size = 256;
  int head_size = 0;
  LatentHead latent_head = LatentHead::mixture;
  int mixtures = 5;
  RewardHead reward_head = RewardHead::event;
  double reward_scale = 1.0;
  double reward_weight = 1.0;
  bool mask_first_reward = true;
  bool end_head = true;
  double end_weight = 1.0;
  double end_positive_weight = 10.0;
  double log_sigma_min = -7.0;
  FlowConfig flow;
};

inline std::vector<Field> fields(MdnRnnConfig& c) {
  return {
      number_field("hidden_size", c.hidden_size, 1, 8192, "units of the LSTM, or of the transformer's state"),
      number_field("head_size", c.head_size, 0, 8192, "relu units between h and the outputs; 0: none, as the paper"),
      choice_field("latent_head", c.latent_head, {"mixture", "joint_mixture", "flow"},
                   "mixture: each dimension of z is drawn apart, as the paper; joint_mixture: one choice of a Gaussian "
                   "for all of them; flow: all of z at once, from noise"),
      number_field("mixtures", c.mixtures, 1, 100, "Gaussians to choose from"),
      choice_field("reward_head", c.reward_head, {"none", "value", "event"},
                   "value: squared error on reward / reward_scale; event: cross-entropy on \"this step paid\", paid "
                   "at the mean of such rewards; none: dreams need dream.reward constant"),
      number_field("reward_scale", c.reward_scale, 1e-6, 1e6, "of the value head"),
      number_field("reward_weight", c.reward_weight, 0.0, 1e6,
                   "of the reward's loss beside the latent's, which is a mean over dimensions"),
      bool_field("mask_first_reward", c.mask_first_reward, "an episode's first step does not train the reward head"),
      bool_field("end_head", c.end_head, "whether the end of an episode is learnt"),
      number_field("end_weight", c.end_weight, 0.0, 1e6, "of the end's loss"),
      number_field("end_positive_weight", c.end_positive_weight, 0.0, 1e6,
                   "of steps that ended the episode, in the end's cross-entropy"),
      number_field("log_sigma_min", c.log_sigma_min, -20.0, 0.0, "smaller log sigmas count as this"),
      section_field("flow", c.flow, "of latent_head flow")};
}

// A batch of sequences, time first. Step t holds (z_t, a_t) and what followed.
struct SequenceBatch {
  torch::Tensor latent;       // [time, batch, latent], z_t
  torch::Tensor action;       // [time, batch, action], a_t
  torch::Tensor next_latent;  // [time, batch, latent], z_{t+1}
  torch::Tensor reward;       // [time, batch], reward_{t+1}, as the next two
  torch::Tensor terminated;   // 0 or 1
  torch::Tensor first;        // 1 where z_t is an episode's first frame

  SequenceBatch rows(std::int64_t begin, std::int64_t end) const;  // of the batch
};

struct MdnRnnLoss {
  torch::Tensor total;                 // what is minimised: latent + weights x (reward, end)
  double latent = 0;                   // negative log likelihood, nats a dimension, or a flow's loss; mean over steps
  double reward = 0, end = 0;          // unweighted
  std::vector<torch::Tensor> carried;  // what remembers, after the last step, detached
};

class MdnRnnImpl : public torch::nn::Module {
 public:
  // Without a seed: shapes alone, see ParameterMaker.
  MdnRnnImpl(int latent_size, int action_size, const MdnRnnConfig& config, std::optional<std::uint64_t> seed);

  // carried: what the last window left, or blank(). noise: draw_noise() of as many steps. Matrix products in `type`.
  MdnRnnLoss loss(const SequenceBatch& sequence, const std::vector<torch::Tensor>& carried, const Noise& noise,
                  torch::ScalarType type) const;
  std::vector<torch::Tensor> blank(std::int64_t batch) const;  // an LSTM's hidden and cell; a transformer's memory
  // What loss() reads of chance; empty for mixtures.
  Noise draw_noise(std::int64_t steps, std::uint64_t seed) const;

  // The input of the linear outputs: hidden itself, or the head's relu units over it. [n, hidden_size] -> [n,
  // head_inputs].
  torch::Tensor head(const torch::Tensor& hidden, torch::ScalarType type) const;

  LstmWeights lstm() const { return {lstm_input, lstm_hidden, lstm_bias}; }
  const MdnRnnConfig& config() const { return config_; }
  int latent_size() const { return latent_size_; }
  int action_size() const { return action_size_; }
  bool is_mixture() const { return config_.latent_head != LatentHead::flow; }
  kernels::MixtureShape mixture_shape() const;  // of no rows; mixtures alone
  std::int64_t mixture_size() const { return is_mixture() ? mixture_shape().size() : 0; }
  std::int64_t head_inputs() const { return config_.head_size > 0 ? config_.head_size : config_.hidden_size; }

  torch::Tensor lstm_input, lstm_hidden, lstm_bias;  // undefined where a transformer remembers
  Transformer transformer{nullptr};
  torch::Tensor head_weight, head_bias;        // [hidden, head_size]; undefined where that is 0
  torch::Tensor mixture_weight, mixture_bias;  // [head_inputs, mixture_size]; undefined of a flow
  FlowHead flow{nullptr};
  torch::Tensor reward_weight, reward_bias;  // [head_inputs, 1]; undefined without the head, as the next
  torch::Tensor end_weight, end_bias;
  // The rewards that the event head predicts for a step that does not pay and for one that pays; set from the data
  // before training.
  torch::Tensor reward_levels;  // [2]: not paid, paid

 private:
  MdnRnnConfig config_;
  int latent_size_, action_size_;
};
TORCH_MODULE(MdnRnn);

// - log likelihood of target [n, latent] under mixture [n, mixture_size] (layout of kernels.h), mean over n and latent:
// nats a dimension. Differentiable in the mixture. shape: its rows and row_stride are taken from the mixture.
torch::Tensor mixture_nll(const torch::Tensor& mixture, const torch::Tensor& target, kernels::MixtureShape shape);

}  // namespace reverie
