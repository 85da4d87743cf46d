// Tensors in messages between processes (env/message.h).
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "env/message.h"
#include "worldmodel/nn/flat.h"

namespace reverie {

// Whether no two numbers share a place in memory.
inline bool lie_apart(torch::IntArrayRef sizes, torch::IntArrayRef strides) {
  std::vector<std::pair<std::int64_t, std::int64_t>> axes;  // stride and size, of those along which one can move
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] > 1) {
      axes.emplace_back(strides[i], sizes[i]);
    }
  }
  std::sort(axes.begin(), axes.end());
  std::int64_t reach = 0;  // of the axes with smaller strides
  for (const auto& [stride, size] : axes) {
    if (stride <= reach) {
      return false;
    }
    reach += stride * (size - 1);
  }
  return true;
}

// With its strides: how numbers lie in memory can decide the order in which they are added, and so the last bit.
inline void put_tensor(MessageWriter& message, torch::Tensor tensor) {
  message.put(tensor.defined());
  if (!tensor.defined()) {
    return;
  }
  if (!lie_apart(tensor.sizes(), tensor.strides())) {
    tensor = tensor.contiguous();
  }
  message.put(static_cast<std::int8_t>(tensor.scalar_type()));
  message.put_numbers(std::span<const std::int64_t>(tensor.sizes().data(), tensor.sizes().size()));
  message.put_numbers(std::span<const std::int64_t>(tensor.strides().data(), tensor.strides().size()));
  const torch::Tensor dense = tensor.detach().contiguous();
  message.put_numbers(std::span(static_cast<const std::byte*>(dense.data_ptr()), dense.nbytes()));
}

inline torch::Tensor take_tensor(MessageReader& message) {
  constexpr std::int64_t kMost = std::int64_t{1} << 33;  // numbers
  if (!message.take<bool>()) {
    return {};
  }
  const auto type = static_cast<torch::ScalarType>(
      message.take_within<std::int8_t>("type of a tensor", 0, static_cast<std::int8_t>(torch::kBFloat16)));
  const auto sizes = message.take_numbers<std::int64_t>(), strides = message.take_numbers<std::int64_t>();
  const std::span<const std::byte> bytes = message.take_bytes();
  std::int64_t numbers = 1, reach = 1;
  bool fits = sizes.size() == strides.size() && sizes.size() <= 8;
  for (std::size_t i = 0; fits && i < sizes.size(); ++i) {
    fits = sizes[i] >= 0 && sizes[i] <= kMost && strides[i] >= 0 && strides[i] <= kMost &&
           (sizes[i] == 0 || numbers <= kMost / sizes[i]) && (sizes[i] < 2 || strides[i] <= kMost / (sizes[i] - 1));
    if (fits) {
      numbers *= sizes[i];
      reach += sizes[i] > 1 ? (sizes[i] - 1) * strides[i] : 0;
      fits = reach <= kMost;
    }
  }
  // Memory for the gaps between the numbers, too: of a batch that is cut into pieces there is a piece in each row.
  constexpr std::int64_t kGaps = 4096;
  fits = fits && lie_apart(sizes, strides);
  if (!fits || (numbers > 0 && reach > numbers * kGaps) ||
      bytes.size() != static_cast<std::size_t>(numbers) * torch::elementSize(type)) {
    message.fail(
        str("expected a tensor of ", bytes.size(), " bytes, found one of ", numbers, " numbers of type ", type));
  }
  const torch::Tensor dense = torch::empty(sizes, type);
  if (!bytes.empty()) {
    std::memcpy(dense.data_ptr(), bytes.data(), bytes.size());
  }
  if (dense.strides() == torch::IntArrayRef(strides)) {
    return dense;
  }
  return torch::empty_strided(sizes, strides, type).copy_(dense);
}

inline void put_tensors(MessageWriter& message, const std::vector<torch::Tensor>& tensors) {
  message.put(static_cast<std::uint64_t>(tensors.size()));
  for (const torch::Tensor& tensor : tensors) {
    put_tensor(message, tensor);
  }
}

inline std::vector<torch::Tensor> take_tensors(MessageReader& message) {
  std::vector<torch::Tensor> tensors;
  for (auto left = message.take<std::uint64_t>(); left > 0; --left) {
    tensors.push_back(take_tensor(message));
  }
  return tensors;
}

inline void put_named_tensors(MessageWriter& message, const std::map<std::string, torch::Tensor>& tensors) {
  message.put(static_cast<std::uint64_t>(tensors.size()));
  for (const auto& [name, tensor] : tensors) {
    message.put_text(name);
    put_tensor(message, tensor);
  }
}

inline std::map<std::string, torch::Tensor> take_named_tensors(MessageReader& message) {
  std::map<std::string, torch::Tensor> tensors;
  for (auto left = message.take<std::uint64_t>(); left > 0; --left) {
    const std::string name = message.take_text();
    tensors[name] = take_tensor(message);
  }
  return tensors;
}

// A module's parameters, which the reader has in the same shapes.
inline std::size_t weight_bytes(const torch::nn::Module& module) {
  std::size_t bytes = 0;
  for (const torch::Tensor& parameter : module.parameters()) {
    bytes += parameter.nbytes() + 16;
  }
  return bytes;
}

inline void put_weights(MessageWriter& message, const torch::nn::Module& module) {
  message.reserve(weight_bytes(module));
  for (const torch::Tensor& parameter : module.parameters()) {
    message.put_numbers(
        std::span<const float>(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel())));
  }
}

inline void take_weights(MessageReader& message, const torch::nn::Module& module) {
  for (const torch::Tensor& parameter : module.parameters()) {
    message.copy_numbers(std::span(parameter.data_ptr<float>(), static_cast<std::size_t>(parameter.numel())));
  }
}

// The gradients of a loss, in the memory order of the parameters; there may be none of some. The module keeps none.
inline void put_backward(MessageWriter& message, const torch::nn::Module& module, const torch::Tensor& loss) {
  for (torch::Tensor& parameter : module.parameters()) {
    parameter.mutable_grad() = torch::Tensor();
  }
  loss.backward();
  message.reserve(weight_bytes(module) + 4096);
  for (torch::Tensor& parameter : module.parameters()) {
    torch::Tensor& gradient = parameter.mutable_grad();
    message.put(gradient.defined());
    if (gradient.defined()) {
      const torch::Tensor along = flat(gradient, parameter);
      message.put_numbers(std::span<const float>(along.data_ptr<float>(), static_cast<std::size_t>(along.numel())));
      gradient = torch::Tensor();
    }
  }
}

inline void take_gradients(MessageReader& message, const torch::nn::Module& module) {
  torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : module.parameters()) {
    if (message.take<bool>()) {
      const torch::Tensor gradient = torch::empty_like(parameter);
      message.copy_numbers(std::span(gradient.data_ptr<float>(), static_cast<std::size_t>(gradient.numel())));
      parameter.mutable_grad() = gradient;
    }
  }
}

}  // namespace reverie
