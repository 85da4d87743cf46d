#include "env/random.h"

#include <bit>

#include "env/clones.h"
#include "env/philox.h"

namespace reverie {
namespace {

REVERIE_CLONES
std::uint64_t fill_uniforms(std::uint64_t seed, std::uint64_t position, float* values, std::size_t size) {
  return philox::fill(
      seed, position, values, size,
      [](const philox::Words& w, philox::Numbers& out) __attribute__((always_inline)) { philox::to_uniforms(w, out); });
}

REVERIE_CLONES
std::uint64_t fill_normals(std::uint64_t seed, std::uint64_t position, float* values, std::size_t size) {
  return philox::fill(
      seed, position, values, size,
      [](const philox::Words& w, philox::Numbers& out) __attribute__((always_inline)) { philox::to_normals(w, out); });
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t run_seed, Stream stream, std::uint64_t first, std::uint64_t second) {
  return philox::derive(run_seed, static_cast<std::uint64_t>(stream), first, second);
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
  const philox::Words w = philox::group(seed_, position_++);
  const std::uint64_t bits = (std::uint64_t{w.word[1][0]} << 32) | w.word[0][0];
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  const philox::Words w = philox::group(seed_, position_++);
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
