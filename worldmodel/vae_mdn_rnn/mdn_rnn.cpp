#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"

#include "env/error.h"
#include "env/random.h"
#include "worldmodel/nn/kernels.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

class MixtureNll : public torch::autograd::Function<MixtureNll> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& mixture, const Tensor& target,
                        const kernels::MixtureShape& shape) {
    const bool with_gradient = mixture.requires_grad();
    Tensor gradient = with_gradient ? torch::empty_like(mixture) : Tensor();
    Tensor nll = torch::empty({mixture.size(0)});
    kernels::mixture_nll(shape, mixture.data_ptr<float>(), target.data_ptr<float>(), nll.data_ptr<float>(),
                         with_gradient ? gradient.data_ptr<float>() : nullptr);
    const double scale = 1.0 / (static_cast<double>(shape.rows) * shape.latent);
    if (with_gradient) {
      context->save_for_backward({gradient.mul_(scale)});
    }
    return nll.sum(torch::kFloat64).mul_(scale).to(torch::kFloat32);
  }

  static tensor_list backward(AutogradContext* context, tensor_list d_outputs) {
    return {context->get_saved_variables()[0] * d_outputs[0], Tensor(), Tensor()};
  }
};

// Mean of values where mask is 1.
Tensor masked_mean(const Tensor& values, const Tensor& mask) {
  return (values * mask).sum() / mask.sum().clamp_min(1.0);
}

}  // namespace

SequenceBatch SequenceBatch::rows(std::int64_t begin, std::int64_t end) const {
  const auto cut = [begin, end](const Tensor& tensor) { return tensor.slice(1, begin, end).contiguous(); };
  return {cut(latent), cut(action), cut(next_latent), cut(reward), cut(terminated), cut(first)};
}

MdnRnnImpl::MdnRnnImpl(int latent_size, int action_size, const MdnRnnConfig& config, std::optional<std::uint64_t> seed)
    : config_(config), latent_size_(latent_size), action_size_(action_size) {
  const std::int64_t input = latent_size + action_size;
  const std::int64_t hidden = config.hidden_size;
  ParameterMaker make(seed ? std::optional(derive_seed(*seed, Stream::mdn_rnn_init)) : std::nullopt);
  if (config.memory == Memory::transformer) {
    transformer = register_module("transformer", Transformer(input, config.hidden_size, config.transformer, make));
  } else {
    lstm_input = register_parameter("lstm_input", make.glorot({input, 4 * hidden}, input + hidden, 4 * hidden));
    lstm_hidden = register_parameter("lstm_hidden", make.glorot({hidden, 4 * hidden}, input + hidden, 4 * hidden));
    Tensor bias = make.zeros({4 * hidden});
    bias.slice(0, hidden, 2 * hidden).fill_(1.0f);  // the forget gate starts open
    lstm_bias = register_parameter("lstm_bias", bias);
  }
  const std::int64_t inputs = head_inputs();
  if (config.head_size > 0) {
    head_weight = register_parameter("head_weight", make.glorot({hidden, inputs}, hidden, inputs));
    head_bias = register_parameter("head_bias", make.zeros({inputs}));
  }
  if (is_mixture()) {
    mixture_weight =
        register_parameter("mixture_weight", make.glorot({inputs, mixture_size()}, inputs, mixture_size()));
    mixture_bias = register_parameter("mixture_bias", make.zeros({mixture_size()}));
  } else {
    flow = register_module("flow", FlowHead(latent_size, inputs, config.flow, make));
  }
  if (config.reward_head != RewardHead::none) {
    reward_weight = register_parameter("reward_weight", make.glorot({inputs, 1}, inputs, 1));
    reward_bias = register_parameter("reward_bias", make.zeros({1}));
  }
  if (config.end_head) {
    end_weight = register_parameter("end_weight", make.glorot({inputs, 1}, inputs, 1));
    end_bias = register_parameter("end_bias", make.zeros({1}));
  }
  reward_levels = register_buffer("reward_levels", torch::tensor({0.0f, 1.0f}));
}

Tensor MdnRnnImpl::head(const Tensor& hidden, torch::ScalarType type) const {
  return config_.head_size > 0 ? torch::relu(matmul(hidden, head_weight, type) + head_bias) : hidden;
}

