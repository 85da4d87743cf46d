#include "env/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "tests/test.hpp"

using namespace reverie;

namespace {

// One block of Philox 4x32-10, written as in its paper. Rng, whose counters end in two words of 0, is compared with it.
void philox(const std::uint32_t counter[4], const std::uint32_t key[2], std::uint32_t out[4]) {
  std::uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
  std::uint32_t k[2] = {key[0], key[1]};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * c[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * c[2];
    c[0] = static_cast<std::uint32_t>(product1 >> 32) ^ c[1] ^ k[0];
    c[2] = static_cast<std::uint32_t>(product0 >> 32) ^ c[3] ^ k[1];
    c[1] = static_cast<std::uint32_t>(product1);
    c[3] = static_cast<std::uint32_t>(product0);
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  std::copy(c, c + 4, out);
}

}  // namespace

TEST_CASE("the Philox that Rng is held against gives the known answers of its authors", "[env]") {
  std::uint32_t out[4];
  const std::uint32_t zeros[4] = {0, 0, 0, 0};
  philox(zeros, zeros, out);
  CHECK(out[0] == 0x6627e8d5u);
  CHECK(out[1] == 0xe169c58du);
  CHECK(out[2] == 0xbc57ac4cu);
  CHECK(out[3] == 0x9b00dbd8u);
  const std::uint32_t counter[4] = {0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u};
  const std::uint32_t key[2] = {0xa4093822u, 0x299f31d0u};
  philox(counter, key, out);
  CHECK(out[0] == 0xd16cfe09u);
  CHECK(out[1] == 0x94fdccebu);
  CHECK(out[2] == 0x5001e420u);
  CHECK(out[3] == 0x24126ea1u);
}

TEST_CASE("Rng is Philox, block after block", "[env]") {
  const std::uint64_t seed = 0x299f31d0a4093822u;
  Rng rng(seed);
  std::array<float, 200> values;
  rng.fill_uniform(values);
  CHECK(rng.position() == 50);
  for (std::uint32_t k = 0; k < values.size(); ++k) {
    const std::uint32_t counter[4] = {k / 4, 0, 0, 0};
    const std::uint32_t key[2] = {0xa4093822u, 0x299f31d0u};
    std::uint32_t out[4];
    philox(counter, key, out);
    CHECK(values[k] == static_cast<float>(out[k % 4] >> 8) * 0x1p-24f);
  }
  // The block's number fills the counter's two lower words; below() shows all but one bit of the first two drawn.
  const std::uint64_t position = 0x0123456789abcdefu;
  const std::uint32_t counter[4] = {0x89abcdefu, 0x01234567u, 0, 0};
  const std::uint32_t key[2] = {0xa4093822u, 0x299f31d0u};
  std::uint32_t out[4];
  philox(counter, key, out);
  rng.seek(position);
  CHECK(rng.below(std::uint64_t{1} << 63) == ((std::uint64_t{out[1]} << 32) | out[0]) >> 1);
}

TEST_CASE("a call's numbers do not depend on how many are asked for", "[env]") {
  std::array<float, 67> many;
  std::array<float, 5> few;
  Rng(7).fill_normal(many);
  Rng(7).fill_normal(few);
  for (std::size_t k = 0; k < few.size(); ++k) {
    CHECK(few[k] == many[k]);
  }
}

TEST_CASE("normals agree with Box-Muller in double precision and have the moments of a normal", "[env]") {
  const int count = 400000;
  std::vector<float> uniforms(count), normals(count);
  Rng(3).fill_uniform(uniforms);
  Rng(3).fill_normal(normals);
  double worst = 0, sum = 0, square = 0, fourth = 0;
  for (std::size_t k = 0; k < count; k += 2) {
    const double radius = std::sqrt(-2.0 * std::log(uniforms[k] + 0x1p-24));
    const double angle = 2.0 * M_PI * uniforms[k + 1];
    worst = std::max(worst, std::abs(normals[k] - radius * std::cos(angle)));
    worst = std::max(worst, std::abs(normals[k + 1] - radius * std::sin(angle)));
  }
  for (const float x : normals) {
    sum += x;
    square += double{x} * x;
    fourth += double{x} * x * x * x;
  }
  CHECK(worst < 3e-6);
  CHECK(std::abs(sum / count) < 5.0 / std::sqrt(count));
  CHECK(std::abs(square / count - 1.0) < 5.0 * std::sqrt(2.0 / count));
  CHECK(std::abs(fourth / count - 3.0) < 5.0 * std::sqrt(96.0 / count));
}

TEST_CASE("streams have the values that published results were drawn with", "[env]") {
  const auto value = [](Stream stream) { return static_cast<std::uint64_t>(stream); };
  CHECK(value(Stream::vae_init) == 0);
  CHECK(value(Stream::split) == 6);
  CHECK(value(Stream::cma_es) == 13);
  CHECK(value(Stream::controller_episode) == 14);
  CHECK(value(Stream::viewer) == 19);
  CHECK(value(Stream::ppo_init) == 13);
  CHECK(value(Stream::ppo_noise) == 5);
}

TEST_CASE("first values of Rng stay as they are", "[env]") {
  Rng rng(42);
  std::array<float, 4> normals;
  rng.fill_normal(normals);
  CHECK(normals == std::array{-0x1.f0bcb2p-1f, 0x1.8d59d8p-3f, -0x1.3c519cp+0f, 0x1.ec867cp+0f});
  CHECK(rng.below(1000) == 327);
  CHECK(derive_seed(1, Stream::collect_game, 2, 3) == 14989134725411442764u);
}

TEST_CASE("derived seeds differ in every argument, and training games stay out of evaluation's range", "[env]") {
  std::set<std::uint64_t> seen;
  for (std::uint64_t run = 0; run < 4; ++run) {
    for (std::uint64_t first = 0; first < 16; ++first) {
      for (std::uint64_t second = 0; second < 16; ++second) {
        seen.insert(derive_seed(run, Stream::collect_game, first, second));
        CHECK(training_game_seed(run, Stream::collect_game, first, second) >= (std::uint64_t{1} << 32));
      }
    }
  }
  CHECK(seen.size() == 4 * 16 * 16);
}

TEST_CASE("Pcg64 follows NumPy", "[env]") {
  Pcg64 a(42);
  CHECK(a.uniform() == 0.7739560485559633);
  CHECK(a.uniform() == 0.4388784397520523);
  CHECK(a.uniform() == 0.8585979199113825);
  Pcg64 b(11);
  CHECK(b.uniform() == 0.12857020276919962);
  CHECK(b.uniform() == 0.49927786244011496);
  CHECK(b.uniform() == 0.6014983576233575);
}
