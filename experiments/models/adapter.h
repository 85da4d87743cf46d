// The small file beside an iteration's weights that says what they changed of the iteration's before: weights
// X.safetensors have X.adapter.safetensors. Given to import-weights it makes the same of a copy of the weights before.
#pragma once

#include <filesystem>
#include <string>

namespace reverie {

inline constexpr const char* kAdapterKind = "adapter/1";
inline constexpr const char* kAdapterEnding = ".adapter.safetensors";

inline std::filesystem::path adapter_path(std::filesystem::path weights) {
  return weights.replace_extension(kAdapterEnding);
}

}  // namespace reverie
