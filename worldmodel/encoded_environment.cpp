#include "worldmodel/encoded_environment.h"

#include <algorithm>
#include <utility>

#include "env/error.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

// A function that returns what observe() gives for some rows of one random batch.
std::function<torch::Tensor(std::span<const int>)> random_observing(const WorldModel& model, int batch_size) {
  const WorldModelSpec& spec = model.spec();
  Rng rng(0);
  Noise noise = make_noise(batch_size, spec.observe_normals, spec.observe_uniforms);
  for (int row = 0; row < batch_size; ++row) {
    fill_noise_row(noise, row, rng);
  }
  torch::Tensor frames = torch::empty({batch_size, 3, spec.frame_height, spec.frame_width});
  rng.fill_uniform({frames.data_ptr<float>(), static_cast<std::size_t>(frames.numel())});
  const ModelState state = model.initial_state(batch_size);
  return [&model, state, frames, noise](std::span<const int> rows) {
    const std::int64_t count = static_cast<std::int64_t>(rows.size());
    return model.features(model.observe(gather(state, rows), torch::ones({count, model.spec().action_size}),
                                        gather(frames, rows).contiguous(torch::MemoryFormat::ChannelsLast),
                                        torch::zeros({count}), gather(noise, rows)));
  };
}

}  // namespace

EncodedEnvironment::EncodedEnvironment(FrameEnvironment& game, const WorldModel& model)
    : EncodedEnvironment(game, model, try_rows(model, game.spec().batch_size)) {}

EncodedEnvironment::EncodedEnvironment(FrameEnvironment& game, const WorldModel& model, RowSubset subset)
    : game_(game),
      model_(model),
      spec_(game.spec()),
      subset_(std::move(subset)),
      state_(model.initial_state(game.spec().batch_size)) {
  REVERIE_CHECK(subset_.batch_size(), ==, spec_.batch_size);
  const WorldModelSpec& spec = model.spec();
  const std::vector<int> frame = {spec.frame_height, spec.frame_width, 3};
  if (game.spec().observation_shape != frame || game.spec().action_size() != spec.action_size) {
    throw Error(ErrorKind::data, str("the world model does not fit the game: it expects frames of ", spec.frame_height,
                                     " x ", spec.frame_width, " and ", spec.action_size, " action values, found ",
                                     game.spec().observation_shape[0], " x ", game.spec().observation_shape[1], " and ",
                                     game.spec().action_size()));
  }
  spec_.observation_shape = {spec.feature_size};
  rng_.assign(static_cast<std::size_t>(spec_.batch_size), Rng(0));
  noise_ = make_noise(spec_.batch_size, spec.observe_normals, spec.observe_uniforms);
  features_ = contiguous_features(model, state_);
}

RowSubset EncodedEnvironment::try_rows(const WorldModel& model, int batch_size) {
  return RowSubset(batch_size, random_observing(model, batch_size));
}

std::span<const float> EncodedEnvironment::observation() const {
  return {features_.data_ptr<float>(), static_cast<std::size_t>(features_.numel())};
}

void EncodedEnvironment::reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) {
  game_.reset(rows, seeds);
  torch::Tensor first = torch::zeros({spec_.batch_size});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rng_[static_cast<std::size_t>(rows[i])] = Rng(derive_seed(seeds[i], Stream::encode_noise));
    first[rows[i]] = 1.0f;
  }
  observe(torch::zeros({spec_.batch_size, spec_.action_size()}), first, rows);
}

void EncodedEnvironment::step(std::span<const float> action) {
  REVERIE_CHECK(action.size(), ==, static_cast<std::size_t>(spec_.batch_size) * spec_.action_low.size());
  torch::Tensor act = torch::empty({spec_.batch_size, spec_.action_size()});
  std::copy(action.begin(), action.end(), act.data_ptr<float>());
  std::vector<int> rows;  // those that take this step
  for (int row = 0; row < spec_.batch_size; ++row) {
    if (live(row)) {
      rows.push_back(row);
    } else {
      act[row].zero_();
    }
  }
  game_.step(action);
  observe(act, torch::zeros({spec_.batch_size}), rows);
}

EncodedEnvironment::Memory EncodedEnvironment::memory() const {
  Memory memory{{}, rng_};
  for (const torch::Tensor& part : state_.parts) {
    memory.state.parts.push_back(part.clone());
  }
  return memory;
}

void EncodedEnvironment::restore(const Memory& memory) {
  REVERIE_CHECK(memory.rng.size(), ==, rng_.size());
  REVERIE_CHECK(memory.state.parts.size(), ==, state_.parts.size());
  for (std::size_t part = 0; part < state_.parts.size(); ++part) {
    state_.parts[part] = memory.state.parts[part].clone();
  }
  rng_ = memory.rng;
  features_ = contiguous_features(model_, state_);
}

void EncodedEnvironment::observe(const torch::Tensor& action, const torch::Tensor& first, std::span<const int> rows) {
  torch::NoGradGuard no_grad;
  if (rows.empty()) {
    return;
  }
  for (const int row : rows) {
    fill_noise_row(noise_, row, rng_[static_cast<std::size_t>(row)]);
  }
  const WorldModelSpec& spec = model_.spec();
  const int batch = spec_.batch_size;
  const auto to_frames = [&spec](const std::uint8_t* bytes, std::size_t count) {
    return frames_to_tensor(bytes, static_cast<std::int64_t>(count), spec.frame_height, spec.frame_width);
  };
  const std::vector<int> computed = subset_.covering(rows);
  if (static_cast<int>(computed.size()) == batch) {
    ModelState seen =
        model_.observe(state_, action, to_frames(game_.observation().data(), computed.size()), first, noise_);
    if (static_cast<int>(rows.size()) == batch) {
      state_ = std::move(seen);
    } else {
      scatter(state_, rows, gather(seen, rows));
    }
  } else {
    const std::size_t frame_size = static_cast<std::size_t>(game_.spec().observation_size());
    std::vector<std::uint8_t> bytes;
    for (const int row : computed) {
      const auto frame = game_.observation().subspan(static_cast<std::size_t>(row) * frame_size, frame_size);
      bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    ModelState seen =
        model_.observe(gather(state_, computed), gather(action, computed), to_frames(bytes.data(), computed.size()),
                       gather(first, computed), gather(noise_, computed));
    for (torch::Tensor& part : seen.parts) {
      part = part.slice(0, 0, static_cast<std::int64_t>(rows.size()));
    }
    scatter(state_, rows, seen);
  }
  features_ = contiguous_features(model_, state_);
}

}  // namespace reverie