MdnRnnLoss MdnRnnImpl::loss(const SequenceBatch& sequence, const std::vector<Tensor>& carried, const Noise& noise,
                            torch::ScalarType type) const {
  const std::int64_t steps = sequence.latent.size(0) * sequence.latent.size(1);
  const Tensor inputs = torch::cat({sequence.latent, sequence.action}, 2);
  MdnRnnLoss result;
  Tensor hidden;
  if (transformer) {
    TransformerImpl::Unrolled unrolled = transformer->unroll(inputs, sequence.first, carried, type);
    hidden = unrolled.output.reshape({steps, config_.hidden_size});
    result.carried = std::move(unrolled.memory);
  } else {
    const LstmResult unrolled = lstm_unroll(inputs, sequence.first, carried.at(0), carried.at(1), lstm(), type);
    hidden = unrolled.hidden.view({steps, config_.hidden_size});
    result.carried = {unrolled.last_hidden, unrolled.last_cell};
  }
  const Tensor states = head(hidden, type);
  const Tensor next = sequence.next_latent.reshape({steps, latent_size_});
  const Tensor latent_loss =
      is_mixture() ? mixture_nll(matmul(states, mixture_weight, type) + mixture_bias, next, mixture_shape())
                   : flow->loss(states, next - sequence.latent.reshape({steps, latent_size_}), noise, type);
  result.latent = latent_loss.item<double>();
  result.total = latent_loss;
  if (config_.reward_head != RewardHead::none) {
    const Tensor predicted = (torch::mm(states, reward_weight) + reward_bias).squeeze(1);
    const Tensor reward = sequence.reward.reshape({steps});
    const Tensor mask = config_.mask_first_reward ? 1.0f - sequence.first.reshape({steps}) : torch::ones({steps});
    const Tensor each = config_.reward_head == RewardHead::event
                            ? torch::binary_cross_entropy_with_logits(predicted, (reward > 0).to(torch::kFloat32), {},
                                                                      {}, at::Reduction::None)
                            : (predicted - reward / config_.reward_scale).square();
    const Tensor reward_loss = masked_mean(each, mask);
    result.reward = reward_loss.item<double>();
    result.total = result.total + config_.reward_weight * reward_loss;
  }
  if (config_.end_head) {
    const Tensor logit = (torch::mm(states, end_weight) + end_bias).squeeze(1);
    const Tensor end_loss = torch::binary_cross_entropy_with_logits(logit, sequence.terminated.reshape({steps}), {},
                                                                    torch::full({1}, config_.end_positive_weight));
    result.end = end_loss.item<double>();
    result.total = result.total + config_.end_weight * end_loss;
  }
  return result;
}

kernels::MixtureShape MdnRnnImpl::mixture_shape() const {
  kernels::MixtureShape shape;
  shape.latent = latent_size_;
  shape.mixtures = config_.mixtures;
  shape.log_sigma_min = static_cast<float>(config_.log_sigma_min);
  shape.joint = config_.latent_head == LatentHead::joint_mixture;
  return shape;
}

std::vector<Tensor> MdnRnnImpl::blank(std::int64_t batch) const {
  if (transformer) {
    return transformer->blank_memory(batch);
  }
  return {torch::zeros({batch, config_.hidden_size}), torch::zeros({batch, config_.hidden_size})};
}

Noise MdnRnnImpl::draw_noise(std::int64_t steps, std::uint64_t seed) const {
  return flow ? flow->draw_noise(steps, seed) : Noise{};
}

Tensor mixture_nll(const Tensor& mixture, const Tensor& target, kernels::MixtureShape shape) {
  REVERIE_CHECK(mixture.size(0), ==, target.size(0));
  REVERIE_CHECK(mixture.size(1), ==, shape.size());
  REVERIE_CHECK(target.size(1), ==, shape.latent);
  shape.rows = static_cast<int>(mixture.size(0));
  shape.row_stride = mixture.size(1);
  return MixtureNll::apply(mixture.contiguous(), target.contiguous(), shape);
}

}  // namespace reverie
