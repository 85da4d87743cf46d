#include "experiments/page/dream_runtime.h"

#include "env/philox.h"
#include "worldmodel/nn/fast_math.h"

#ifndef __wasm__
#include <stdlib.h>
#endif

namespace reverie::page {
namespace {

using kernels::fast_exp;
using kernels::sigmoid;
using kernels::tanh_of;

// Four floats at any address; without SIMD the compiler cuts them up.
typedef float Lanes __attribute__((vector_size(16), aligned(4)));
constexpr int kLanes = 4;

REVERIE_INLINE Lanes load_lanes(const float* from) {
  return *reinterpret_cast<const Lanes*>(from);
}
REVERIE_INLINE void store_lanes(float* to, const Lanes& lanes) {
  *reinterpret_cast<Lanes*>(to) = lanes;
}

int g_size[kSizes];
float g_number[kNumbers];
const unsigned char* g_text;
int g_text_size;

// weight: panels of kPanel columns, one after the other, each [inputs, columns of the panel], so that a product reads
// it from front to back; the last panel has the columns that are left.
constexpr int kPanel = 16;
struct Layer {
  const float* weight;
  const float* bias;
};
Layer g_dense, g_deconv[4], g_gates, g_head, g_outputs;
const float* g_controller;
const float* g_moments;

float* g_state[kRows];
float g_action[kRows][kMaxActions];
float g_reward[kRows], g_end[kRows];
int g_ended[kRows];
uint64_t g_seed[kRows], g_position[kRows];
unsigned char* g_pixels[kRows];
float* g_scratch[3];   // large enough for every layer of a row
const float* g_zeros;  // the bias of products that have none
float* g_noise;        // normals, then uniforms, of one row
float* g_features;

int state_size() {
  return g_size[kLatent] + 2 * g_size[kHidden];
}

float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 31u, fraction = half & 0x3ffu;
  if (exponent == 0) {  // zero and subnormals
    const float value = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -value : value;
  }
  return __builtin_bit_cast(float, sign | ((exponent == 31 ? 255u : exponent + 112u) << 23) | (fraction << 13));
}

// out [rows, columns] = in [rows, inputs] x weight [inputs, columns] + bias, or its relu. kTileRows rows share each
// weight that is loaded; they and kVectors vectors of columns are as many sums as there are registers for.
template <int kTileRows, int kVectors>
REVERIE_INLINE void multiply_tile(const float* in, int inputs, const float* weight, const float* bias, int columns,
                                  bool relu, float* out) {
  Lanes sum[kTileRows][kVectors];
  for (int v = 0; v < kVectors; ++v) {
    for (int r = 0; r < kTileRows; ++r) {
      sum[r][v] = load_lanes(bias + v * kLanes);
    }
  }
  for (int i = 0; i < inputs; ++i, weight += kPanel) {
    Lanes w[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      w[v] = load_lanes(weight + v * kLanes);
    }
    for (int r = 0; r < kTileRows; ++r) {
      const float x = in[r * inputs + i];
      const Lanes xs = {x, x, x, x};
      for (int v = 0; v < kVectors; ++v) {
        sum[r][v] += xs * w[v];
      }
    }
  }
  const Lanes zero = {0, 0, 0, 0};
  for (int r = 0; r < kTileRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      store_lanes(out + r * columns + v * kLanes, relu ? (sum[r][v] > zero ? sum[r][v] : zero) : sum[r][v]);
    }
  }
}

template <int kTileRows>
REVERIE_INLINE void multiply_rows(const float* in, int inputs, const Layer& layer, int columns, bool relu, float* out) {
  constexpr int kVectors = kTileRows == 1 ? 4 : 2;
  int column = 0;
  for (; column + kPanel <= columns; column += kPanel) {
    const float* const panel = layer.weight + static_cast<ptrdiff_t>(column) * inputs;
    for (int at = 0; at < kPanel; at += kVectors * kLanes) {
      multiply_tile<kTileRows, kVectors>(in, inputs, panel + at, layer.bias + column + at, columns, relu,
                                         out + column + at);
    }
  }
  const float* const last = layer.weight + static_cast<ptrdiff_t>(column) * inputs;
  const int left = columns - column;
  for (int j = 0; j < left; ++j, ++column) {
    for (int r = 0; r < kTileRows; ++r) {
      float sum = layer.bias[column];
      for (int i = 0; i < inputs; ++i) {
        sum += in[r * inputs + i] * last[i * left + j];
      }
      out[r * columns + column] = relu && sum < 0.0f ? 0.0f : sum;
    }
  }
}

