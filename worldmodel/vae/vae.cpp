#include "worldmodel/vae/vae.h"

#include "env/error.h"
#include "env/random.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr int kConvKernel = 4;
constexpr int kDeconvKernel[3] = {5, 6, 6};

// The gradient of conv2d(input, weight, stride 2) by its input or its weight.
std::tuple<Tensor, Tensor, Tensor> convolution_gradient(const Tensor& d_output, const Tensor& input,
                                                        const Tensor& weight, bool by_input) {
  return at::convolution_backward(d_output, input, weight, c10::nullopt, {2, 2}, {0, 0}, {1, 1}, false, {0, 0}, 1,
                                  {by_input, !by_input, false});
}

class Deconvolution : public torch::autograd::Function<Deconvolution> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight) {
    context->save_for_backward({x, weight});
    const std::int64_t side = 2 * x.size(2) - 2 + weight.size(2);
    const Tensor shape_only = torch::empty({x.size(0), weight.size(1), side, side},
                                           x.options().memory_format(torch::MemoryFormat::ChannelsLast));
    return std::get<0>(convolution_gradient(x, shape_only, weight, true));
  }

  static tensor_list backward(AutogradContext* context, tensor_list d_outputs) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    const Tensor d_output = d_outputs[0].contiguous(torch::MemoryFormat::ChannelsLast);
    return {torch::conv2d(d_output, weight, {}, 2), std::get<1>(convolution_gradient(x, d_output, weight, false))};
  }
};

Tensor channels_last(const Tensor& weight, torch::ScalarType type) {
  return weight.to(type).contiguous(torch::MemoryFormat::ChannelsLast);
}

}  // namespace

VaeImpl::VaeImpl(const VaeConfig& config, std::optional<std::uint64_t> seed) : config_(config) {
  ParameterMaker make(seed ? std::optional(derive_seed(*seed, Stream::vae_init)) : std::nullopt);
  const std::vector<int>& channels = config.channels;
  const auto dense = [&](const char* name, std::int64_t in, std::int64_t out) {
    return register_parameter(name, make.glorot({in, out}, static_cast<double>(in), static_cast<double>(out)));
  };
  const auto bias = [&](const std::string& name, std::int64_t size) {
    return register_parameter(name, make.zeros({size}));
  };

  int in = 3;
  for (std::size_t layer = 0; layer < 4; ++layer) {
    const int out = channels[layer];
    const double area = kConvKernel * kConvKernel;
    const std::string name = "conv" + std::to_string(layer + 1);
    conv_weight.push_back(
        register_parameter(name + "_weight", make.glorot({out, in, kConvKernel, kConvKernel}, in * area, out * area)
                                                 .contiguous(torch::MemoryFormat::ChannelsLast)));
    conv_bias.push_back(bias(name + "_bias", out));
    in = out;
  }
  const std::int64_t flat = std::int64_t{4} * channels[3];
  head_weight = dense("head_weight", flat, 2 * config.latent_size);
  head_bias = bias("head_bias", 2 * config.latent_size);

  dense_weight = dense("dense_weight", config.latent_size, flat);
  dense_bias = bias("dense_bias", flat);
  const std::int64_t first_out = std::int64_t{kFirstDeconvSide} * kFirstDeconvSide * channels[2];
  first_deconv_weight = dense("deconv1_weight", flat, first_out);
  first_deconv_bias = bias("deconv1_bias", channels[2]);
  const int sizes[4] = {channels[2], channels[1], channels[0], 3};
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const int kernel = kDeconvKernel[layer];
    const double area = kernel * kernel;
    const std::string name = "deconv" + std::to_string(layer + 2);
    deconv_weight.push_back(register_parameter(
        name + "_weight",
        make.glorot({sizes[layer], sizes[layer + 1], kernel, kernel}, sizes[layer] * area, sizes[layer + 1] * area)
            .contiguous(torch::MemoryFormat::ChannelsLast)));
    deconv_bias.push_back(bias(name + "_bias", sizes[layer + 1]));
  }
}

LatentDistribution VaeImpl::encode(const Tensor& frame, torch::ScalarType type) const {
  REVERIE_CHECK(frame.size(2), ==, kFrameSize);
  REVERIE_CHECK(frame.size(3), ==, kFrameSize);
  Tensor x = frame.to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    x = torch::conv2d(x, channels_last(conv_weight[layer], type), conv_bias[layer].to(type), 2).relu_();
  }
  const Tensor last = conv_weight[3].permute({2, 3, 1, 0}).reshape({-1, conv_weight[3].size(0)});
  x = torch::addmm(conv_bias[3].to(type), four_patches(x), last.to(type)).relu_();
  const Tensor heads = matmul(x.view({frame.size(0), -1}), head_weight, type) + head_bias;
  return {heads.slice(1, 0, config_.latent_size), heads.slice(1, config_.latent_size)};
}

Tensor VaeImpl::decode(const Tensor& latent, torch::ScalarType type) const {
  const std::int64_t batch = latent.size(0);
  Tensor x = matmul(latent, dense_weight, type) + dense_bias;
  x = torch::mm(x.to(type), first_deconv_weight.to(type))
          .view({batch, kFirstDeconvSide, kFirstDeconvSide, config_.channels[2]});
  x = (x + first_deconv_bias.to(type)).relu_().permute({0, 3, 1, 2});
  for (std::size_t layer = 0; layer < 3; ++layer) {
    x = add_bias(deconvolution(x, channels_last(deconv_weight[layer], type)), deconv_bias[layer].to(type));
    if (layer < 2) {
      x = x.relu_();
    }
  }
  return torch::sigmoid(x.to(torch::kFloat32));
}

VaeLoss vae_loss(const Vae& vae, const Tensor& frame, const Tensor& normals, torch::ScalarType type) {
  const LatentDistribution latent = vae->encode(frame, type);
  const Tensor z = latent.mean + torch::exp(0.5f * latent.log_variance) * normals;
  const Tensor reconstruction = (vae->decode(z, type) - frame).square().sum() / frame.size(0);
  const Tensor kl = kl_divergence(latent);
  VaeLoss loss;
  loss.total = reconstruction + kl.clamp_min(vae->config().kl_floor * vae->config().latent_size).mean();
  loss.reconstruction = reconstruction.item<double>();
  loss.kl = kl.mean().item<double>();
  return loss;
}

Tensor kl_divergence(const LatentDistribution& latent) {
  return -0.5f * (1.0f + latent.log_variance - latent.mean.square() - latent.log_variance.exp()).sum(1);
}

Tensor four_patches(const Tensor& x) {
  const Tensor rows = x.permute({0, 2, 3, 1});
  std::vector<Tensor> patches;
  for (const int top : {0, 2}) {
    for (const int left : {0, 2}) {
      patches.push_back(rows.slice(1, top, top + 4).slice(2, left, left + 4));
    }
  }
  return torch::stack(patches, 1).view({4 * x.size(0), -1});
}

Tensor add_bias(const Tensor& x, const Tensor& bias) {
  const std::int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  if (channels > 4) {
    return x + bias.view({1, -1, 1, 1});
  }
  return (x.permute({0, 2, 3, 1}).reshape({batch, height, width * channels}) + bias.repeat({width}))
      .view({batch, height, width, channels})
      .permute({0, 3, 1, 2});
}

Tensor deconvolution(const Tensor& x, const Tensor& weight) {
  return Deconvolution::apply(x, weight);
}

}  // namespace reverie
