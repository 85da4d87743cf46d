// import-weights: weights that another program changed become a run's own.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace reverie {

struct ImportWeightsOptions {
  std::filesystem::path run;
  std::vector<std::filesystem::path> files;  // safetensors, called as the run's own: one of them or elsewhere
  std::optional<int> iteration;              // the newest with a controller
};

// Checks names, shapes and finiteness as loading does, and writes nothing where a file does not fit. The iteration's
// controllers and the start states of its dreams then count as made with these weights.
void import_weights(const ImportWeightsOptions& options);

}  // namespace reverie
