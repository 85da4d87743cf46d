#include "worldmodel/vae/vae_inference.h"

#include "env/error.h"
#include "worldmodel/nn/bfloat16_kernels.h"

namespace reverie {

using torch::Tensor;

namespace {

// relu(x + bias) in the place of x [batch, channels, height, width]; bias may be undefined.
Tensor bias_relu(Tensor x, const Tensor& bias) {
  if (x.scalar_type() != torch::kBFloat16 || !x.is_contiguous(torch::MemoryFormat::ChannelsLast)) {
    return bias.defined() ? x.add_(bias.view({1, -1, 1, 1})).relu_() : x.relu_();
  }
  const auto bits = [](const Tensor& of) { return static_cast<std::uint16_t*>(of.data_ptr()); };
  kernels::bias_relu(x.numel() / x.size(1), x.size(1), bias.defined() ? bits(bias) : nullptr, bits(x));
  return x;
}

}  // namespace

VaeInference::VaeInference(const Vae& vae, torch::ScalarType type)
    : type_(type), latent_size_(vae->config().latent_size), first_deconv_channels_(vae->config().channels[2]) {
  torch::NoGradGuard no_grad;
  const auto parameters = vae->named_parameters();
  const auto copy = [&](const std::string& name) { return parameters[name].detach().clone(); };
  const auto layer = [&](const std::string& name) {
    return Layer{copy(name + "_weight").to(type).contiguous(torch::MemoryFormat::ChannelsLast),
                 copy(name + "_bias").to(type)};
  };
  for (const char* name : {"conv1", "conv2", "conv3"}) {
    conv_.push_back(layer(name));
  }
  const Tensor last = copy("conv4_weight");  // [out, in, 4, 4]
  last_conv_ = FrozenLinear(last.permute({2, 3, 1, 0}).reshape({-1, last.size(0)}), copy("conv4_bias"), type);
  head_ = FrozenLinear(copy("head_weight"), copy("head_bias"), type);
  dense_ = FrozenLinear(copy("dense_weight"), copy("dense_bias"), type);
  const Tensor first_bias = copy("deconv1_bias");
  first_deconv_ = FrozenLinear(copy("deconv1_weight"),
                               first_bias.repeat({copy("deconv1_weight").size(1) / first_bias.size(0)}), type);
  for (const char* name : {"deconv2", "deconv3", "deconv4"}) {
    deconv_.push_back(layer(name));
  }
  if (type == torch::kBFloat16) {  // in float32 other sums would be other bits
    last_deconv_ = copy("deconv4_weight").permute({0, 2, 3, 1}).flatten(1).to(type).contiguous();
    last_bias_ = copy("deconv4_bias");
  }
}

LatentDistribution VaeInference::encode(const Tensor& frame) const {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(frame.size(2), ==, kFrameSize);
  REVERIE_CHECK(frame.size(3), ==, kFrameSize);
  Tensor x = frame.to(type_).contiguous(torch::MemoryFormat::ChannelsLast);
  for (const Layer& layer : conv_) {
    x = bias_relu(torch::conv2d(x, layer.weight, layer.bias, 2), {});
  }
  const Tensor heads = head_(last_conv_(four_patches(x)).relu_().view({frame.size(0), -1}));
  return {heads.slice(1, 0, latent_size_), heads.slice(1, latent_size_)};
}

Tensor VaeInference::decode(const Tensor& latent) const {
  torch::NoGradGuard no_grad;
  Tensor x = first_deconv_(dense_(latent))
                 .relu_()
                 .to(type_)
                 .view({latent.size(0), kFirstDeconvSide, kFirstDeconvSide, first_deconv_channels_})
                 .permute({0, 3, 1, 2});
  for (std::size_t i = 0; i + 1 < deconv_.size(); ++i) {
    x = bias_relu(deconvolution(x, deconv_[i].weight), deconv_[i].bias);
  }
  if (last_deconv_.defined()) {
    return folded(x).sigmoid_();
  }
  x = add_bias(deconvolution(x, deconv_.back().weight), deconv_.back().bias);
  return torch::sigmoid(x.to(torch::kFloat32));
}

// The last transposed convolution as a product and a sum: with three channels the library's takes five times as long.
Tensor VaeInference::folded(const Tensor& x) const {
  const Tensor& weight = deconv_.back().weight;
  kernels::FoldShape shape;
  shape.pictures = static_cast<int>(x.size(0));
  shape.side = static_cast<int>(x.size(2));
  shape.kernel = static_cast<int>(weight.size(2));
  shape.channels = static_cast<int>(weight.size(1));
  const Tensor columns = torch::mm(x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}), last_deconv_);
  Tensor picture = torch::empty({x.size(0), shape.side_out(), shape.side_out(), shape.channels});
  kernels::fold(shape, static_cast<const std::uint16_t*>(columns.data_ptr()), last_bias_.data_ptr<float>(),
                picture.data_ptr<float>());
  return picture.permute({0, 3, 1, 2});
}

}  // namespace reverie
