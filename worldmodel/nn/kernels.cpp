#include "worldmodel/nn/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "worldmodel/nn/fast_math.h"

namespace reverie::kernels {
namespace {

// One component's log weight + log N(y; mean, sigma), without the constant: -((y - mean) / sigma)^2 / 2 - log sigma.
struct Joint {
  float inverse_sigma, normalised, log;
};
REVERIE_INLINE Joint joint_of(float log_weight, float mean, float log_sigma, float y) {
  const float inverse_sigma = fast_exp(-log_sigma);
  const float normalised = (y - mean) * inverse_sigma;
  return {inverse_sigma, normalised, log_weight - 0.5f * normalised * normalised - log_sigma};
}

constexpr float kHalfLogTwoPi = 0.91893853f;

}  // namespace

REVERIE_CLONES
void lstm_forward(int rows, int hidden, float* gates, const float* bias, const float* cell_before, float* cell,
                  float* hidden_state) {
  for (int row = 0; row < rows; ++row) {
    float* const input = gates + static_cast<std::int64_t>(row) * 4 * hidden;
    float* const forget = input + hidden;
    float* const candidate = forget + hidden;
    float* const output = candidate + hidden;
    const float* const before = cell_before + static_cast<std::int64_t>(row) * hidden;
    float* const c = cell + static_cast<std::int64_t>(row) * hidden;
    float* const h = hidden_state + static_cast<std::int64_t>(row) * hidden;
#pragma GCC ivdep
    for (int k = 0; k < hidden; ++k) {
      const float i = sigmoid(input[k] + bias[k]);
      const float f = sigmoid(forget[k] + bias[hidden + k]);
      const float g = tanh_of(candidate[k] + bias[2 * hidden + k]);
      const float o = sigmoid(output[k] + bias[3 * hidden + k]);
      const float next = f * before[k] + i * g;
      input[k] = i;
      forget[k] = f;
      candidate[k] = g;
      output[k] = o;
      c[k] = next;
      h[k] = o * tanh_of(next);
    }
  }
}

REVERIE_CLONES
void lstm_backward(int rows, int hidden, const float* gates, const float* cell_before, const float* cell,
                   const float* d_hidden, float* d_cell, float* d_gates) {
  for (int row = 0; row < rows; ++row) {
    const float* const input = gates + static_cast<std::int64_t>(row) * 4 * hidden;
    const float* const forget = input + hidden;
    const float* const candidate = forget + hidden;
    const float* const output = candidate + hidden;
    const float* const before = cell_before + static_cast<std::int64_t>(row) * hidden;
    const float* const c = cell + static_cast<std::int64_t>(row) * hidden;
    const float* const dh = d_hidden + static_cast<std::int64_t>(row) * hidden;
    float* const dc = d_cell + static_cast<std::int64_t>(row) * hidden;
    float* const d_input = d_gates + static_cast<std::int64_t>(row) * 4 * hidden;
    float* const d_forget = d_input + hidden;
    float* const d_candidate = d_forget + hidden;
    float* const d_output = d_candidate + hidden;
#pragma GCC ivdep
    for (int k = 0; k < hidden; ++k) {
      const float i = input[k], f = forget[k], g = candidate[k], o = output[k];
      const float squashed = tanh_of(c[k]);
      const float d_next = dc[k] + dh[k] * o * (1.0f - squashed * squashed);
      d_output[k] = dh[k] * squashed * o * (1.0f - o);
      d_input[k] = d_next * g * i * (1.0f - i);
      d_forget[k] = d_next * before[k] * f * (1.0f - f);
      d_candidate[k] = d_next * i * (1.0f - g * g);
      dc[k] = d_next * f;
    }
  }
}

REVERIE_CLONES
static void separate_nll(const MixtureShape& shape, const float* mixture, const float* target, float* nll,
                         float* gradient) {
  const int latent = shape.latent;
  const int mixtures = shape.mixtures;
  const float log_sigma_min = shape.log_sigma_min;
  std::vector<float> scratch(static_cast<std::size_t>(latent) * 6);
  float* const weight_max = scratch.data();
  float* const weight_sum = weight_max + latent;
  float* const joint_max = weight_sum + latent;
  float* const joint_sum = joint_max + latent;
  float* const log_weight_sum = joint_sum + latent;
  float* const log_joint_sum = log_weight_sum + latent;
  for (int row = 0; row < shape.rows; ++row) {
    const float* const log_weight = mixture + row * shape.row_stride;
    const float* const mean = log_weight + static_cast<std::int64_t>(mixtures) * latent;
    const float* const log_sigma = mean + static_cast<std::int64_t>(mixtures) * latent;
    const float* const y = target + static_cast<std::int64_t>(row) * latent;
    for (int d = 0; d < latent; ++d) {
      weight_max[d] = -3e38f;
      joint_max[d] = -3e38f;
      weight_sum[d] = 0.0f;
      joint_sum[d] = 0.0f;
    }
    // log-sum-exp over the mixtures: the largest first, then the sum.
    for (int k = 0; k < mixtures; ++k) {
      for (int d = 0; d < latent; ++d) {
        const std::int64_t at = static_cast<std::int64_t>(k) * latent + d;
        const float ls = log_sigma[at] < log_sigma_min ? log_sigma_min : log_sigma[at];
        const float joint = joint_of(log_weight[at], mean[at], ls, y[d]).log;
        weight_max[d] = log_weight[at] > weight_max[d] ? log_weight[at] : weight_max[d];
        joint_max[d] = joint > joint_max[d] ? joint : joint_max[d];
      }
    }
    for (int k = 0; k < mixtures; ++k) {
      for (int d = 0; d < latent; ++d) {
        const std::int64_t at = static_cast<std::int64_t>(k) * latent + d;
        const float ls = log_sigma[at] < log_sigma_min ? log_sigma_min : log_sigma[at];
        const float joint = joint_of(log_weight[at], mean[at], ls, y[d]).log;
        weight_sum[d] += fast_exp(log_weight[at] - weight_max[d]);
        joint_sum[d] += fast_exp(joint - joint_max[d]);
      }
    }
    float total = 0.0f;
    for (int d = 0; d < latent; ++d) {
      log_weight_sum[d] = weight_max[d] + fast_log(weight_sum[d]);
      log_joint_sum[d] = joint_max[d] + fast_log(joint_sum[d]);
    }
    for (int d = 0; d < latent; ++d) {
      total += log_weight_sum[d] - log_joint_sum[d] + kHalfLogTwoPi;
    }
    nll[row] = total;
    if (gradient == nullptr) {
      continue;
    }
    float* const d_log_weight = gradient + row * shape.row_stride;
    float* const d_mean = d_log_weight + static_cast<std::int64_t>(mixtures) * latent;
    float* const d_log_sigma = d_mean + static_cast<std::int64_t>(mixtures) * latent;
    for (int k = 0; k < mixtures; ++k) {
#pragma GCC ivdep
      for (int d = 0; d < latent; ++d) {
        const std::int64_t at = static_cast<std::int64_t>(k) * latent + d;
        const bool floored = log_sigma[at] < log_sigma_min;
        const float ls = floored ? log_sigma_min : log_sigma[at];
        const Joint joint = joint_of(log_weight[at], mean[at], ls, y[d]);
        const float prior = fast_exp(log_weight[at] - log_weight_sum[d]);
        const float posterior = fast_exp(joint.log - log_joint_sum[d]);
        d_log_weight[at] = prior - posterior;
        d_mean[at] = -posterior * joint.normalised * joint.inverse_sigma;
        d_log_sigma[at] = floored ? 0.0f : posterior * (1.0f - joint.normalised * joint.normalised);
      }
    }
  }
}

// log of the sum of exp(values[k]).
REVERIE_INLINE float log_sum_exp(const float* values, int count) {
  float largest = values[0];
  for (int k = 1; k < count; ++k) {
    largest = values[k] > largest ? values[k] : largest;
  }
  float sum = 0.0f;
  for (int k = 0; k < count; ++k) {
    sum += fast_exp(values[k] - largest);
  }
  return largest + fast_log(sum);
}

REVERIE_CLONES
static void joint_nll(const MixtureShape& shape, const float* mixture, const float* target, float* nll,
                      float* gradient) {
  const int latent = shape.latent, mixtures = shape.mixtures;
  const float log_sigma_min = shape.log_sigma_min;
  std::vector<float> joint(static_cast<std::size_t>(mixtures));  // log weight + log density, without its constant
  for (int row = 0; row < shape.rows; ++row) {
    const float* const log_weight = mixture + row * shape.row_stride;
    const float* const mean = log_weight + mixtures;
    const float* const log_sigma = mean + static_cast<std::int64_t>(mixtures) * latent;
    const float* const y = target + static_cast<std::int64_t>(row) * latent;
    for (int k = 0; k < mixtures; ++k) {
      const float* const m = mean + static_cast<std::int64_t>(k) * latent;
      const float* const s = log_sigma + static_cast<std::int64_t>(k) * latent;
      float sum = log_weight[k];
      for (int d = 0; d < latent; ++d) {
        const float ls = s[d] < log_sigma_min ? log_sigma_min : s[d];
        sum += joint_of(0.0f, m[d], ls, y[d]).log;
      }
      joint[static_cast<std::size_t>(k)] = sum;
    }
    const float log_weight_sum = log_sum_exp(log_weight, mixtures);
    const float log_joint_sum = log_sum_exp(joint.data(), mixtures);
    nll[row] = log_weight_sum - log_joint_sum + kHalfLogTwoPi * static_cast<float>(latent);
    if (gradient == nullptr) {
      continue;
    }
    float* const d_log_weight = gradient + row * shape.row_stride;
    float* const d_mean = d_log_weight + mixtures;
    float* const d_log_sigma = d_mean + static_cast<std::int64_t>(mixtures) * latent;
    for (int k = 0; k < mixtures; ++k) {
      const float posterior = fast_exp(joint[static_cast<std::size_t>(k)] - log_joint_sum);
      d_log_weight[k] = fast_exp(log_weight[k] - log_weight_sum) - posterior;
      const std::int64_t begin = static_cast<std::int64_t>(k) * latent;
#pragma GCC ivdep
      for (int d = 0; d < latent; ++d) {
        const bool floored = log_sigma[begin + d] < log_sigma_min;
        const Joint of = joint_of(0.0f, mean[begin + d], floored ? log_sigma_min : log_sigma[begin + d], y[d]);
        d_mean[begin + d] = -posterior * of.normalised * of.inverse_sigma;
        d_log_sigma[begin + d] = floored ? 0.0f : posterior * (1.0f - of.normalised * of.normalised);
      }
    }
  }
}

void mixture_nll(const MixtureShape& shape, const float* mixture, const float* target, float* nll, float* gradient) {
  (shape.joint ? joint_nll : separate_nll)(shape, mixture, target, nll, gradient);
}

REVERIE_CLONES
static void joint_sample(const MixtureShape& shape, const float* mixture, float temperature, const float* uniforms,
                         const float* normals, float* latent_out) {
  const int latent = shape.latent, mixtures = shape.mixtures;
  const float inverse_temperature = 1.0f / temperature, spread = std::sqrt(temperature);
  const float log_sigma_min = shape.log_sigma_min;
  for (int row = 0; row < shape.rows; ++row) {
    const float* const log_weight = mixture + row * shape.row_stride;
    float largest = log_weight[0], sum = 0.0f;
    for (int k = 1; k < mixtures; ++k) {
      largest = log_weight[k] > largest ? log_weight[k] : largest;
    }
    for (int k = 0; k < mixtures; ++k) {
      sum += fast_exp((log_weight[k] - largest) * inverse_temperature);
    }
    // The component whose stretch of the running sum holds the threshold.
    const float threshold = sum * uniforms[row];
    int chosen = 0;
    float below = 0.0f;
    for (int k = 0; k + 1 < mixtures; ++k) {
      below += fast_exp((log_weight[k] - largest) * inverse_temperature);
      chosen = below <= threshold ? k + 1 : chosen;
    }
    const float broken = 0.0f * sum;  // a NaN among the weights turns the draw into NaN
    const float* const mean = log_weight + mixtures + static_cast<std::int64_t>(chosen) * latent;
    const float* const log_sigma = mean + static_cast<std::int64_t>(mixtures) * latent;
    const float* const normal = normals + static_cast<std::int64_t>(row) * latent;
    float* const out = latent_out + static_cast<std::int64_t>(row) * latent;
#pragma GCC ivdep
    for (int d = 0; d < latent; ++d) {
      const float ls = log_sigma[d] < log_sigma_min ? log_sigma_min : log_sigma[d];
      out[d] = mean[d] + fast_exp(ls) * spread * normal[d] + broken;
    }
  }
}

REVERIE_CLONES
static void separate_sample(const MixtureShape& shape, const float* mixture, float temperature, const float* uniforms,
                            const float* normals, float* latent_out) {
  const int latent = shape.latent;
  const int mixtures = shape.mixtures;
  const float log_sigma_min = shape.log_sigma_min;
  const float inverse_temperature = 1.0f / temperature;
  const float spread = std::sqrt(temperature);
  // cumulative[k]: the weights' running sum up to component k.
  std::vector<float> scratch(static_cast<std::size_t>(latent) * static_cast<std::size_t>(mixtures + 4));
  float* const cumulative = scratch.data();
  float* const largest = cumulative + static_cast<std::int64_t>(mixtures) * latent;
  float* const threshold = largest + latent;
  float* const mean_drawn = threshold + latent;
  float* const log_sigma_drawn = mean_drawn + latent;
  for (int row = 0; row < shape.rows; ++row) {
    const float* const log_weight = mixture + row * shape.row_stride;
    const float* const mean = log_weight + static_cast<std::int64_t>(mixtures) * latent;
    const float* const log_sigma = mean + static_cast<std::int64_t>(mixtures) * latent;
    const float* const u = uniforms + static_cast<std::int64_t>(row) * latent;
    const float* const normal = normals + static_cast<std::int64_t>(row) * latent;
    float* const out = latent_out + static_cast<std::int64_t>(row) * latent;
#pragma GCC ivdep
    for (int d = 0; d < latent; ++d) {
      largest[d] = log_weight[d];
      threshold[d] = 0.0f;
    }
    for (int k = 1; k < mixtures; ++k) {
      const float* const w = log_weight + static_cast<std::int64_t>(k) * latent;
#pragma GCC ivdep
      for (int d = 0; d < latent; ++d) {
        largest[d] = w[d] > largest[d] ? w[d] : largest[d];
      }
    }
    for (int k = 0; k < mixtures; ++k) {
      const float* const w = log_weight + static_cast<std::int64_t>(k) * latent;
      float* const sum = cumulative + static_cast<std::int64_t>(k) * latent;
#pragma GCC ivdep
      for (int d = 0; d < latent; ++d) {
        threshold[d] += fast_exp((w[d] - largest[d]) * inverse_temperature);
        sum[d] = threshold[d];
      }
    }
    // The component whose stretch of the running sum holds the threshold: the last one that begins at or below it. A
    // NaN among the weights turns the first mean into NaN.
#pragma GCC ivdep
    for (int d = 0; d < latent; ++d) {
      threshold[d] *= u[d];
      mean_drawn[d] = mean[d] + 0.0f * threshold[d];
      log_sigma_drawn[d] = log_sigma[d];
    }
    for (int k = 1; k < mixtures; ++k) {
      const float* const begins = cumulative + static_cast<std::int64_t>(k - 1) * latent;
      const float* const m = mean + static_cast<std::int64_t>(k) * latent;
      const float* const s = log_sigma + static_cast<std::int64_t>(k) * latent;
#pragma GCC ivdep
      for (int d = 0; d < latent; ++d) {
        const bool begins_below = begins[d] <= threshold[d];
        mean_drawn[d] = begins_below ? m[d] : mean_drawn[d];
        log_sigma_drawn[d] = begins_below ? s[d] : log_sigma_drawn[d];
      }
    }
#pragma GCC ivdep
    for (int d = 0; d < latent; ++d) {
      const float ls = log_sigma_drawn[d] < log_sigma_min ? log_sigma_min : log_sigma_drawn[d];
      out[d] = mean_drawn[d] + fast_exp(ls) * spread * normal[d];
    }
  }
}

void mixture_sample(const MixtureShape& shape, const float* mixture, float temperature, const float* uniforms,
                    const float* normals, float* latent) {
  (shape.joint ? joint_sample : separate_sample)(shape, mixture, temperature, uniforms, normals, latent);
}

REVERIE_CLONES
void adam_step(const AdamStep& step, std::int64_t size, const float* gradient, float* parameter, float* mean,
               float* square) {
  const float beta1 = static_cast<float>(step.beta1), keep1 = static_cast<float>(1.0 - step.beta1);
  const float beta2 = static_cast<float>(step.beta2), keep2 = static_cast<float>(1.0 - step.beta2);
  const float mean_factor = static_cast<float>(step.mean_factor), epsilon = static_cast<float>(step.epsilon);
  const float square_factor = static_cast<float>(step.square_factor), clip = step.clip;
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) {
    float g = gradient[i];
    g = g > clip ? clip : g;
    g = g < -clip ? -clip : g;
    const float m = beta1 * mean[i] + keep1 * g;
    const float v = beta2 * square[i] + keep2 * g * g;
    mean[i] = m;
    square[i] = v;
    parameter[i] -= mean_factor * m / (std::sqrt(v * square_factor) + epsilon);
  }
}

}  // namespace reverie::kernels
