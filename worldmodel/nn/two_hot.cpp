#include "worldmodel/nn/two_hot.h"

#include "env/error.h"

namespace reverie {

using torch::Tensor;

Tensor symlog(const Tensor& x) {
  return torch::sign(x) * torch::log1p(torch::abs(x));
}

Tensor symexp(const Tensor& x) {
  return torch::sign(x) * torch::expm1(torch::abs(x));
}

TwoHot::TwoHot(Bins bins, int count, double limit) : on_symlog_scale_(bins == Bins::symlog) {
  REVERIE_CHECK(count % 2, ==, 1);
  // The half above 0, mirrored: sums over both cancel exactly.
  const Tensor upper = torch::arange(1, count / 2 + 1, torch::kFloat64) * (2.0 * limit / (count - 1));
  const Tensor half = (bins == Bins::symexp ? symexp(upper) : upper).to(torch::kFloat32);
  places_ = torch::cat({-half.flip(0), torch::zeros({1}), half});
}

Tensor TwoHot::encode(const Tensor& values) const {
  torch::NoGradGuard no_grad;
  const Tensor x = (on_symlog_scale_ ? symlog(values) : values)
                       .contiguous()
                       .clamp(places_[0].item<float>(), places_[-1].item<float>());
  const Tensor above = torch::searchsorted(places_, x, false, true).clamp(1, size() - 1);  // the first place beyond x
  const Tensor below = above - 1;
  const Tensor low = places_.index_select(0, below), high = places_.index_select(0, above);
  const Tensor share = (x - low) / (high - low);  // of the upper one
  Tensor coded = torch::zeros({x.size(0), size()});
  coded.scatter_(1, below.unsqueeze(1), (1.0f - share).unsqueeze(1));
  coded.scatter_(1, above.unsqueeze(1), share.unsqueeze(1));
  return coded;
}

Tensor TwoHot::value(const Tensor& logits) const {
  const Tensor weighed = torch::softmax(logits, 1) * places_;
  const std::int64_t half = size() / 2;
  // Each place with its mirror image first.
  const Tensor pairs = weighed.slice(1, 0, half) + weighed.slice(1, half + 1).flip(1);
  const Tensor mean = pairs.sum(1);
  return on_symlog_scale_ ? symexp(mean) : mean;
}

Tensor TwoHot::loss(const Tensor& logits, const Tensor& values) const {
  return -(encode(values) * torch::log_softmax(logits, 1)).sum(1);
}

}  // namespace reverie
