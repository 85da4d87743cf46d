#include "worldmodel/rssm/rssm.h"

#include "env/error.h"
#include "env/random.h"
#include "worldmodel/nn/elementwise.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr double kNormEpsilon = 1e-3;

Tensor masked_mean(const Tensor& values, const Tensor& mask) {
  return (values * mask).sum() / mask.sum().clamp_min(1.0);
}

// x W + b, the product in `type`. The weights are converted once, when the layer is made.
RssmLayers::Layer dense(const Tensor& weight, const Tensor& bias, torch::ScalarType type) {
  if (type == torch::kFloat32) {
    return bias.defined() ? RssmLayers::Layer([=](const Tensor& x) { return torch::addmm(bias, x, weight); })
                          : [=](const Tensor& x) { return torch::mm(x, weight); };
  }
  const Tensor narrow = weight.to(type);
  return [=](const Tensor& x) {
    const Tensor product = torch::mm(x.to(type), narrow).to(torch::kFloat32);
    return bias.defined() ? product + bias : product;
  };
}

}  // namespace

ArrivalBatch ArrivalBatch::rows(std::int64_t begin, std::int64_t end) const {
  const auto cut = [begin, end](const Tensor& tensor) {
    return tensor.defined() ? tensor.slice(1, begin, end).contiguous() : Tensor();
  };
  return {cut(latent_mean), cut(latent_log_variance), cut(frame), cut(action),
          cut(reward),      cut(terminated),          cut(first), cut(rewarded)};
}

RssmImpl::RssmImpl(int latent_size, int action_size, const RssmConfig& config, const VaeConfig& vae,
                   std::optional<std::uint64_t> seed)
    : config_(config), latent_size_(latent_size), action_size_(action_size), random_(config) {
  ParameterMaker make(seed ? std::optional(derive_seed(*seed, Stream::rssm_init)) : std::nullopt);
  const std::int64_t h = config.deterministic_size, s = random_.width(), hidden = config.hidden_size,
                     trunk = config.trunk_size, heads = latent_size + reward_outputs() + 1;
  const auto layer = [&](const std::string& name, std::int64_t in, std::int64_t out, Tensor& weight, Tensor& bias) {
    weight =
        register_parameter(name + "_weight", make.glorot({in, out}, static_cast<double>(in), static_cast<double>(out)));
    bias = register_parameter(name + "_bias", make.zeros({out}));
  };
  layer("input", s + action_size, hidden, input_weight, input_bias);
  switch (config.gru) {
    case GruKind::planet:
      layer("gru_gates", hidden + h, 2 * h, gru_gates_weight, gru_gates_bias);
      layer("gru_candidate", hidden + h, h, gru_candidate_weight, gru_candidate_bias);
      gru_gates_bias.detach().fill_(1.0f);  // as TensorFlow's cell: the state is kept at first
      break;
    case GruKind::reset_after:
      layer("gru_input", hidden, 3 * h, gru_input_weight, gru_input_bias);
      layer("gru_hidden", h, 3 * h, gru_hidden_weight, gru_hidden_bias);
      break;
    case GruKind::layer_norm:
      gru_parts_weight = register_parameter(
          "gru_parts_weight",
          make.glorot({h + hidden, 3 * h}, static_cast<double>(h + hidden), static_cast<double>(3 * h)));
      gru_norm_scale = register_parameter("gru_norm_scale", make.zeros({3 * h}));
      gru_norm_scale.detach().fill_(1.0f);
      gru_norm_shift = register_parameter("gru_norm_shift", make.zeros({3 * h}));
      break;
  }
  layer("prior_hidden", h, hidden, prior_hidden_weight, prior_hidden_bias);
  layer("prior", hidden, random_.parameters(), prior_weight, prior_bias);
  layer("posterior_hidden", h + latent_size, hidden, posterior_hidden_weight, posterior_hidden_bias);
  layer("posterior", hidden, random_.parameters(), posterior_weight, posterior_bias);
  layer("trunk", s + h, trunk, trunk_weight, trunk_bias);
  layer("heads", trunk, heads, heads_weight, heads_bias);
  if (config.reward_head == RssmReward::two_hot && seed) {
    heads_weight.detach().slice(1, latent_size, latent_size + reward_outputs()).zero_();  // it says 0 at first
  }
  reward_levels = register_buffer("reward_levels", torch::tensor({0.0f, 1.0f}));
  if (config.input == RssmInput::pixels) {
    VaeConfig sizes = vae;
    sizes.latent_size = latent_size;
    vae_ = register_module("vae", Vae(sizes, seed));
  }
}

std::int64_t RssmImpl::reward_outputs() const {
  return config_.reward_head == RssmReward::none ? 0 : config_.reward_head == RssmReward::two_hot ? two_hot_.size() : 1;
}

