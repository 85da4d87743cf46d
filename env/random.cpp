#include "env/random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "env/clones.h"

namespace reverie {
namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Blocks are made in groups, one array per word, so that the compiler can use vectors.
constexpr int kGroup = 8;
struct Words {
  std::array<std::array<std::uint32_t, kGroup>, 4> word;
};

REVERIE_INLINE Words philox_group(std::uint64_t seed, std::uint64_t position) {
  Words w;
  for (int i = 0; i < kGroup; ++i) {
    const std::uint64_t block = position + static_cast<std::uint64_t>(i);
    w.word[0][i] = static_cast<std::uint32_t>(block);
    w.word[1][i] = static_cast<std::uint32_t>(block >> 32);
    w.word[2][i] = 0;
    w.word[3][i] = 0;
  }
  std::uint32_t key0 = static_cast<std::uint32_t>(seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kGroup; ++i) {
      const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * w.word[0][i];
      const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * w.word[2][i];
      const std::uint32_t next0 = static_cast<std::uint32_t>(product1 >> 32) ^ w.word[1][i] ^ key0;
      const std::uint32_t next2 = static_cast<std::uint32_t>(product0 >> 32) ^ w.word[3][i] ^ key1;
      w.word[1][i] = static_cast<std::uint32_t>(product1);
      w.word[3][i] = static_cast<std::uint32_t>(product0);
      w.word[0][i] = next0;
      w.word[2][i] = next2;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return w;
}

using Numbers = std::array<std::array<float, kGroup>, 4>;  // like Words

constexpr float kTwoToMinus24 = 0x1p-24f;

REVERIE_INLINE float to_uniform(std::uint32_t word) {
  return static_cast<float>(word >> 8) * kTwoToMinus24;
}

// Natural logarithm of x in [2^-24, 1]; error below 2e-7 relative to max(1, |log x|). A polynomial on
// [sqrt(1/2), sqrt(2)) in t = (m - 1) / (m + 1): log m = 2 atanh t.
REVERIE_INLINE float log_unit(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t shifted = bits - 0x3f3504f3u;  // sqrt(1/2), so that the exponent rounds to nearest
  const float exponent = static_cast<float>(static_cast<std::int32_t>(shifted) >> 23);
  const float m = std::bit_cast<float>((shifted & 0x007fffffu) + 0x3f3504f3u);
  const float t = (m - 1.0f) / (m + 1.0f);
  const float t2 = t * t;
  const float series = t * (2.0f + t2 * (0.66666667f + t2 * (0.4f + t2 * (0.28571429f + t2 * 0.22222222f))));
  return exponent * 0.69314718f + series;
}

// sin and cos of 2 pi u for u in [0, 1): Taylor polynomials on +-pi/4, then a turn by quarters.
REVERIE_INLINE void sincos_turn(float u, float& sine, float& cosine) {
  const float quarters = u * 4.0f;
  const std::int32_t quadrant = static_cast<std::int32_t>(quarters + 0.5f);
  const float angle = (quarters - static_cast<float>(quadrant)) * 1.57079633f;
  const float a2 = angle * angle;
  const float s =
      angle * (1.0f + a2 * (-1.66666667e-1f + a2 * (8.33333333e-3f + a2 * (-1.98412698e-4f + a2 * 2.7557319e-6f))));
  const float c = 1.0f + a2 * (-0.5f + a2 * (4.16666667e-2f + a2 * (-1.38888889e-3f + a2 * 2.48015873e-5f)));
  const bool swap = (quadrant & 1) != 0;
  const float sin_sign = (quadrant & 2) != 0 ? -1.0f : 1.0f;
  const float cos_sign = ((quadrant + 1) & 2) != 0 ? -1.0f : 1.0f;
  sine = sin_sign * (swap ? c : s);
  cosine = cos_sign * (swap ? s : c);
}

REVERIE_INLINE void to_normals(const Words& w, Numbers& out) {
  for (int pair = 0; pair < 2; ++pair) {
    for (int i = 0; i < kGroup; ++i) {
      const float radius_uniform = static_cast<float>((w.word[2 * pair][i] >> 8) + 1) * kTwoToMinus24;  // in (0, 1]
      const float square = -2.0f * log_unit(radius_uniform);
      const float radius = __builtin_sqrtf(square > 0.0f ? square : 0.0f);
      float sine = 0.0f;
      float cosine = 0.0f;
      sincos_turn(to_uniform(w.word[2 * pair + 1][i]), sine, cosine);
      out[2 * pair][i] = radius * cosine;
      out[2 * pair + 1][i] = radius * sine;
    }
  }
}

REVERIE_INLINE void to_uniforms(const Words& w, Numbers& out) {
  for (int j = 0; j < 4; ++j) {
    for (int i = 0; i < kGroup; ++i) {
      out[j][i] = to_uniform(w.word[j][i]);
    }
  }
}

// Hands out groups block by block: values[4 k + j] comes from word j of block k. Returns the blocks used.
template <typename Convert>
REVERIE_INLINE std::uint64_t fill(std::uint64_t seed, std::uint64_t position, float* values, std::size_t size,
                                  Convert convert) {
  const std::uint64_t begin = position;
  for (std::size_t done = 0; done < size;) {
    Numbers numbers;
    convert(philox_group(seed, position), numbers);
    std::array<float, 4 * kGroup> in_order;
    for (int i = 0; i < kGroup; ++i) {
      for (int j = 0; j < 4; ++j) {
        in_order[4 * i + j] = numbers[j][i];
      }
    }
    const std::size_t count = std::min(size - done, in_order.size());
    std::copy_n(in_order.data(), count, values + done);
    position += (count + 3) / 4;
    done += count;
  }
  return position - begin;
}

REVERIE_CLONES
std::uint64_t fill_uniforms(std::uint64_t seed, std::uint64_t position, float* values, std::size_t size) {
  return fill(
      seed, position, values, size,
      [](const Words& w, Numbers& out) __attribute__((always_inline)) { to_uniforms(w, out); });
}

REVERIE_CLONES
std::uint64_t fill_normals(std::uint64_t seed, std::uint64_t position, float* values, std::size_t size) {
  return fill(
      seed, position, values, size,
      [](const Words& w, Numbers& out) __attribute__((always_inline)) { to_normals(w, out); });
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t run_seed, Stream stream, std::uint64_t first, std::uint64_t second) {
  return mix(mix(mix(mix(run_seed) ^ static_cast<std::uint64_t>(stream)) ^ first) ^ second);
}

std::uint64_t training_game_seed(std::uint64_t run_seed, Stream stream, std::uint64_t first, std::uint64_t second) {
  return derive_seed(run_seed, stream, first, second) | (std::uint64_t{1} << 63);
}

void Rng::fill_uniform(std::span<float> values) {
  position_ += fill_uniforms(seed_, position_, values.data(), values.size());
}

void Rng::fill_normal(std::span<float> values) {
  position_ += fill_normals(seed_, position_, values.data(), values.size());
}

float Rng::uniform() {
  float value = 0.0f;
  fill_uniform({&value, 1});
  return value;
}

float Rng::normal() {
  float value = 0.0f;
  fill_normal({&value, 1});
  return value;
}

double Rng::uniform_double() {
  const Words w = philox_group(seed_, position_++);
  const std::uint64_t bits = (std::uint64_t{w.word[1][0]} << 32) | w.word[0][0];
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  const Words w = philox_group(seed_, position_++);
  const std::uint64_t bits = (std::uint64_t{w.word[1][0]} << 32) | w.word[0][0];
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits) * bound) >> 64);
}

