#include "worldmodel/nn/elementwise.h"

#include "worldmodel/nn/kernels.h"

namespace reverie::elementwise {
namespace {

using torch::Tensor;

bool wants_gradient(const Tensor& x) {
  return torch::GradMode::is_enabled() && x.requires_grad();
}

Tensor applied(kernels::Unary function, const Tensor& x) {
  Tensor result = torch::empty(x.sizes());
  result.copy_(x);
  kernels::apply(function, result.numel(), result.data_ptr<float>());
  return result;
}

}  // namespace

Tensor sigmoid(const Tensor& x) {
  return wants_gradient(x) ? torch::sigmoid(x) : applied(kernels::Unary::sigmoid, x);
}

Tensor tanh(const Tensor& x) {
  return wants_gradient(x) ? torch::tanh(x) : applied(kernels::Unary::tanh, x);
}

Tensor elu(const Tensor& x) {
  return wants_gradient(x) ? torch::elu(x) : applied(kernels::Unary::elu, x);
}

Tensor silu(const Tensor& x) {
  return wants_gradient(x) ? torch::silu(x) : applied(kernels::Unary::silu, x);
}

Tensor softplus(const Tensor& x) {
  return wants_gradient(x) ? torch::softplus(x) : applied(kernels::Unary::softplus, x);
}

Tensor interpolate(const Tensor& from, const Tensor& to, const Tensor& share) {
  if (wants_gradient(from) || wants_gradient(to) || wants_gradient(share)) {
    return torch::lerp(from, to, share);
  }
  const Tensor a = from.contiguous(), b = to.contiguous(), s = share.contiguous();
  Tensor result = torch::empty(a.sizes());
  kernels::interpolate(result.numel(), a.data_ptr<float>(), b.data_ptr<float>(), s.data_ptr<float>(),
                       result.data_ptr<float>());
  return result;
}

}  // namespace reverie::elementwise
