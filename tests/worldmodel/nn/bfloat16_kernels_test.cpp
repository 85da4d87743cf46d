#include "worldmodel/nn/bfloat16_kernels.h"

#include <cmath>
#include <limits>

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

namespace {

std::uint16_t* bits(const Tensor& tensor) {
  return static_cast<std::uint16_t*>(tensor.data_ptr());
}

// Normal numbers with every special one among them.
Tensor awkward(torch::IntArrayRef shape, std::uint64_t seed) {
  const Tensor x = normal_tensor(shape, seed);
  const Tensor flat = x.view({-1});
  const float infinity = std::numeric_limits<float>::infinity();
  const float special[] = {0.0f, -0.0f, infinity, -infinity, NAN, -NAN, 1e-40f, -1e-40f};
  for (std::int64_t i = 0; i < 8; ++i) {
    flat[5 * i + 1] = special[i];
  }
  return x.to(torch::kBFloat16);
}

bool same(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(torch::kFloat32), y = b.to(torch::kFloat32);
  return torch::equal(x.isnan(), y.isnan()) && torch::equal(x.nan_to_num(7.0), y.nan_to_num(7.0));
}

}  // namespace

TEST_CASE("bfloat16 is widened, and rounded after a sum, as LibTorch does", "[worldmodel]") {
  const Tensor x = awkward({9, 37}, 1), bias = normal_tensor({37}, 2);
  Tensor wide = torch::empty({9, 37});
  kernels::widen(9, 37, bits(x), nullptr, wide.data_ptr<float>());
  CHECK(same(wide, x));
  kernels::widen(9, 37, bits(x), bias.data_ptr<float>(), wide.data_ptr<float>());
  CHECK(same(wide, x.to(torch::kFloat32) + bias));

  const Tensor narrow_bias = bias.to(torch::kBFloat16);
  Tensor ours = x.clone();
  kernels::bias_relu(9, 37, bits(narrow_bias), bits(ours));
  CHECK(same(ours, torch::relu(x + narrow_bias)));
  ours = x.clone();
  kernels::bias_relu(9, 37, nullptr, bits(ours));
  CHECK(same(ours, torch::relu(x)));
  CHECK(ours.isnan().sum().item<int>() == 2);  // of either sign
}

TEST_CASE("a product and a fold are a transposed convolution of stride 2", "[worldmodel]") {
  const int kernel = GENERATE(2, 5, 6), channels = GENERATE(1, 3);
  kernels::FoldShape shape;
  shape.pictures = 2;
  shape.side = 4;
  shape.kernel = kernel;
  shape.channels = channels;
  // Small whole numbers, so that every sum is exact.
  const Tensor x = (3.0 * normal_tensor({2, 7, 4, 4}, 1)).round(), bias = normal_tensor({channels}, 3).round();
  const Tensor weight = (2.0 * normal_tensor({7, channels, kernel, kernel}, 2)).round();
  const Tensor columns = torch::mm(x.permute({0, 2, 3, 1}).reshape({-1, 7}), weight.permute({0, 2, 3, 1}).flatten(1));
  REQUIRE(columns.abs().max().item<float>() < 256.0f);  // exact in bfloat16
  Tensor picture = torch::empty({2, shape.side_out(), shape.side_out(), channels});
  kernels::fold(shape, bits(columns.to(torch::kBFloat16).contiguous()), bias.data_ptr<float>(),
                picture.data_ptr<float>());
  CHECK(torch::equal(picture.permute({0, 3, 1, 2}), torch::conv_transpose2d(x, weight, bias, 2)));
}