Pcg64::Pcg64(std::uint64_t seed) {
  // NumPy's SeedSequence: a pool of four words hashed from the seed's words, then eight output words.
  const std::uint32_t entropy[2] = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  std::uint32_t hash = 0x43b0d7e5u;
  const auto hashmix = [&hash](std::uint32_t value) {
    value ^= hash;
    hash *= 0x931e8875u;
    value *= hash;
    return value ^ (value >> 16);
  };
  std::uint32_t pool[4];
  for (int i = 0; i < 4; ++i) {
    pool[i] = hashmix(i < 2 ? entropy[i] : 0u);
  }
  for (int source = 0; source < 4; ++source) {
    for (int target = 0; target < 4; ++target) {
      if (source != target) {
        const std::uint32_t mixed = 0xca01f9ddu * pool[target] - 0x4973f715u * hashmix(pool[source]);
        pool[target] = mixed ^ (mixed >> 16);
      }
    }
  }
  std::uint32_t out[8];
  std::uint32_t out_hash = 0x8b51f9ddu;
  for (int i = 0; i < 8; ++i) {
    std::uint32_t value = pool[i % 4] ^ out_hash;
    out_hash *= 0x58f38dedu;
    value *= out_hash;
    out[i] = value ^ (value >> 16);
  }
  const auto word64 = [&out](int i) { return (std::uint64_t{out[2 * i + 1]} << 32) | out[2 * i]; };
  const unsigned __int128 initial_state = (static_cast<unsigned __int128>(word64(0)) << 64) | word64(1);
  const unsigned __int128 initial_sequence = (static_cast<unsigned __int128>(word64(2)) << 64) | word64(3);
  increment_ = (initial_sequence << 1) | 1;
  next();
  state_ += initial_state;
  next();
}

std::uint64_t Pcg64::next() {
  const unsigned __int128 multiplier =
      (static_cast<unsigned __int128>(0x2360ED051FC65DA4u) << 64) | 0x4385DF649FCCF645u;
  state_ = state_ * multiplier + increment_;
  const std::uint64_t folded = static_cast<std::uint64_t>(state_ >> 64) ^ static_cast<std::uint64_t>(state_);
  return std::rotr(folded, static_cast<int>(state_ >> 122));
}

double Pcg64::uniform() {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}

double Pcg64::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

std::uint32_t Pcg64::next_u32() {
  if (has_half_) {
    has_half_ = false;
    return half_;
  }
  const std::uint64_t bits = next();
  has_half_ = true;
  half_ = static_cast<std::uint32_t>(bits >> 32);
  return static_cast<std::uint32_t>(bits);
}

std::uint32_t Pcg64::below(std::uint32_t bound) {
  std::uint64_t product = std::uint64_t{next_u32()} * bound;
  if (static_cast<std::uint32_t>(product) < bound) {
    const std::uint32_t threshold = (0u - bound) % bound;
    while (static_cast<std::uint32_t>(product) < threshold) {
      product = std::uint64_t{next_u32()} * bound;
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace reverie
