#include "worldmodel/weights.h"

#include "env/error.h"

namespace reverie {

std::map<std::string, torch::Tensor> module_tensors(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& parameter : module.named_parameters()) {
    tensors[parameter.key()] = parameter.value().detach();
  }
  for (const auto& buffer : module.named_buffers()) {
    tensors[buffer.key()] = buffer.value();
  }
  return tensors;
}

void load_module(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& tensors,
                 const std::filesystem::path& path) {
  torch::NoGradGuard no_grad;
  for (auto& [name, target] : module_tensors(module)) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      throw Error(ErrorKind::data,
                  str(path.string(), ": expected a tensor '", name, "', found none: made with another config?"));
    }
    if (found->second.sizes() != target.sizes()) {
      throw Error(ErrorKind::data, str(path.string(), ": ", name, ": expected shape ", target.sizes(), ", found ",
                                       found->second.sizes(), ": made with another config?"));
    }
    if (!found->second.to(torch::kFloat32).isfinite().all().item<bool>()) {
      throw Error(ErrorKind::data, str(path.string(), ": ", name, ": expected finite values, found NaN or infinity"));
    }
    torch::Tensor(target).copy_(found->second);
  }
}

void check_finite(const std::map<std::string, torch::Tensor>& tensors, const std::string& what) {
  for (const auto& [name, tensor] : tensors) {
    if (!torch::isfinite(tensor).all().item<bool>()) {
      throw Error(ErrorKind::other, str(what, ": ", name, ": expected finite numbers, found NaN or infinity"));
    }
  }
}

}  // namespace reverie
