// Seeds and generators of all random numbers of the program.
//
// There is no shared generator. Each use derives a seed of its own from the run's seed, its Stream and its indices, so
// that results depend neither on the number of threads nor on what else was drawn before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace reverie {

// What a seed is for. Values are part of every result: add at the end, never renumber. An alias stands right behind its
// original, so that those after it keep their values.
enum class Stream : std::uint64_t {
  vae_init,
  mdn_rnn_init,
  controller_init,
  collect_game,
  collect_policy,
  collect_noise,
  ppo_noise = collect_noise,  // shares the value above, as ppo_init does: published results depend on it
  split,
  vae_batch,
  vae_noise,
  mdn_rnn_batch,
  mdn_rnn_noise,
  start_state,
  encode_noise,
  cma_es,
  ppo_init = cma_es,
  controller_episode,
  dream_noise,
  evaluate_policy,
  evaluate_dream,
  open_loop,
  viewer,
  constant_action,
  plan,
  imagination_init,
  imagination_start,
  imagination_noise,
  rssm_init,
  rssm_batch,
  rssm_noise,
  variation,
  waist,
  flow_noise,
  adapter_init,
  words,
  action_tokens,
};

// Mixes its arguments into 64 bits, the same on every machine.
std::uint64_t derive_seed(std::uint64_t run_seed, Stream stream, std::uint64_t first = 0, std::uint64_t second = 0);

// The same, but never below 2^32. Evaluation uses small integers, so training never plays a game of the evaluation.
std::uint64_t training_game_seed(std::uint64_t run_seed, Stream stream, std::uint64_t first = 0,
                                 std::uint64_t second = 0);

// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011), keyed by the
// seed. Each call starts at a fresh block of four words, so a call's numbers depend on the seed and on the number of
// blocks used before it only. Vector and scalar code agree bit for bit.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : seed_(seed) {}

  void fill_uniform(std::span<float> values);  // in [0, 1), multiples of 2^-24
  void fill_normal(std::span<float> values);   // mean 0, deviation 1 (Box-Muller, at most 5.8 deviations out)
  float uniform();                             // in [0, 1)
  float normal();
  double uniform_double();                   // in [0, 1), multiples of 2^-53
  std::uint64_t below(std::uint64_t bound);  // in [0, bound); bound > 0

  std::uint64_t position() const { return position_; }  // blocks used so far
  void seek(std::uint64_t position) { position_ = position; }

 private:
  std::uint64_t seed_;
  std::uint64_t position_ = 0;
};

// NumPy's Generator(PCG64(SeedSequence(seed))), for games that must follow NumPy's draws.
class Pcg64 {
 public:
  explicit Pcg64(std::uint64_t seed);
  std::uint64_t next();
  double uniform();                          // in [0, 1)
  double uniform(double low, double high);   // low + (high - low) * uniform()
  std::uint32_t below(std::uint32_t bound);  // NumPy's integers(bound): 32-bit draws, Lemire's rejection

 private:
  std::uint32_t next_u32();

  unsigned __int128 state_ = 0;
  unsigned __int128 increment_ = 0;
  bool has_half_ = false;
  std::uint32_t half_ = 0;
};

}  // namespace reverie
