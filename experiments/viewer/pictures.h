// Between pictures as the window has them and frames as a world model has them.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "experiments/viewer/session.h"

namespace reverie {

Picture to_picture(std::span<const std::uint8_t> frame, int height, int width);  // [height, width, 3]
Picture to_picture(const torch::Tensor& frame);                                  // [1, 3, height, width], 0 to 1
torch::Tensor to_frame(const Picture& picture);                                  // the same

std::vector<float> to_vector(const torch::Tensor& tensor);
torch::Tensor to_row(std::span<const float> values);  // [1, n]

}  // namespace reverie
