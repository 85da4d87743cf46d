// V: encodes a 64 x 64 frame as a latent z and decodes it again (World Models, appendix VAE).
//
//   frame 64x64x3 ─conv4/2─> 31x31xC1 ─> 14x14xC2 ─> 6x6xC3 ─> 2x2xC4 ─dense─> mean, log variance of z
//   z ─dense─> 4 C4 ─deconv5/2─> 5x5xC3 ─5/2─> 13x13xC2 ─6/2─> 30x30xC1 ─6/2─> 64x64x3, sigmoid
//
// All strides are 2, nothing is padded, ReLU between.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "env/fields.h"
#include "worldmodel/views.h"

namespace reverie {

constexpr int kFrameSize = 64;       // what the convolutions are made for
constexpr int kFirstDeconvSide = 5;  // of what the first transposed convolution makes of 1 x 1

struct VaeConfig {
  int latent_size = 32;
  std::vector<int> channels = {32, 64, 128, 256};  // C1 to C4
  double kl_floor = 0.5;
};

inline std::vector<Field> fields(VaeConfig& c) {
  return {number_field("latent_size", c.latent_size, 1, 1024, "dimensions of z"),
          number_field("channels", c.channels, 1, 1024, "of the four convolutions, in the order of the encoder", 4),
          number_field("kl_floor", c.kl_floor, 0.0, 100.0, "nats a dimension that cost nothing (free bits)")};
}

class VaeImpl : public torch::nn::Module {
 public:
  // Without a seed: shapes alone, see ParameterMaker.
  VaeImpl(const VaeConfig& config, std::optional<std::uint64_t> seed);

  // frame [batch, 3, 64, 64], 0 to 1, fastest in channels_last. Products in `type`, results float32.
  LatentDistribution encode(const torch::Tensor& frame, torch::ScalarType type) const;
  torch::Tensor decode(const torch::Tensor& latent, torch::ScalarType type) const;  // [batch, 3, 64, 64], 0 to 1

  const VaeConfig& config() const { return config_; }

 private:
  VaeConfig config_;
  std::vector<torch::Tensor> conv_weight, conv_bias;     // [out, in, 4, 4]
  torch::Tensor head_weight, head_bias;                  // [4 C4, 2 latent]: mean, then log variance
  torch::Tensor dense_weight, dense_bias;                // [latent, 4 C4]
  torch::Tensor first_deconv_weight, first_deconv_bias;  // [4 C4, 5 * 5 * C3]: its input is 1x1, so it is a dense layer
  std::vector<torch::Tensor> deconv_weight, deconv_bias;  // [in, out, k, k]
};
TORCH_MODULE(Vae);

struct VaeLoss {
  torch::Tensor total;        // reconstruction + max(KL, kl_floor * latent_size), mean over the batch
  double reconstruction = 0;  // squared error summed over 64*64*3, mean over the batch
  double kl = 0;              // nats, before the floor, mean over the batch
};

// normals [batch, latent]: z = mean + sigma * normals.
VaeLoss vae_loss(const Vae& vae, const torch::Tensor& frame, const torch::Tensor& normals, torch::ScalarType type);

// [batch]: KL of N(mean, exp(log_variance)) from N(0, 1), nats, summed over the latent dimensions.
torch::Tensor kl_divergence(const LatentDistribution& latent);

// x [batch, channels, 6, 6] -> [4 batch, 16 channels]: what a 4x4 convolution with stride 2 sees at its four places.
// The last convolution as one matrix product is three times as fast.
torch::Tensor four_patches(const torch::Tensor& x);

// x [batch, channels, height, width] in channels_last plus a bias [channels]. By whole rows of the picture where
// LibTorch is slow, which it is over an innermost dimension as short as three channels.
torch::Tensor add_bias(const torch::Tensor& x, const torch::Tensor& bias);

// A stride-2 transposed convolution without padding: x [batch, in, n, n], weight [in, out, k, k] -> [batch, out, 2n - 2
// + k, 2n - 2 + k]. Computed as the input gradient of a convolution, for which LibTorch 1.13 has a kernel that is fast
// in bfloat16 too.
torch::Tensor deconvolution(const torch::Tensor& x, const torch::Tensor& weight);

}  // namespace reverie
