// A module's parameters and buffers as named tensors, and back.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "worldmodel/data/tensor_file.h"

namespace reverie {

std::map<std::string, torch::Tensor> module_tensors(const torch::nn::Module& module);

// Error (kind data) naming `path` unless the file holds every parameter and buffer of the module in its shape. The
// module's values are not read: a module of shapes alone is enough.
void check_shapes(const torch::nn::Module& module, const TensorFileHeader& header, const std::filesystem::path& path);

// Copies into the module. Every parameter and buffer must be there in its shape, finite; tensors under other names are
// left alone. Error (kind data) naming `path` otherwise.
void load_module(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& tensors,
                 const std::filesystem::path& path);

// Throws Error (kind other) that begins with `what` and names the first tensor that holds a NaN or an infinity. Call it
// before anything is saved.
void check_finite(const std::map<std::string, torch::Tensor>& tensors, const std::string& what);

// The module that a weight file holds. make(std::optional<std::uint64_t> seed) makes it as a config says; without a
// seed it makes shapes alone. These are compared with the file's before the module's memory is made or the tensors are
// read, so that a stranger's config cannot ask for more than its weight file holds.
template <typename Make>
auto read_module(const std::filesystem::path& path, const std::string& kind, const Make& make) {
  check_shapes(*make(std::nullopt), read_tensor_header(path, kind), path);
  auto module = make(std::uint64_t{0});
  load_module(*module, read_tensor_file(path, kind).tensors, path);
  return module;
}

}  // namespace reverie