void multiply(const float* in, int rows, int inputs, const Layer& layer, int columns, bool relu, float* out) {
  int row = 0;
  for (; row + 4 <= rows; row += 4) {
    multiply_rows<4>(in + row * inputs, inputs, layer, columns, relu, out + row * columns);
  }
  for (; row < rows; ++row) {
    multiply_rows<1>(in + row * inputs, inputs, layer, columns, relu, out + row * columns);
  }
}

// A transposed convolution of stride 2 without padding: in [side, side, inputs], out [2 side - 2 + k, same, outputs].
// Every pixel's k x k patch by one product, then added where it belongs.
void deconvolve(const float* in, int side, int inputs, const Layer& layer, int k, int outputs, float* patches,
                float* out) {
  const int out_side = 2 * side - 2 + k, patch = k * k * outputs;
  multiply(in, side * side, inputs, {layer.weight, g_zeros}, patch, false, patches);
  for (int i = 0; i < out_side * out_side; ++i) {
    for (int o = 0; o < outputs; ++o) {
      out[i * outputs + o] = layer.bias[o];
    }
  }
  const int run = k * outputs;  // of a patch's row, contiguous in both
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const float* from = patches + static_cast<ptrdiff_t>(y * side + x) * patch;
      for (int i = 0; i < k; ++i, from += run) {
        float* to = out + static_cast<ptrdiff_t>((2 * y + i) * out_side + 2 * x) * outputs;
        int j = 0;
        for (; j + kLanes <= run; j += kLanes) {
          store_lanes(to + j, load_lanes(to + j) + load_lanes(from + j));
        }
        for (; j < run; ++j) {
          to[j] += from[j];
        }
      }
    }
  }
}

void relu(float* values, int count) {
  for (int i = 0; i < count; ++i) {
    values[i] = values[i] < 0.0f ? 0.0f : values[i];
  }
}

// h and c after (z, action, h, c), into `next` [2 hidden].
void advance(const float* state, const float* action, float* next) {
  const int latent = g_size[kLatent], hidden = g_size[kHidden], actions = g_size[kActions];
  float* const in = g_scratch[0];
  float* const gates = g_scratch[1];
  for (int i = 0; i < latent; ++i) {
    in[i] = state[i];
  }
  for (int i = 0; i < actions; ++i) {
    in[latent + i] = action[i];
  }
  for (int i = 0; i < hidden; ++i) {
    in[latent + actions + i] = state[latent + i];
  }
  multiply(in, 1, latent + actions + hidden, g_gates, 4 * hidden, false, gates);
  const float* const before = state + latent + hidden;
  for (int i = 0; i < hidden; ++i) {
    const float cell = sigmoid(gates[hidden + i]) * before[i] + sigmoid(gates[i]) * tanh_of(gates[2 * hidden + i]);
    next[i] = sigmoid(gates[3 * hidden + i]) * tanh_of(cell);
    next[hidden + i] = cell;
  }
}

// Draws z from the mixture [3, mixtures, latent]: log weights, means, log sigmas.
void draw_latent(const float* mixture, float temperature, const float* normals, const float* uniforms, float* latent) {
  const int size = g_size[kLatent], mixtures = g_size[kMixtures];
  const float* const means = mixture + mixtures * size;
  const float* const log_sigmas = means + mixtures * size;
  const float cool = 1.0f / temperature, spread = __builtin_sqrtf(temperature);
  for (int d = 0; d < size; ++d) {
    float largest = mixture[d];
    for (int k = 1; k < mixtures; ++k) {
      largest = mixture[k * size + d] > largest ? mixture[k * size + d] : largest;
    }
    float sum = 0.0f;
    for (int k = 0; k < mixtures; ++k) {
      sum += fast_exp((mixture[k * size + d] - largest) * cool);
    }
    const float threshold = sum * uniforms[d];
    float begins = 0.0f;
    int drawn = 0;
    for (int k = 0; k + 1 < mixtures; ++k) {
      begins += fast_exp((mixture[k * size + d] - largest) * cool);
      drawn = begins <= threshold ? k + 1 : drawn;
    }
    float log_sigma = log_sigmas[drawn * size + d];
    log_sigma = log_sigma < g_number[kLogSigmaMin] ? g_number[kLogSigmaMin] : log_sigma;
    latent[d] = means[drawn * size + d] + fast_exp(log_sigma) * spread * normals[d];
  }
}

