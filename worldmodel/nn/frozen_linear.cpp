#include "worldmodel/nn/frozen_linear.h"

#include "env/error.h"
#include "worldmodel/nn/bfloat16_kernels.h"

namespace reverie {
namespace {

constexpr std::int64_t kFewRows = 16;  // below it the library's bfloat16 product is the slower one

}  // namespace

FrozenLinear::FrozenLinear(const torch::Tensor& weight, const torch::Tensor& bias, torch::ScalarType type)
    : type_(type), bias_(bias.defined() ? bias.detach().to(torch::kFloat32).contiguous().clone() : bias) {
  REVERIE_CHECK((type == torch::kFloat32 || type == torch::kBFloat16), ==, true);
  const torch::Tensor w = weight.detach().to(torch::kFloat32).contiguous();
  rows_ = RowMatrix(w.data_ptr<float>(), static_cast<int>(w.size(0)), static_cast<int>(w.size(1)),
                    type == torch::kFloat32 ? RowMatrix::Storage::float32 : RowMatrix::Storage::bfloat16);
  if (type != torch::kFloat32) {
    weight_ = w.to(type);
  }
}

torch::Tensor FrozenLinear::operator()(const torch::Tensor& x) const {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(x.size(1), ==, rows_.inputs());
  torch::Tensor y = torch::empty({x.size(0), rows_.outputs()});
  if (weight_.defined() && x.size(0) >= kFewRows) {
    const torch::Tensor product = torch::mm(x.to(type_), weight_);
    kernels::widen(y.size(0), y.size(1), static_cast<const std::uint16_t*>(product.data_ptr()),
                   bias_.defined() ? bias_.data_ptr<float>() : nullptr, y.data_ptr<float>());
    return y;
  }
  const torch::Tensor rows = x.to(torch::kFloat32).contiguous();
  rows_.multiply(rows.data_ptr<float>(), static_cast<int>(x.size(0)), y.data_ptr<float>());
  return bias_.defined() ? y.add_(bias_) : y;
}

}  // namespace reverie
