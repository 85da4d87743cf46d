#include "worldmodel/vae/vae_inference.h"

#include "env/error.h"

namespace reverie {

using torch::Tensor;

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
}

LatentDistribution VaeInference::encode(const Tensor& frame) const {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(frame.size(2), ==, kFrameSize);
  REVERIE_CHECK(frame.size(3), ==, kFrameSize);
  Tensor x = frame.to(type_).contiguous(torch::MemoryFormat::ChannelsLast);
  for (const Layer& layer : conv_) {
    x = torch::conv2d(x, layer.weight, layer.bias, 2).relu_();
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
  for (std::size_t i = 0; i < deconv_.size(); ++i) {
    x = add_bias(deconvolution(x, deconv_[i].weight), deconv_[i].bias);
    if (i + 1 < deconv_.size()) {
      x.relu_();
    }
  }
  return torch::sigmoid(x.to(torch::kFloat32));
}

}  // namespace reverie
