// A small causal transformer that remembers a window of steps, with multi-head latent attention (DeepSeek-V2, arXiv
// 2405.04434, section 2.1): all heads share one small latent of each step and one key that holds its position. Without
// gradients the products that unfold the latent are part of the query's and of the output's weights, so that the memory
// is read as it lies.
//
//   u = W_in x;  in each layer  u += attention(rms(u));  u += W_2 relu(W_1 rms(u) + b_1) + b_2;  output rms(u)
//
// Attention::full keeps every head's key and value instead, for comparison.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "env/fields.h"
#include "worldmodel/nn/frozen_linear.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {

enum class Attention { latent, full };

struct TransformerConfig {
  int layers = 2;
  int heads = 4;
  int head_size = 32;
  int key_value_latent = 32;
  int position_size = 16;
  double position_base = 32.0;
  int feed_forward = 512;
  int window = 32;
  Attention attention = Attention::latent;

  void validate() const;
  // Numbers that a step leaves in a layer's memory.
  int entry_size() const {
    return position_size + (attention == Attention::latent ? key_value_latent : 2 * heads * head_size);
  }
};

inline std::vector<Field> fields(TransformerConfig& c) {
  return {
      number_field("layers", c.layers, 1, 64, "of attention and units"),
      number_field("heads", c.heads, 1, 256, "of attention"),
      number_field("head_size", c.head_size, 1, 1024, "of a head's query, key and value"),
      number_field("key_value_latent", c.key_value_latent, 1, 8192,
                   "numbers of a step that all heads share (attention latent)"),
      number_field("position_size", c.position_size, 2, 1024, "of the part of query and key that holds the position"),
      number_field("position_base", c.position_base, 1.0, 1e6,
                   "how much slower the slowest wave of the position is than the fastest"),
      number_field("feed_forward", c.feed_forward, 1, 65536, "relu units behind attention"),
      number_field("window", c.window, 1, 4096, "steps that are remembered"),
      choice_field("attention", c.attention, {"latent", "full"},
                   "latent: one small latent a step; full: each head's key and value")};
}

// Angles of positions, for keys and queries that turn with their position (RoPE, J. Su et al., arXiv 2104.09864). Each
// wave takes a whole number of turns in kPeriod steps, so that positions may be counted on without end.
class Positions {
 public:
  static constexpr std::int64_t kPeriod = 4096;

  Positions() = default;
  Positions(int size, double base);  // size even: pair i turns by about base^(-2 i / size) a step

  // x [..., size], each pair of numbers (0 and 1, 2 and 3, ...) turned by its angle. position: int64, of x's shape
  // without its last part, or of one that broadcasts to it.
  torch::Tensor turn(const torch::Tensor& x, const torch::Tensor& position) const;

 private:
  torch::Tensor cos_, sin_;  // [kPeriod, size / 2]
};

// x [..., size] divided by its root mean square, times gain [size].
torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& gain);

class TransformerImpl : public torch::nn::Module {
 public:
  TransformerImpl(std::int64_t inputs, int width, const TransformerConfig& config, ParameterMaker& make);

  const TransformerConfig& config() const { return config_; }
  int width() const { return width_; }

  // What a segment needs of those before it: of each layer entries [batch, window, entry_size], then which episode each
  // belongs to [batch, window], the last one being 0 and earlier ones below; no gradient flows into them.
  std::vector<torch::Tensor> blank_memory(std::int64_t batch) const;

  struct Unrolled {
    torch::Tensor output;               // [time, batch, width], differentiable
    std::vector<torch::Tensor> memory;  // for the next segment, detached
  };
  // x [time, batch, inputs]; first [time, batch], 1 where an episode begins: a step sees the last `window` steps of its
  // own episode, itself among them. Products in `type`.
  Unrolled unroll(const torch::Tensor& x, const torch::Tensor& first, const std::vector<torch::Tensor>& memory,
                  torch::ScalarType type) const;

  struct Layer {
    torch::Tensor attention_gain, query, key_value, latent_gain;  // latent_gain of Attention::latent alone, as the next
    torch::Tensor key_up, value_up;                               // [key_value_latent, heads * head_size]
    torch::Tensor output;                                         // [heads * head_size, width]
    torch::Tensor units_gain, units, units_bias, units_out, units_out_bias;
  };
  torch::Tensor input;  // [inputs, width]
  std::vector<Layer> layers;
  torch::Tensor gain;  // [width]

 private:
  TransformerConfig config_;
  int width_;
  Positions positions_;
};
TORCH_MODULE(Transformer);

// The same, one step at a time, with weights of its own. Its memory is a ring: of each layer [batch, window,
// entry_size], then the number of steps so far [batch], int64.
class TransformerStep {
 public:
  TransformerStep() = default;
  TransformerStep(const TransformerImpl& transformer, torch::ScalarType type);

  std::vector<torch::Tensor> blank_ring(std::int64_t batch) const;

  struct Stepped {
    torch::Tensor output;  // [batch, width]
    std::vector<torch::Tensor> ring;
    torch::Tensor weights;  // [batch, layers, heads, window]: how much each slot of the ring was looked at
  };
  // x [batch, inputs]. with_gradient: in single precision, differentiable in x and the ring.
  Stepped operator()(const torch::Tensor& x, std::span<const torch::Tensor> ring, bool with_gradient) const;

 private:
  // A product for both ways.
  class Product {
   public:
    Product() = default;
    Product(const torch::Tensor& weight, const torch::Tensor& bias, torch::ScalarType type)
        : weight_(weight.detach().clone()),
          bias_(bias.defined() ? bias.detach().clone() : torch::Tensor()),
          frozen_(weight_, bias_, type) {}
    torch::Tensor operator()(const torch::Tensor& x, bool with_gradient) const;

   private:
    torch::Tensor weight_, bias_;
    FrozenLinear frozen_;
  };
  struct Layer {
    torch::Tensor attention_gain, latent_gain, units_gain;
    Product query, key_value, output, units, units_out;
  };

  TransformerConfig config_;
  Positions positions_;
  Product input_;
  std::vector<Layer> layers_;
  torch::Tensor gain_;
};

}  // namespace reverie
