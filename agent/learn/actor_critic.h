// C and a critic for policy gradients. C's outputs before the squashing are the means of normal distributions; the
// critic estimates the value of a state. J. Schulman et al., "Proximal Policy Optimization Algorithms", arXiv
// 1707.06347, and "High-Dimensional Continuous Control Using Generalized Advantage Estimation", arXiv 1506.02438.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

namespace reverie {

// Features are correlated, and their variances differ greatly: a few directions of [z, h] (where the player stands)
// hold most of the variance, and those that matter for the action may hold a thousandth of it. Whitened features, (f -
// mean) covariance^(-1/2), all have the same variance, so that a gradient method converges in seconds. (ZCA: A. Kessy,
// A. Lewin and K. Strimmer, "Optimal Whitening and Decorrelation", The American Statistician 72, 2018.)
struct Whitening {
  torch::Tensor mean;             // [feature]
  torch::Tensor matrix, inverse;  // [feature, feature], symmetric

  // features: [n, feature], finite. centred: whether the mean is subtracted; false for a controller without a bias,
  // which cannot express it. Variances count as at least a hundredth of their mean.
  static Whitening fit(const torch::Tensor& features, bool centred);
  torch::Tensor apply(const torch::Tensor& features) const { return torch::mm(features - mean, matrix); }
};

struct ActorCriticConfig {
  int feature_size = 0, action_size = 0;
  int hidden_size = 0;  // of C; 0: linear
  bool bias = true;     // of C
  int critic_size = 64, critic_outputs = 1;
  bool learns_deviation = false;  // of the noise on C's outputs
};

// A critic's weights: two layers of tanh units, [in, out] and [out].
struct CriticWeights {
  torch::Tensor weight_1, bias_1, weight_2, bias_2, weight_3, bias_3;

  torch::Tensor operator()(const torch::Tensor& whitened) const;  // [n, feature] -> [n, outputs]
  std::vector<torch::Tensor> all() const { return {weight_1, bias_1, weight_2, bias_2, weight_3, bias_3}; }
  CriticWeights detached() const;  // the same numbers, to which no gradient flows
  CriticWeights copy() const;
};

class ActorCriticImpl : public torch::nn::Module {
 public:
  // C starts at zero; with a hidden layer, its first weights are random: at zero there is no gradient.
  ActorCriticImpl(const ActorCriticConfig& config, std::uint64_t seed);

  // whitened: [n, feature].
  torch::Tensor outputs(const torch::Tensor& whitened) const;  // [n, action]: C's, before the squashing
  torch::Tensor values(const torch::Tensor& whitened) const;   // [n], of a critic with one output
  const CriticWeights& critic() const { return critic_; }
  // [action], of the noise on the outputs; undefined unless it is learnt. It begins at 0.
  torch::Tensor log_deviation;

  // In the order of agent/controller.h, for features that are not whitened.
  std::vector<double> controller(const Whitening& whitening) const;
  void set_controller(std::span<const double> parameters, const Whitening& whitening);

 private:
  torch::Tensor& first_weights() { return config_.hidden_size > 0 ? hidden_weight : output_weight; }
  const torch::Tensor& first_weights() const { return config_.hidden_size > 0 ? hidden_weight : output_weight; }

  ActorCriticConfig config_;
  // C's layers, [out, in] and [out]; undefined where there is none.
  torch::Tensor hidden_weight, hidden_bias, output_weight, output_bias;
  CriticWeights critic_;
};
TORCH_MODULE(ActorCritic);

// The steps that a batch of environments took, [steps, rows, ...].
struct Rollout {
  torch::Tensor whitened;      // [steps, rows, feature]
  torch::Tensor output, mean;  // [steps, rows, action]: C's outputs with noise, as played, and without
  torch::Tensor advantage;     // [steps, rows]
  torch::Tensor value_target;  // [steps, rows]
  bool discrete = false;       // mean holds scores then, and output is one-hot: drawn from softmax(mean / deviation)

  Rollout every(std::int64_t stride, std::int64_t first) const;  // of the steps
};

// Generalized advantage estimates: how much better each step went than the critic had expected; all [steps, rows].
// value: of the moment before the step, next_value: of the one it led to. end: the probability that the step ended the
// task, whether it did or not: so luck in near misses does not count. cut: 1 where the next step belongs to another
// episode.
torch::Tensor generalized_advantage(const torch::Tensor& reward, const torch::Tensor& value,
                                    const torch::Tensor& next_value, const torch::Tensor& end, const torch::Tensor& cut,
                                    double discount, double lambda);

struct PolicyGradientLoss {
  torch::Tensor total;           // policy + value, with a gradient
  double policy = 0, value = 0;  // the clipped surrogate (equation 7 of PPO) with its sign turned; the critic's squared
                                 // error
  // KL divergence of C now from C at the time of the rollout, estimated from the actions taken: the mean of r - 1 - log
  // r, where r is an action's probability now over that of then (J. Schulman, "Approximating KL Divergence", 2020:
  // unbiased, and never below 0).
  double approximate_kl = 0;
  double clip_fraction = 0;  // share of the steps whose r is further than `clip` from 1
};

// deviation: of the noise on the outputs, or what scores are divided by; clip: how far the probability of what was done
// may move before it earns nothing more.
PolicyGradientLoss policy_gradient_loss(const ActorCritic& actor_critic, const Rollout& rollout, double deviation,
                                        double clip);

}  // namespace reverie
