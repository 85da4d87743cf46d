// V for inference: the network of vae.h with its weights laid out once, without gradients.
#pragma once

#include "worldmodel/nn/frozen_linear.h"
#include "worldmodel/vae/vae.h"

namespace reverie {

class VaeInference {
 public:
  // Copies the weights. Products in `type`.
  VaeInference(const Vae& vae, torch::ScalarType type);

  // As Vae's, up to rounding.
  LatentDistribution encode(const torch::Tensor& frame) const;
  torch::Tensor decode(const torch::Tensor& latent) const;

 private:
  struct Layer {
    torch::Tensor weight, bias;
  };
  torch::ScalarType type_;
  int latent_size_;
  std::int64_t first_deconv_channels_;
  std::vector<Layer> conv_;  // the first three
  FrozenLinear last_conv_;   // [16 C3, C4], on the four patches of its input
  FrozenLinear head_, dense_, first_deconv_;
  std::vector<Layer> deconv_;
  torch::Tensor last_deconv_, last_bias_;  // of bfloat16: the last one's weight as [in, 6 * 6 * 3]; float32 [3]

  torch::Tensor folded(const torch::Tensor& x) const;
};

}  // namespace reverie
