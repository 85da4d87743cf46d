#include "experiments/viewer/pictures.h"

#include "env/error.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {

Picture to_picture(std::span<const std::uint8_t> frame, int height, int width) {
  REVERIE_CHECK(frame.size(), ==, std::size_t{3} * static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  return {height, width, {frame.begin(), frame.end()}};
}

Picture to_picture(const torch::Tensor& frame) {
  const torch::Tensor bytes =
      frame[0].permute({1, 2, 0}).mul(255.0f).round().clamp(0, 255).to(torch::kUInt8).contiguous();
  return to_picture({bytes.data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())},
                    static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)));
}

torch::Tensor to_frame(const Picture& picture) {
  return frames_to_tensor(picture.pixels.data(), 1, picture.height, picture.width);
}

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.to(torch::kFloat32).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

torch::Tensor to_row(std::span<const float> values) {
  torch::Tensor row = torch::empty({1, static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), row.data_ptr<float>());
  return row;
}

}  // namespace reverie