RssmLayers RssmImpl::layers(torch::ScalarType type) const {
  RssmLayers layers;
  layers.input = dense(input_weight, input_bias, type);
  switch (config_.gru) {
    case GruKind::planet:
      layers.gru_gates = dense(gru_gates_weight, gru_gates_bias, type);
      layers.gru_candidate = dense(gru_candidate_weight, gru_candidate_bias, type);
      break;
    case GruKind::reset_after:
      layers.gru_input = dense(gru_input_weight, gru_input_bias, type);
      layers.gru_hidden = dense(gru_hidden_weight, gru_hidden_bias, type);
      break;
    case GruKind::layer_norm:
      layers.gru_parts = dense(gru_parts_weight, {}, type);
      layers.norm_scale = gru_norm_scale;
      layers.norm_shift = gru_norm_shift;
      break;
  }
  layers.prior_hidden = dense(prior_hidden_weight, prior_hidden_bias, type);
  layers.prior = dense(prior_weight, prior_bias, type);
  layers.posterior_hidden = dense(posterior_hidden_weight, posterior_hidden_bias, type);
  layers.posterior = dense(posterior_weight, posterior_bias, type);
  layers.trunk = dense(trunk_weight, trunk_bias, type);
  layers.heads = dense(heads_weight, heads_bias, type);
  return layers;
}

Tensor RssmImpl::activated(const Tensor& x) const {
  return config_.activation == Activation::relu  ? torch::relu(x)
         : config_.activation == Activation::elu ? elementwise::elu(x)
                                                 : elementwise::silu(x);
}

Tensor RssmImpl::next_deterministic(const RssmLayers& layers, const Tensor& h, const Tensor& stochastic,
                                    const Tensor& action) const {
  const Tensor x = activated(layers.input(torch::cat({stochastic, action}, 1)));
  switch (config_.gru) {
    case GruKind::planet: {
      const std::vector<Tensor> gates = elementwise::sigmoid(layers.gru_gates(torch::cat({x, h}, 1))).chunk(2, 1);
      const Tensor candidate = elementwise::tanh(layers.gru_candidate(torch::cat({x, gates[0] * h}, 1)));
      return elementwise::interpolate(candidate, h, gates[1]);  // u h + (1 - u) c
    }
    case GruKind::reset_after: {
      const std::vector<Tensor> of_x = layers.gru_input(x).chunk(3, 1), of_h = layers.gru_hidden(h).chunk(3, 1);
      const Tensor reset = elementwise::sigmoid(of_x[0] + of_h[0]), update = elementwise::sigmoid(of_x[1] + of_h[1]);
      return elementwise::interpolate(elementwise::tanh(of_x[2] + reset * of_h[2]), h, update);
    }
    case GruKind::layer_norm:
      break;
  }
  const std::int64_t size = 3 * std::int64_t{config_.deterministic_size};
  const std::vector<Tensor> parts = torch::layer_norm(layers.gru_parts(torch::cat({h, x}, 1)), {size},
                                                      layers.norm_scale, layers.norm_shift, kNormEpsilon)
                                        .chunk(3, 1);  // reset, candidate, update: u is the share of the new
  const Tensor candidate = elementwise::tanh(elementwise::sigmoid(parts[0]) * parts[1]);
  return elementwise::interpolate(h, candidate, elementwise::sigmoid(parts[2] - 1.0));
}

Tensor RssmImpl::prior(const RssmLayers& layers, const Tensor& h) const {
  return layers.prior(activated(layers.prior_hidden(h)));
}

Tensor RssmImpl::posterior(const RssmLayers& layers, const Tensor& h, const Tensor& latent) const {
  return layers.posterior(activated(layers.posterior_hidden(torch::cat({h, latent}, 1))));
}

Tensor RssmImpl::outputs(const RssmLayers& layers, const Tensor& stochastic, const Tensor& h) const {
  return layers.heads(activated(layers.trunk(torch::cat({stochastic, h}, 1))));
}

Tensor RssmImpl::expected_reward(const Tensor& outputs) const {
  switch (config_.reward_head) {
    case RssmReward::event:
      return elementwise::sigmoid(outputs.select(1, latent_size_)) * (reward_levels[1] - reward_levels[0]) +
             reward_levels[0];
    case RssmReward::value:
      return outputs.select(1, latent_size_) * config_.reward_scale;
    case RssmReward::two_hot:
      return two_hot_.value(outputs.slice(1, latent_size_, latent_size_ + two_hot_.size()));
    case RssmReward::none:
      break;
  }
  return torch::zeros({outputs.size(0)});
}

Tensor RssmImpl::end_logit(const Tensor& outputs) const {
  // Without an end head nothing ends: sigmoid(-30) is 1e-13.
  return config_.end_head ? outputs.select(1, latent_size_ + reward_outputs()) : torch::full({outputs.size(0)}, -30.0f);
}

