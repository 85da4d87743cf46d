#include "worldmodel/data/weights.h"

#include "env/error.h"

namespace reverie {
namespace {

template <typename Tensors>
const auto& find(const Tensors& tensors, const std::string& name, const std::filesystem::path& path) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw Error(ErrorKind::data,
                str(path.string(), ": expected a tensor '", name, "', found none: made with another config?"));
  }
  return found->second;
}

void check_shape(torch::IntArrayRef expected, torch::IntArrayRef found, const std::string& name,
                 const std::filesystem::path& path) {
  if (found != expected) {
    throw Error(ErrorKind::data, str(path.string(), ": ", name, ": expected shape ", expected, ", found ", found,
                                     ": made with another config?"));
  }
}

}  // namespace

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

void check_shapes(const torch::nn::Module& module, const TensorFileHeader& header, const std::filesystem::path& path) {
  for (const auto& [name, tensor] : module_tensors(module)) {
    check_shape(tensor.sizes(), find(header.tensors, name, path).shape, name, path);
  }
}

void load_module(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& tensors,
                 const std::filesystem::path& path) {
  torch::NoGradGuard no_grad;
  for (auto& [name, target] : module_tensors(module)) {
    const torch::Tensor& found = find(tensors, name, path);
    check_shape(target.sizes(), found.sizes(), name, path);
    check_finite(found, path, name);
    torch::Tensor(target).copy_(found);
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
