// A module's parameters and buffers as named tensors, and back.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>

namespace reverie {

std::map<std::string, torch::Tensor> module_tensors(const torch::nn::Module& module);

// Copies into the module. Every parameter and buffer must be there in its shape; tensors under other names are left
// alone. Error (kind data) naming `path` otherwise.
void load_module(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& tensors,
                 const std::filesystem::path& path);

// Throws Error (kind other) that begins with `what` and names the first tensor that holds a NaN or an infinity: to be
// asked before something is saved.
void check_finite(const std::map<std::string, torch::Tensor>& tensors, const std::string& what);

}  // namespace reverie