void step_row(int row, float temperature) {
  const int latent = g_size[kLatent], hidden = g_size[kHidden], mixture = 3 * g_size[kMixtures] * latent;
  float* const state = g_state[row];
  float* const next = g_scratch[2];
  advance(state, g_action[row], next);
  const float* inputs = next;
  int num_inputs = hidden;
  if (g_size[kHead] > 0) {
    multiply(next, 1, hidden, g_head, g_size[kHead], true, g_scratch[0]);
    inputs = g_scratch[0];
    num_inputs = g_size[kHead];
  }
  float* const output = g_scratch[1];
  multiply(inputs, 1, num_inputs, g_outputs, mixture + 2, false, output);
  float* const uniforms = g_noise + latent;
  g_position[row] += philox::fill(g_seed[row], g_position[row], g_noise, static_cast<size_t>(latent),
                                  [](const philox::Words& w, philox::Numbers& out) { philox::to_normals(w, out); });
  g_position[row] += philox::fill(g_seed[row], g_position[row], uniforms, static_cast<size_t>(latent) + 1,
                                  [](const philox::Words& w, philox::Numbers& out) { philox::to_uniforms(w, out); });
  draw_latent(output, temperature, g_noise, uniforms, state);
  for (int i = 0; i < 2 * hidden; ++i) {
    state[latent + i] = next[i];
  }
  const float head = output[mixture], logit = output[mixture + 1];
  g_reward[row] = g_size[kRewardHead] == 2   ? sigmoid(head) * (g_number[kPaid] - g_number[kUnpaid]) + g_number[kUnpaid]
                  : g_size[kRewardHead] == 1 ? head * g_number[kRewardScale]
                                             : g_number[kConstantReward];
  g_end[row] = g_size[kEnd] == 2 ? sigmoid(logit) : g_size[kEnd] == 1 && logit > 0.0f ? 1.0f : 0.0f;
  g_ended[row] = uniforms[latent] < g_end[row];
}

float squashed(int squash, float value) {
  const float t = tanh_of(value);
  return squash == 1 ? 0.5f * (t + 1.0f) : squash == 2 && t < 0.0f ? 0.0f : t;
}

// out = W in + b, W [out, in]. Returns what follows them.
const float* affine(const float* parameters, const float* in, int inputs, float* out, int outputs) {
  for (int o = 0; o < outputs; ++o) {
    float sum = g_size[kControllerBias] != 0 ? parameters[inputs * outputs + o] : 0.0f;
    for (int i = 0; i < inputs; ++i) {
      sum += parameters[o * inputs + i] * in[i];
    }
    out[o] = sum;
  }
  return parameters + inputs * outputs + (g_size[kControllerBias] != 0 ? outputs : 0);
}

int num_features() {
  const int parts[] = {0, 1, 2, 1};  // of h's size
  return g_size[kLatent] + parts[g_size[kFeatures]] * g_size[kHidden];
}

void look(int row) {
  const int latent = g_size[kLatent], hidden = g_size[kHidden];
  const float* const state = g_state[row];
  const float *h = state + latent, *c = h + hidden;
  float* out = g_features;
  const auto put = [&out](const float* from, int count) {
    for (int i = 0; i < count; ++i) {
      *out++ = from[i];
    }
  };
  put(state, latent);
  switch (g_size[kFeatures]) {
    case 1:
      put(h, hidden);
      break;
    case 2:
      put(c, hidden);
      put(h, hidden);
      break;
    case 3: {
      const float rest[kMaxActions] = {};
      advance(state, rest, g_scratch[2]);
      put(g_scratch[2], hidden);
    }
  }
}

