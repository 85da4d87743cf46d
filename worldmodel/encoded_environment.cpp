#include "worldmodel/encoded_environment.h"

#include <algorithm>

#include "env/error.h"
#include "worldmodel/row_noise.h"
#include "worldmodel/tensor_math.h"

namespace reverie {

EncodedEnvironment::EncodedEnvironment(FrameEnvironment& game, const WorldModel& model)
    : game_(game), model_(model), spec_(game.spec()), state_(model.initial_state(game.spec().batch_size)) {
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
  noise_ = make_noise(spec_.batch_size, spec.observe_normals, 0);
  features_ = model.features(state_);
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

void EncodedEnvironment::observe(const torch::Tensor& action, const torch::Tensor& first, std::span<const int> rows) {
  torch::NoGradGuard no_grad;
  if (rows.empty()) {
    return;
  }
  for (const int row : rows) {
    fill_noise_row(noise_, row, rng_[static_cast<std::size_t>(row)]);
  }
  const WorldModelSpec& spec = model_.spec();
  // The whole batch at once, whichever rows are asked for: a row's bits depend on the batch size.
  const torch::Tensor frames =
      frames_to_tensor(game_.observation().data(), spec_.batch_size, spec.frame_height, spec.frame_width);
  ModelState seen = model_.observe(state_, action, frames, first, noise_);
  if (static_cast<int>(rows.size()) == spec_.batch_size) {
    state_ = std::move(seen);
  } else {
    scatter(state_, rows, gather(seen, rows));
  }
  features_ = model_.features(state_);
}

}  // namespace reverie