RssmUnrolled RssmImpl::unroll(const Tensor& latent, const ArrivalBatch& batch, const Tensor& deterministic,
                              const Tensor& stochastic, const Tensor& noise, const RssmLayers& layers) const {
  const std::int64_t time = latent.size(0);
  const Tensor starts = batch.first.sum(1);  // how many rows begin an episode
  const float* const any = starts.data_ptr<float>();
  std::vector<Tensor> hs, ss, posteriors;
  Tensor h = deterministic, s = stochastic;
  for (std::int64_t t = 0; t < time; ++t) {
    Tensor action = batch.action[t];
    if (any[t] > 0.0f) {
      const Tensor keep = (1.0f - batch.first[t]).unsqueeze(1);
      h = h * keep;
      s = s * keep;
      action = action * keep;
    }
    h = next_deterministic(layers, h, s, action);
    const Tensor parameters = posterior(layers, h, latent[t]);
    s = random_.draw(parameters, noise[t]);
    hs.push_back(h);
    ss.push_back(s);
    posteriors.push_back(parameters);
  }
  return {torch::stack(hs), torch::stack(ss), torch::stack(posteriors)};
}

RssmLoss RssmImpl::loss(const ArrivalBatch& batch, const Tensor& deterministic, const Tensor& stochastic,
                        const Tensor& noise, torch::ScalarType type) const {
  const std::int64_t time = batch.action.size(0), rows = batch.action.size(1), steps = time * rows;
  const RssmLayers of_weights = layers(type);
  Tensor frames, latent;
  if (config_.input == RssmInput::pixels) {
    frames = frames_to_tensor(batch.frame.data_ptr<std::uint8_t>(), steps, batch.frame.size(2), batch.frame.size(3));
    latent = vae_->encode(frames, type).mean.view({time, rows, latent_size_});
  } else {
    latent = batch.latent_mean;
  }
  const RssmUnrolled unrolled = unroll(latent, batch, deterministic, stochastic, noise, of_weights);
  const auto flat = [steps](const Tensor& tensor) { return tensor.reshape({steps, -1}); };
  const Tensor h = flat(unrolled.deterministic), s = flat(unrolled.stochastic);
  const Tensor posteriors = flat(unrolled.posterior), priors = prior(of_weights, h);
  const Tensor outputs = this->outputs(of_weights, s, h);
  const Tensor predicted = outputs.slice(1, 0, latent_size_);

  Tensor reconstruction;
  if (config_.input == RssmInput::pixels) {
    reconstruction = 0.5 * (vae_->decode(predicted, type) - frames).square().sum() / static_cast<double>(steps);
  } else {
    const Tensor sigma = torch::exp(0.5 * flat(batch.latent_log_variance)).clamp_min(config_.latent_sigma_min);
    reconstruction = 0.5 * ((predicted - flat(batch.latent_mean)) / sigma).square().sum() / static_cast<double>(steps);
  }
  RssmLoss result;
  result.total = reconstruction + balanced_divergence(random_, posteriors, priors, config_.kl_prior,
                                                      config_.kl_posterior, config_.free_nats);
  if (config_.reward_head != RssmReward::none) {
    const Tensor reward = batch.reward.reshape({steps}), mask = batch.rewarded.reshape({steps});
    const Tensor said = outputs.slice(1, latent_size_, latent_size_ + reward_outputs());
    const Tensor each = config_.reward_head == RssmReward::two_hot ? two_hot_.loss(said, reward)
                        : config_.reward_head == RssmReward::event
                            ? torch::binary_cross_entropy_with_logits(said.squeeze(1), (reward > 0).to(torch::kFloat32),
                                                                      {}, {}, at::Reduction::None)
                            : (said.squeeze(1) - reward / config_.reward_scale).square();
    const Tensor reward_loss = masked_mean(each, mask);
    result.reward = reward_loss.item<double>();
    result.total = result.total + config_.reward_weight * reward_loss;
  }
  if (config_.end_head) {
    const Tensor end_loss = torch::binary_cross_entropy_with_logits(
        end_logit(outputs), batch.terminated.reshape({steps}), {}, torch::full({1}, config_.end_positive_weight));
    result.end = end_loss.item<double>();
    result.total = result.total + config_.end_weight * end_loss;
  }
  torch::NoGradGuard no_grad;
  result.reconstruction = reconstruction.item<double>();
  result.divergence = random_.divergence(posteriors, priors).mean().item<double>();
  result.deterministic = unrolled.deterministic[time - 1].detach().clone();
  result.stochastic = unrolled.stochastic[time - 1].detach().clone();
  return result;
}

}  // namespace reverie