void act_row(int row) {
  look(row);
  const float* in = g_features;
  int inputs = num_features();
  const float* parameters = g_controller;
  const int actions = g_size[kActions];
  float* const action = g_action[row];
  if (g_size[kControllerHidden] > 0) {
    float* const hidden = g_scratch[1];
    parameters = affine(parameters, in, inputs, hidden, g_size[kControllerHidden]);
    for (int i = 0; i < g_size[kControllerHidden]; ++i) {
      hidden[i] = tanh_of(hidden[i]);
    }
    in = hidden;
    inputs = g_size[kControllerHidden];
  }
  affine(parameters, in, inputs, action, actions);
  int largest = 0;
  for (int i = 0; i < actions; ++i) {
    largest = action[i] > action[largest] ? i : largest;
  }
  for (int i = 0; i < actions; ++i) {
    action[i] = g_size[kDiscrete] != 0 ? static_cast<float>(i == largest) : squashed(g_size[kSquash + i], action[i]);
  }
}

void decode_row(int row) {
  const int c1 = g_size[kChannels1], c2 = g_size[kChannels2], c3 = g_size[kChannels3], c4 = g_size[kChannels4];
  float *a = g_scratch[0], *b = g_scratch[1], *patches = g_scratch[2];
  multiply(g_state[row], 1, g_size[kLatent], g_dense, 4 * c4, false, a);
  // The first one's input is one pixel of 4 C4 channels.
  deconvolve(a, 1, 4 * c4, g_deconv[0], 5, c3, patches, b);
  relu(b, 5 * 5 * c3);
  deconvolve(b, 5, c3, g_deconv[1], 5, c2, patches, a);
  relu(a, 13 * 13 * c2);
  deconvolve(a, 13, c2, g_deconv[2], 6, c1, patches, b);
  relu(b, 30 * 30 * c1);
  deconvolve(b, 30, c1, g_deconv[3], 6, 3, patches, a);
  unsigned char* out = g_pixels[row];
  for (int i = 0; i < kSide * kSide; ++i, out += 4) {
    for (int channel = 0; channel < 3; ++channel) {
      out[channel] = static_cast<unsigned char>(sigmoid(a[3 * i + channel]) * 255.0f + 0.5f);
    }
    out[3] = 255;
  }
}

// Reads the block from front to back.
struct Reader {
  const unsigned char* at;
  const unsigned char* end;
  bool fits = true;

  const unsigned char* take(size_t bytes) {
    const unsigned char* const here = at;
    if (static_cast<size_t>(end - at) < bytes) {
      fits = false;
      return nullptr;
    }
    at += bytes;
    return here;
  }
  uint32_t number() {
    const unsigned char* const b = take(4);
    return b == nullptr ? 0
                        : static_cast<uint32_t>(b[0]) | static_cast<uint32_t>(b[1]) << 8 |
                              static_cast<uint32_t>(b[2]) << 16 | static_cast<uint32_t>(b[3]) << 24;
  }
  float real() { return __builtin_bit_cast(float, number()); }
  const float* reals(size_t count) {
    const unsigned char* const from = take(4 * count);
    if (from == nullptr) {
      return nullptr;
    }
    at = from;
    float* const values = reinterpret_cast<float*>(reverie_allocate(4 * count));
    for (size_t i = 0; i < count; ++i) {
      values[i] = real();
    }
    return values;
  }
  const float* halves(size_t count) {
    const unsigned char* const from = take(2 * count);
    if (from == nullptr) {
      return nullptr;
    }
    float* const values = reinterpret_cast<float*>(reverie_allocate(4 * count));
    for (size_t i = 0; i < count; ++i) {
      values[i] = half_to_float(static_cast<uint16_t>(from[2 * i] | from[2 * i + 1] << 8));
    }
    return values;
  }
  Layer layer(int inputs, int outputs, int biases) {
    const size_t count = static_cast<size_t>(inputs) * static_cast<size_t>(outputs);
    const unsigned char* const from = take(2 * count);
    if (from == nullptr) {
      return {nullptr, nullptr};
    }
    float* const weight = reinterpret_cast<float*>(reverie_allocate(4 * count));
    for (int i = 0; i < inputs; ++i) {
      for (int column = 0; column < outputs; ++column) {
        const int panel = column / kPanel * kPanel, width = outputs - panel < kPanel ? outputs - panel : kPanel;
        const size_t place = 2 * (static_cast<size_t>(i) * static_cast<size_t>(outputs) + static_cast<size_t>(column));
        weight[static_cast<ptrdiff_t>(panel) * inputs + i * width + column - panel] =
            half_to_float(static_cast<uint16_t>(from[place] | from[place + 1] << 8));
      }
    }
    return {weight, halves(static_cast<size_t>(biases))};
  }
};

