#include "worldmodel/nn/low_rank.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr const char* kLeft = "/left";
constexpr const char* kRight = "/right";

// [first, all others].
Tensor as_matrix(const Tensor& tensor) {
  return tensor.contiguous().view({tensor.size(0), -1});
}

// LibTorch allows no dots in the names of a module's own parameters.
std::string flat_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', ':');
  return name;
}

bool is_part(const std::string& name, const std::vector<std::string>& words) {
  return words.empty() || std::any_of(words.begin(), words.end(), [&](const std::string& word) {
           return name.starts_with(word) || name.ends_with(word);
         });
}

}  // namespace

LowRankUpdate::LowRankUpdate(const torch::nn::Module& module, int rank, const std::vector<std::string>& parts,
                             std::uint64_t seed) {
  torch::NoGradGuard no_grad;
  Rng rng(seed);
  for (const auto& parameter : module.named_parameters()) {
    const Tensor weight = parameter.value();
    if (!weight.requires_grad() || !is_part(parameter.key(), parts)) {
      fixed_.push_back(weight);
      continue;
    }
    Part part{parameter.key(), weight, weight.detach().clone(), {}, {}, {}};
    const std::int64_t first = weight.size(0), others = weight.numel() / first;
    if (rank == 0 || weight.dim() < 2 || rank >= std::min(first, others)) {
      part.whole = register_parameter(flat_name(part.name), part.base.clone());
    } else {
      Tensor left = torch::empty({first, rank});
      rng.fill_uniform({left.data_ptr<float>(), static_cast<std::size_t>(left.numel())});
      left.mul_(2.0).sub_(1.0).div_(std::sqrt(static_cast<double>(first)));
      part.left = register_parameter(flat_name(part.name) + kLeft, left);
      part.right = register_parameter(flat_name(part.name) + kRight, torch::zeros({rank, others}));
    }
    parts_.push_back(part);
  }
  if (parts_.empty()) {
    std::string names;
    for (const auto& parameter : module.named_parameters()) {
      names += (names.empty() ? "" : ", ") + parameter.key();
    }
    throw Error(ErrorKind::config,
                str("parts: expected words of the names of weights (", names, "), found none of them"));
  }
}

void LowRankUpdate::take_gradients() {
  torch::NoGradGuard no_grad;
  for (Tensor& weight : fixed_) {
    weight.mutable_grad() = Tensor();
  }
  for (Part& part : parts_) {
    Tensor& gradient = part.weight.mutable_grad();
    if (gradient.defined()) {
      if (part.whole.defined()) {
        part.whole.mutable_grad() = gradient.clone();
      } else {
        const Tensor of_matrix = as_matrix(gradient);
        part.left.mutable_grad() = torch::mm(of_matrix, part.right.t());
        part.right.mutable_grad() = torch::mm(part.left.t(), of_matrix);
      }
    }
    gradient = Tensor();
  }
}

void LowRankUpdate::merge() {
  torch::NoGradGuard no_grad;
  for (Part& part : parts_) {
    if (part.whole.defined()) {
      part.weight.copy_(part.whole);
    } else {
      part.weight.copy_(part.base + torch::mm(part.left, part.right).view(part.base.sizes()));
    }
  }
}

std::map<std::string, Tensor> LowRankUpdate::tensors() const {
  std::map<std::string, Tensor> result;
  for (const Part& part : parts_) {
    if (part.whole.defined()) {
      result[part.name] = part.whole.detach();
    } else {
      result[part.name + kLeft] = part.left.detach();
      result[part.name + kRight] = part.right.detach();
    }
  }
  return result;
}

void apply_update(const std::map<std::string, Tensor>& base, const std::map<std::string, Tensor>& update,
                  const std::filesystem::path& path) {
  torch::NoGradGuard no_grad;
  const auto refuse = [&](const std::string& name, const std::string& what) {
    throw Error(ErrorKind::data, str(path.string(), ": ", name, ": expected ", what, ": an update of other weights?"));
  };
  for (const auto& [name, tensor] : update) {
    const std::size_t slash = name.find('/');
    const std::string of = name.substr(0, slash);
    const auto found = base.find(of);
    if (found == base.end()) {
      refuse(of, "a weight of that name, found none");
    }
    Tensor weight = found->second;
    if (slash == std::string::npos) {
      if (tensor.sizes() != weight.sizes()) {
        refuse(name, str("shape ", weight.sizes(), ", found ", tensor.sizes()));
      }
      weight.copy_(tensor);
      continue;
    }
    const auto left = update.find(of + kLeft), right = update.find(of + kRight);
    if (left == update.end() || right == update.end()) {
      refuse(of, "left and right, found one alone");
    }
    if (name.ends_with(kRight)) {
      continue;  // with left
    }
    const Tensor a = left->second.to(torch::kFloat32), b = right->second.to(torch::kFloat32);
    if (a.dim() != 2 || b.dim() != 2 || a.size(1) != b.size(0) || a.size(0) != weight.size(0) ||
        a.size(0) * b.size(1) != weight.numel()) {
      refuse(of, str("a product of shape ", weight.sizes(), ", found ", a.sizes(), " and ", b.sizes()));
    }
    weight.copy_(weight.to(torch::kFloat32) + torch::mm(a, b).view(weight.sizes()));
  }
}

}  // namespace reverie
