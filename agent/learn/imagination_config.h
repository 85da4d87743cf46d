// The settings of the search in imagination (imagination.h).
#pragma once

#include <vector>

#include "env/fields.h"

namespace reverie {

enum class ActorGradient {
  dynamics,   // through the dream: how an action changes what is paid later
  reinforce,  // by the score function: actions that went better than the critic expected become likelier
};

enum class CriticKind { two_hot, value };

struct ImaginationConfig {
  int shards = 2;
  int updates = 50;
  int horizon = 15;
  Schedule<double> discount = 0.97;
  double lambda = 0.95;
  ActorGradient gradient = ActorGradient::dynamics;
  CriticKind critic = CriticKind::two_hot;
  int critic_size = 128;
  double slow_critic_rate = 0.02;
  double slow_critic_weight = 1.0;
  bool return_scale = true;
  double entropy = 0.0;
  double gradient_clip_norm = 100.0;
  double learning_rate = 2e-3, learning_rate_end = 2e-4;
  Schedule<double> noise = 0.5, noise_end = 0.2;
};

inline std::vector<Field> fields(ImaginationConfig& c) {
  return {
      number_field("shards", c.shards, 1, 1024, "batches of dreams, which threads share; part of the result"),
      number_field("updates", c.updates, 1, 100000, "of a generation"),
      number_field("horizon", c.horizon, 1, 10000, "steps of a dream"),
      number_field("discount", c.discount, 0.0, 0.9999, "in each iteration: of later rewards, per step"),
      number_field("lambda", c.lambda, 0.0, 1.0,
                   "0: what a moment is worth is one step and the critic's word; 1: the "
                   "whole dream, and the critic's word on its end"),
      choice_field("gradient", c.gradient, {"dynamics", "reinforce"},
                   "dynamics: through the dream; reinforce: by what went better than expected"),
      choice_field("critic", c.critic, {"two_hot", "value"}, "cross-entropy over bins, or squared error"),
      number_field("critic_size", c.critic_size, 1, 8192, "tanh units in each of the critic's two layers"),
      number_field("slow_critic_rate", c.slow_critic_rate, 0.0, 1.0,
                   "share of the way to the critic that its slow copy goes, an update"),
      number_field("slow_critic_weight", c.slow_critic_weight, 0.0, 1e3, "of the critic's distance from its slow copy"),
      bool_field("return_scale", c.return_scale,
                 "returns count in units of their range, from the 5th to the 95th percentile"),
      number_field("entropy", c.entropy, 0.0, 1e3,
                   "weight of C's entropy; above 0 the deviation of its noise is learnt, from `noise` on"),
      number_field("gradient_clip_norm", c.gradient_clip_norm, 0.0, 1e9,
                   "longer gradients are shortened to this norm; 0: off"),
      number_field("learning_rate", c.learning_rate, 0.0, 10.0, "Adam's; half a cosine over the search from here"),
      number_field("learning_rate_end", c.learning_rate_end, 0.0, 10.0, "to here"),
      number_field("noise", c.noise, 1e-3, 100.0,
                   "in each iteration: deviation of the noise on C's outputs before they are squashed, in the "
                   "first generation; of discrete actions: the temperature of the softmax over C's scores"),
      number_field("noise_end", c.noise_end, 1e-3, 100.0, "in each iteration: the same in the last generation")};
}

}  // namespace reverie