bool possible() {
  const auto within = [](int which, int low, int high) { return g_size[which] >= low && g_size[which] <= high; };
  bool good = within(kLatent, 1, 1024) && within(kHidden, 1, 8192) && within(kHead, 0, 8192) &&
              within(kMixtures, 1, 100) && within(kActions, 1, kMaxActions) && within(kFeatures, 0, 3) &&
              within(kRewardHead, 0, 2) && within(kEnd, 0, 2) && within(kControllerHidden, 0, 4096) &&
              within(kMoments, 1, 1000);
  for (int channels = kChannels1; channels <= kChannels4; ++channels) {
    good = good && within(channels, 1, 1024);
  }
  return good;
}

int larger(int a, int b) {
  return a > b ? a : b;
}

void make_room() {
  const int c1 = g_size[kChannels1], c2 = g_size[kChannels2], c3 = g_size[kChannels3], c4 = g_size[kChannels4];
  const int activations = larger(larger(larger(4 * c4, 5 * 5 * c3), larger(13 * 13 * c2, 30 * 30 * c1)), 64 * 64 * 3);
  const int patches = larger(larger(25 * c3, 25 * 25 * c2), larger(13 * 13 * 36 * c1, 30 * 30 * 36 * 3));
  const int largest_patch = larger(larger(25 * c3, 25 * c2), larger(36 * c1, 36 * 3));
  const int recurrent =
      larger(larger(g_size[kLatent] + g_size[kActions] + g_size[kHidden], 4 * g_size[kHidden]),
             larger(larger(g_size[kHead], 3 * g_size[kMixtures] * g_size[kLatent] + 2), g_size[kControllerHidden]));
  const auto reals = [](int count) {
    return reinterpret_cast<float*>(reverie_allocate(4 * static_cast<size_t>(count)));
  };
  g_scratch[0] = reals(larger(activations, recurrent));
  g_scratch[1] = reals(larger(activations, recurrent));
  g_scratch[2] = reals(larger(patches, 2 * g_size[kHidden]));
  float* const none = reals(largest_patch);
  for (int i = 0; i < largest_patch; ++i) {
    none[i] = 0.0f;
  }
  g_zeros = none;
  g_noise = reals(2 * g_size[kLatent] + 1);
  g_features = reals(num_features());
  for (int row = 0; row < kRows; ++row) {
    g_state[row] = reals(state_size());
    for (int i = 0; i < state_size(); ++i) {
      g_state[row][i] = 0.0f;
    }
    g_pixels[row] = reverie_allocate(kSide * kSide * 4);
    g_seed[row] = g_position[row] = 0;
  }
}

}  // namespace

unsigned char* reverie_allocate(size_t bytes) {
  bytes = (bytes + 15) / 16 * 16;
#ifdef __wasm__
  constexpr size_t kPage = 65536;
  static size_t next = 0;
  if (next == 0) {
    next = __builtin_wasm_memory_size(0) * kPage;  // behind what the module itself uses
  }
  const size_t begin = next;
  next += bytes;
  const size_t have = __builtin_wasm_memory_size(0) * kPage;
  if (next > have && __builtin_wasm_memory_grow(0, (next - have + kPage - 1) / kPage) == static_cast<size_t>(-1)) {
    __builtin_trap();  // the page says that there is too little memory
  }
  return reinterpret_cast<unsigned char*>(begin);
#else
  return static_cast<unsigned char*>(calloc(bytes, 1));
#endif
}

