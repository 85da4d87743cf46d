// The counter-based generator behind Rng (random.h), as plain arithmetic without the standard library, so that what is
// not a usual program, such as a page's WebAssembly, draws the same numbers.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "env/clones.h"

namespace reverie::philox {

// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
REVERIE_INLINE uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// derive_seed() of random.h; stream is the number of its Stream.
REVERIE_INLINE uint64_t derive(uint64_t run_seed, uint64_t stream, uint64_t first, uint64_t second) {
  return mix(mix(mix(mix(run_seed) ^ stream) ^ first) ^ second);
}

// Blocks are made in groups, one array per word, so that the compiler can use vectors.
constexpr int kGroup = 8;
struct Words {
  uint32_t word[4][kGroup];
};
struct Numbers {
  float word[4][kGroup];
};

REVERIE_INLINE Words group(uint64_t seed, uint64_t position) {
  Words w;
  for (int i = 0; i < kGroup; ++i) {
    const uint64_t block = position + static_cast<uint64_t>(i);
    w.word[0][i] = static_cast<uint32_t>(block);
    w.word[1][i] = static_cast<uint32_t>(block >> 32);
    w.word[2][i] = 0;
    w.word[3][i] = 0;
  }
  uint32_t key0 = static_cast<uint32_t>(seed);
  uint32_t key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kGroup; ++i) {
      const uint64_t product0 = uint64_t{0xD2511F53u} * w.word[0][i];
      const uint64_t product1 = uint64_t{0xCD9E8D57u} * w.word[2][i];
      const uint32_t next0 = static_cast<uint32_t>(product1 >> 32) ^ w.word[1][i] ^ key0;
      const uint32_t next2 = static_cast<uint32_t>(product0 >> 32) ^ w.word[3][i] ^ key1;
      w.word[1][i] = static_cast<uint32_t>(product1);
      w.word[3][i] = static_cast<uint32_t>(product0);
      w.word[0][i] = next0;
      w.word[2][i] = next2;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return w;
}

constexpr float kTwoToMinus24 = 0x1p-24f;

REVERIE_INLINE float to_uniform(uint32_t word) {
  return static_cast<float>(word >> 8) * kTwoToMinus24;
}

// Natural logarithm of x in [2^-24, 1]; error below 2e-7 relative to max(1, |log x|). A polynomial on
// [sqrt(1/2), sqrt(2)) in t = (m - 1) / (m + 1): log m = 2 atanh t.
REVERIE_INLINE float log_unit(float x) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  const uint32_t shifted = bits - 0x3f3504f3u;  // sqrt(1/2), so that the exponent rounds to nearest
  const float exponent = static_cast<float>(static_cast<int32_t>(shifted) >> 23);
  const float m = __builtin_bit_cast(float, (shifted & 0x007fffffu) + 0x3f3504f3u);
  const float t = (m - 1.0f) / (m + 1.0f);
  const float t2 = t * t;
  const float series = t * (2.0f + t2 * (0.66666667f + t2 * (0.4f + t2 * (0.28571429f + t2 * 0.22222222f))));
  return exponent * 0.69314718f + series;
}

// sin and cos of 2 pi u for u in [0, 1): Taylor polynomials on +-pi/4, then a turn by quarters.
REVERIE_INLINE void sincos_turn(float u, float& sine, float& cosine) {
  const float quarters = u * 4.0f;
  const int32_t quadrant = static_cast<int32_t>(quarters + 0.5f);
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

// Box and Muller.
REVERIE_INLINE void to_normals(const Words& w, Numbers& out) {
  for (int pair = 0; pair < 2; ++pair) {
    for (int i = 0; i < kGroup; ++i) {
      const float radius_uniform = static_cast<float>((w.word[2 * pair][i] >> 8) + 1) * kTwoToMinus24;  // in (0, 1]
      const float square = -2.0f * log_unit(radius_uniform);
      const float radius = __builtin_sqrtf(square > 0.0f ? square : 0.0f);
      float sine = 0.0f;
      float cosine = 0.0f;
      sincos_turn(to_uniform(w.word[2 * pair + 1][i]), sine, cosine);
      out.word[2 * pair][i] = radius * cosine;
      out.word[2 * pair + 1][i] = radius * sine;
    }
  }
}

REVERIE_INLINE void to_uniforms(const Words& w, Numbers& out) {
  for (int j = 0; j < 4; ++j) {
    for (int i = 0; i < kGroup; ++i) {
      out.word[j][i] = to_uniform(w.word[j][i]);
    }
  }
}

// Hands out groups block by block: values[4 k + j] comes from word j of block k. Returns the blocks used.
template <typename Convert>
REVERIE_INLINE uint64_t fill(uint64_t seed, uint64_t position, float* values, size_t size, Convert convert) {
  const uint64_t begin = position;
  for (size_t done = 0; done < size;) {
    Numbers numbers;
    convert(group(seed, position), numbers);
    float in_order[4 * kGroup];
    for (int i = 0; i < kGroup; ++i) {
      for (int j = 0; j < 4; ++j) {
        in_order[4 * i + j] = numbers.word[j][i];
      }
    }
    const size_t left = size - done;
    const size_t count = left < 4 * kGroup ? left : 4 * kGroup;
    for (size_t i = 0; i < count; ++i) {
      values[done + i] = in_order[i];
    }
    position += (count + 3) / 4;
    done += count;
  }
  return position - begin;
}

}  // namespace reverie::philox
