// Tensor files that another program wrote, such as weights that Python's safetensors saved again.
#pragma once

#include <filesystem>

#include "worldmodel/data/tensor_file.h"

namespace reverie {

// Any safetensors file of our types of tensors, whatever its metadata: those are returned as they are, "reverie" and
// "checksum" too where it has them, and neither is checked. Error (kind data) naming the file where its form is wrong.
TensorFile read_foreign_tensor_file(const std::filesystem::path& path);

}  // namespace reverie