int reverie_load(const unsigned char* block, size_t bytes) {
  Reader reader{block, block + bytes};
  const uint64_t low = reader.number(), high = reader.number();
  if (!reader.fits || bytes < 12) {
    return kShort;
  }
  if (checksum(reader.at, static_cast<size_t>(reader.end - reader.at)) != (low | high << 32)) {
    return kDamaged;
  }
  g_text_size = static_cast<int>(reader.number());
  g_text = reader.take((static_cast<size_t>(g_text_size) + 3) / 4 * 4);
  for (int& size : g_size) {
    size = static_cast<int>(reader.number());
  }
  for (float& number : g_number) {
    number = reader.real();
  }
  if (!reader.fits || !possible()) {
    return kImpossible;
  }
  const int latent = g_size[kLatent], hidden = g_size[kHidden], head = g_size[kHead], actions = g_size[kActions];
  const int bias = g_size[kControllerBias] != 0 ? 1 : 0, units = g_size[kControllerHidden];
  g_controller = reader.reals(static_cast<size_t>(units > 0 ? units * (num_features() + bias) + actions * (units + bias)
                                                            : actions * (num_features() + bias)));
  const int channels[] = {3, g_size[kChannels1], g_size[kChannels2], g_size[kChannels3], 4 * g_size[kChannels4]};
  g_dense = reader.layer(latent, channels[4], channels[4]);
  const int kernels[] = {5, 5, 6, 6};
  for (int i = 0; i < 4; ++i) {
    g_deconv[i] = reader.layer(channels[4 - i], kernels[i] * kernels[i] * channels[3 - i], channels[3 - i]);
  }
  g_gates = reader.layer(latent + actions + hidden, 4 * hidden, 4 * hidden);
  if (head > 0) {
    g_head = reader.layer(hidden, head, head);
  }
  const int outputs = 3 * g_size[kMixtures] * latent + 2;
  g_outputs = reader.layer(head > 0 ? head : hidden, outputs, outputs);
  g_moments = reader.halves(static_cast<size_t>(g_size[kMoments]) * static_cast<size_t>(state_size()));
  if (!reader.fits || reader.at != reader.end) {
    return kImpossible;
  }
  make_room();
  return kFine;
}

const unsigned char* reverie_text() {
  return g_text;
}
int reverie_text_size() {
  return g_text_size;
}
int reverie_size(int which) {
  return g_size[which];
}
float* reverie_state(int row) {
  return g_state[row];
}
float* reverie_action(int row) {
  return g_action[row];
}
float* reverie_features() {
  return g_features;
}
float reverie_reward(int row) {
  return g_reward[row];
}
float reverie_end(int row) {
  return g_end[row];
}
int reverie_ended(int row) {
  return g_ended[row];
}
unsigned char* reverie_pixels(int row) {
  return g_pixels[row];
}

void reverie_take_moment(int row, int moment) {
  for (int i = 0; i < state_size(); ++i) {
    g_state[row][i] = g_moments[moment * state_size() + i];
  }
  g_reward[row] = g_end[row] = 0.0f;
  g_ended[row] = 0;
}

void reverie_seed(int row, uint32_t low, uint32_t high) {
  g_seed[row] =
      philox::derive(low | static_cast<uint64_t>(high) << 32, static_cast<uint64_t>(g_size[kNoiseStream]), 0, 0);
  g_position[row] = 0;
}
uint32_t reverie_position(int row) {
  return static_cast<uint32_t>(g_position[row]);
}
void reverie_seek(int row, uint32_t position) {
  g_position[row] = position;
}

void reverie_act(int first, int count) {
  for (int row = first; row < first + count; ++row) {
    act_row(row);
  }
}

void reverie_step(int first, int count, float temperature) {
  for (int row = first; row < first + count; ++row) {
    step_row(row, temperature);
  }
}

void reverie_decode(int first, int count) {
  for (int row = first; row < first + count; ++row) {
    decode_row(row);
  }
}

}  // namespace reverie::page

#ifdef __wasm__
// What clang calls where it makes its own loops.
extern "C" void* memset(void* to, int value, size_t bytes) {
  unsigned char* out = static_cast<unsigned char*>(to);
  for (size_t i = 0; i < bytes; ++i) {
    out[i] = static_cast<unsigned char>(value);
  }
  return to;
}
extern "C" void* memcpy(void* to, const void* from, size_t bytes) {
  unsigned char* out = static_cast<unsigned char*>(to);
  const unsigned char* in = static_cast<const unsigned char*>(from);
  for (size_t i = 0; i < bytes; ++i) {
    out[i] = in[i];
  }
  return to;
}
#endif
