// Elementwise operations of an LSTM, of Gaussian mixtures and of Adam. Each takes one pass over memory, where a library
// would take a dozen. Raw pointers and shapes, row major, no LibTorch. Compiled for several instruction sets; the
// processor decides at run time. A row's results depend on that row only. NaN in gives NaN out.
#pragma once

#include <cstdint>

namespace reverie::kernels {

// One LSTM step after its matrix products (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
// gates [rows, 4, hidden] in the order input, forget, candidate, output: pre-activations without bias in, activations
// out. bias [4, hidden]. cell_before [rows, hidden]. cell, hidden_state [rows, hidden] out; cell may be cell_before.
void lstm_forward(int rows, int hidden, float* gates, const float* bias, const float* cell_before, float* cell,
                  float* hidden_state);

// Its gradient. gates, cell_before and cell as lstm_forward left them. d_hidden [rows, hidden]; d_cell [rows, hidden]:
// the gradient of cell in, of cell_before out. d_gates [rows, 4, hidden] out: of the pre-activations.
void lstm_backward(int rows, int hidden, const float* gates, const float* cell_before, const float* cell,
                   const float* d_hidden, float* d_cell, float* d_gates);

// Functions of one number, in place on x [size].
enum class Unary { sigmoid, tanh, elu, silu, softplus };
void apply(Unary function, std::int64_t size, float* x);

// out = from + share (to - from), all [size].
void interpolate(std::int64_t size, const float* from, const float* to, const float* share, float* out);

// A mixture of Gaussians. One row of `mixture` holds unnormalised log weights, means [mixtures, latent] and log sigmas
// [mixtures, latent] (below log_sigma_min they count as that). Each dimension has weights of its own [mixtures, latent]
// (world_models paper, appendix MDN-RNN), or all share one component's [mixtures] (joint): then a draw of all
// dimensions comes from one component.
struct MixtureShape {
  int rows = 0, latent = 0, mixtures = 0;
  std::int64_t row_stride = 0;  // floats from one row of `mixture` to the next; at least size()
  float log_sigma_min = 0;
  bool joint = false;

  std::int64_t num_weights() const { return std::int64_t{mixtures} * (joint ? 1 : latent); }
  std::int64_t size() const { return num_weights() + std::int64_t{2} * mixtures * latent; }
  int choices() const { return joint ? 1 : latent; }  // of a component, in a draw
};

// nll [rows]: - log likelihood of target [rows, latent], summed over the latent dimensions, in nats.
// gradient: of sum(nll) by mixture, rows row_stride apart like the mixture's; or null.
void mixture_nll(const MixtureShape& shape, const float* mixture, const float* target, float* nll, float* gradient);

// latent [rows, latent] out: a draw at temperature tau. Weights are softmax(log weight / tau); sigma is multiplied by
// sqrt(tau). uniforms [rows, choices], normals [rows, latent].
void mixture_sample(const MixtureShape& shape, const float* mixture, float temperature, const float* uniforms,
                    const float* normals, float* latent);

// Adam (Kingma and Ba 2015): m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, and the parameter moves by
// - mean_factor m / (sqrt(square_factor v) + epsilon).
struct AdamStep {
  double beta1 = 0, beta2 = 0, epsilon = 0;
  float clip = 0;            // of the gradient, by value
  double mean_factor = 0;    // learning rate / (1 - beta1^t)
  double square_factor = 0;  // 1 / (1 - beta2^t)
};
void adam_step(const AdamStep& step, std::int64_t size, const float* gradient, float* parameter, float* mean,
               float* square);

}  // namespace reverie::kernels
