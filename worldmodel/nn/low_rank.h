// A small change of a module's weights (LoRA, E. Hu et al., arXiv 2106.09685): every matrix may change by left x right
// alone, of a given rank; vectors, and matrices that are no larger than the rank, may change as they like.
//
// The module computes with merged weights, as ever, and knows nothing of this: what it learns of the whole weights is
// turned into what left and right learn of it (the chain rule), and merged again after each step. That saves no
// arithmetic. It saves numbers that a few episodes must teach, and what must be kept: 16,000 of 678,000.
//
// A tensor of more than two dimensions is taken as [first, all others]: of a convolution the update is then one to
// `rank` channels and one of 1 x 1 behind it.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace reverie {

class LowRankUpdate : public torch::nn::Module {
 public:
  // The module's present weights are the base; it must outlive the update. rank 0: matrices change as they like, too.
  // parts: only weights whose name begins or ends with one of these words change; empty: all. Error (kind config) where
  // none does.
  LowRankUpdate(const torch::nn::Module& module, int rank, const std::vector<std::string>& parts, std::uint64_t seed);

  // The module's gradients become those of this one's parameters; the module keeps none.
  void take_gradients();
  void merge();  // the module's weights become base + update

  // Of the weights that changed, "NAME" whole or "NAME/left" and "NAME/right", as they are.
  std::map<std::string, torch::Tensor> tensors() const;

 private:
  struct Part {
    std::string name;
    torch::Tensor weight, base;  // the module's; as it was
    torch::Tensor whole;         // undefined where the next two are not
    torch::Tensor left, right;   // [first, rank], [rank, all others]
  };
  std::vector<Part> parts_;
  std::vector<torch::Tensor> fixed_;  // the module's other weights
};

// Adds the update that tensors() gave to its base's weights by name (module_tensors() of a module), in place. Error
// (kind data) naming `path` where a tensor does not fit.
void apply_update(const std::map<std::string, torch::Tensor>& base, const std::map<std::string, torch::Tensor>& update,
                  const std::filesystem::path& path);

}  // namespace reverie
