// The settings of an RSSM (rssm.h).
#pragma once

#include <vector>

#include "env/fields.h"

namespace reverie {

enum class RssmInput {
  latent,  // V's code of each frame; V is trained before and stays as it is
  pixels,  // the frames: V's convolutions are trained with the RSSM
};
enum class GruKind {
  planet,       // two products, r before the candidate's (PlaNet)
  reset_after,  // r after the candidate's product; LibTorch's and Keras's (Dreamer)
  layer_norm,   // one product, normalised; r on the whole candidate (DreamerV2 and V3)
};
enum class Stochastic { gaussian, categorical };
enum class DeviationKind { softplus, sigmoid };  // how a raw number becomes a deviation: PlaNet's, and DreamerV2's
enum class Activation { relu, elu, silu };
enum class RssmReward { none, value, event, two_hot };

struct RssmConfig {
  RssmInput input = RssmInput::latent;
  int deterministic_size = 200;
  GruKind gru = GruKind::planet;
  Stochastic stochastic = Stochastic::gaussian;
  int stochastic_size = 30;
  int classes = 16;
  double unimix = 0.01;
  DeviationKind deviation = DeviationKind::softplus;
  double deviation_min = 0.1;
  int hidden_size = 200;
  int trunk_size = 400;
  Activation activation = Activation::elu;
  double latent_sigma_min = 0.1;
  double kl_prior = 0.8, kl_posterior = 0.2;
  double free_nats = 1.0;
  RssmReward reward_head = RssmReward::event;
  double reward_scale = 1.0;
  double reward_weight = 30.0;
  bool mask_first_reward = true;
  bool end_head = true;
  double end_weight = 30.0;
  double end_positive_weight = 10.0;
};

inline std::vector<Field> fields(RssmConfig& c) {
  return {
      choice_field("input", c.input, {"latent", "pixels"},
                   "latent: V's code of each frame, V frozen; pixels: V's convolutions are trained with the RSSM, and "
                   "there is no train-vae"),
      number_field("deterministic_size", c.deterministic_size, 1, 16384, "units of the GRU: h"),
      choice_field("gru", c.gru, {"planet", "reset_after", "layer_norm"},
                   "planet: r before the candidate's product; reset_after: after it, as LibTorch's; layer_norm: one "
                   "normalised product, as DreamerV2"),
      choice_field("stochastic", c.stochastic, {"gaussian", "categorical"}, "the random part of the state: s"),
      number_field("stochastic_size", c.stochastic_size, 1, 4096, "Gaussians, or categorical variables"),
      number_field("classes", c.classes, 2, 1024, "of a categorical variable"),
      number_field("unimix", c.unimix, 0.0, 0.5, "share of a class's probability that is spread evenly"),
      choice_field("deviation", c.deviation, {"softplus", "sigmoid"}, "softplus(x), or 2 sigmoid(x / 2)"),
      number_field("deviation_min", c.deviation_min, 1e-4, 10.0, "is added to each Gaussian's deviation"),
      number_field("hidden_size", c.hidden_size, 1, 16384, "of the dense layers before the GRU, prior and posterior"),
      number_field("trunk_size", c.trunk_size, 1, 16384, "of the dense layer before latent, reward and end"),
      choice_field("activation", c.activation, {"relu", "elu", "silu"}, "of the dense layers"),
      number_field("latent_sigma_min", c.latent_sigma_min, 1e-3, 10.0,
                   "of input latent: errors count in units of V's deviation, smaller ones as this"),
      number_field("kl_prior", c.kl_prior, 0.0, 1e3, "weight of the KL divergence as it moves the prior"),
      number_field("kl_posterior", c.kl_posterior, 0.0, 1e3, "and as it moves the posterior"),
      number_field("free_nats", c.free_nats, 0.0, 1e3, "of a step's KL divergence, which cost nothing"),
      choice_field(
          "reward_head", c.reward_head, {"none", "value", "event", "two_hot"},
          "value: squared error on reward / reward_scale; event: cross-entropy on \"this step paid\"; two_hot: "
          "cross-entropy over bins; none: dreams need dream.reward constant"),
      number_field("reward_scale", c.reward_scale, 1e-6, 1e6, "of the value head"),
      number_field("reward_weight", c.reward_weight, 0.0, 1e6,
                   "of the reward's loss beside the latent's, which is a sum over dimensions"),
      bool_field("mask_first_reward", c.mask_first_reward, "an episode's first step does not train the reward head"),
      bool_field("end_head", c.end_head, "whether the end of an episode is learnt"),
      number_field("end_weight", c.end_weight, 0.0, 1e6, "of the end's loss"),
      number_field("end_positive_weight", c.end_positive_weight, 0.0, 1e6,
                   "of steps that ended the episode, in the end's cross-entropy")};
}

}  // namespace reverie
