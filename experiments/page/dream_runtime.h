// The dream of V, M and C as a page runs it: plain arithmetic on its own memory, without LibTorch and without the
// standard library, so that clang makes WebAssembly of it. It is compiled for this machine too, for its tests.
//
// There is one network, which load() reads from a block of bytes, and kRows dreams of it: the page's own and its
// futures. Row r has a state [z, h, c], an action, and, after a step, a reward and the probability of an end.
//
// The block: 8 bytes FNV-1a of all that follows; 4 bytes the size of a JSON text, the text, zeros up to a multiple of
// 4 (the page reads it, this does not); kSizes 32-bit numbers in the order of Size; 32-bit floats in the order of
// Number; C's parameters as 32-bit floats; then in half precision, each [in, out] and by rows: dense weight and bias of
// V's decoder; deconv1 to 4, weights [in, k, k, out] and biases; M's gates [z + action + hidden, 4 hidden] and bias;
// the head's weight and bias where there is one; the outputs [inputs, 3 mixtures z + 2] and bias; the moments [moments,
// z + 2 hidden].
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace reverie::page {

constexpr int kRows = 12;
constexpr int kSide = 64;  // of a frame
constexpr int kMaxActions = 16;

enum Size {
  kLatent,
  kHidden,
  kHead,  // 0: none
  kMixtures,
  kActions,
  kFeatures,    // what C sees: 0 z, 1 [z, h], 2 [z, c, h], 3 [z, h that knows this frame]
  kRewardHead,  // 0 none (a step pays constant_reward), 1 value, 2 event
  kEnd,         // 0 never, 1 where the logit is above 0, 2 drawn
  kChannels1,
  kChannels2,
  kChannels3,
  kChannels4,
  kControllerHidden,
  kControllerBias,
  kDiscrete,  // the largest score is played
  kSquash,    // kMaxActions of them: 0 tanh, 1 (tanh + 1) / 2, 2 max(tanh, 0)
  kMoments = kSquash + kMaxActions,
  kNoiseStream,  // the number of Stream::dream_noise
  kSizes
};

enum Number { kUnpaid, kPaid, kRewardScale, kConstantReward, kLogSigmaMin, kNumbers };

// FNV-1a, 64 bits: a changed bit anywhere changes it.
inline uint64_t checksum(const unsigned char* bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; ++i) {
    hash = (hash ^ bytes[i]) * 0x100000001b3u;
  }
  return hash;
}

enum LoadError { kFine, kShort, kDamaged, kImpossible };

#if defined(__wasm__) || defined(REVERIE_PAGE_SHARED)
#define REVERIE_PAGE_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define REVERIE_PAGE_EXPORT
#endif

// Memory that is never given back: the page's own bytes for the block, and all that load() needs.
REVERIE_PAGE_EXPORT unsigned char* reverie_allocate(size_t bytes);
// A LoadError. The block must stay where it is.
REVERIE_PAGE_EXPORT int reverie_load(const unsigned char* block, size_t bytes);
REVERIE_PAGE_EXPORT const unsigned char* reverie_text();  // the JSON
REVERIE_PAGE_EXPORT int reverie_text_size();

REVERIE_PAGE_EXPORT int reverie_size(int which);     // of Size
REVERIE_PAGE_EXPORT float* reverie_state(int row);   // [z + 2 hidden]
REVERIE_PAGE_EXPORT float* reverie_action(int row);  // [action]
REVERIE_PAGE_EXPORT float* reverie_features();       // [of C], scratch, for tests
REVERIE_PAGE_EXPORT float reverie_reward(int row);
REVERIE_PAGE_EXPORT float reverie_end(int row);  // 0 to 1
REVERIE_PAGE_EXPORT int reverie_ended(int row);  // whether the last step drew the end
REVERIE_PAGE_EXPORT void reverie_take_moment(int row, int moment);

// The dream's random numbers: those of the program's dream with that seed.
REVERIE_PAGE_EXPORT void reverie_seed(int row, uint32_t low, uint32_t high);
REVERIE_PAGE_EXPORT uint32_t reverie_position(int row);  // blocks drawn, to go back to
REVERIE_PAGE_EXPORT void reverie_seek(int row, uint32_t position);

// Rows first to first + count - 1.
REVERIE_PAGE_EXPORT void reverie_act(int first, int count);  // C fills the actions
REVERIE_PAGE_EXPORT void reverie_step(int first, int count, float temperature);
REVERIE_PAGE_EXPORT void reverie_decode(int first, int count);
REVERIE_PAGE_EXPORT unsigned char* reverie_pixels(int row);  // [64, 64, 4], red, green, blue, 255

}  // namespace reverie::page
