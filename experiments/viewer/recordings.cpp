#include "experiments/viewer/recordings.h"

#include <limits>
#include <numeric>

#include "env/error.h"

namespace reverie {

const EpisodeStore& Recordings::store() {
  if (!store_) {
    REVERIE_CHECK(size(), >, 0);
    EpisodeStore store({paths_.front().parent_path()}, run_seed_);
    if (store.height() != height_ || store.width() != width_) {
      throw Error(ErrorKind::data, str(paths_.front().string(), ": expected frames of ", height_, " x ", width_,
                                       ", found ", store.height(), " x ", store.width()));
    }
    store_.emplace(std::move(store));
  }
  return *store_;
}

void Recordings::open(int index, int frame) {
  if (index < 0 || index >= size()) {
    throw Error(ErrorKind::usage, size() == 0 ? std::string("there are no recorded episodes")
                                              : str("recording ", index, ": expected 0 to ", size() - 1));
  }
  if (index != index_) {
    episode_ = store().read(index);
    index_ = index;
  }
  if (frame < 0 || frame > episode_.num_steps()) {
    throw Error(ErrorKind::usage,
                str("recording ", index, ": expected a step from 0 to ", episode_.num_steps(), ", found ", frame));
  }
  at_ = frame;
}

std::span<const std::uint8_t> Recordings::frame() const {
  return std::span(episode_.frames)
      .subspan(static_cast<std::size_t>(at_) * episode_.frame_size(), episode_.frame_size());
}

std::span<const float> Recordings::action() const {
  const auto size = static_cast<std::size_t>(episode_.action_size());
  return std::span(episode_.actions).subspan(static_cast<std::size_t>(at_ - 1) * size, size);
}

double Recordings::episode_return() const {
  return std::accumulate(episode_.rewards.begin(), episode_.rewards.begin() + at_, 0.0);
}

Course Recordings::course() const {
  const auto count = static_cast<std::size_t>(episode_.num_steps());
  const std::vector<float> none(count, std::numeric_limits<float>::quiet_NaN());
  Course course{{}, {}, none, none, none, none, none, none, {}};
  course.action.resize(static_cast<std::size_t>(episode_.action_size()));
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += static_cast<double>(episode_.rewards[i]);
    course.reward.push_back(episode_.rewards[i]);
    course.episode_return.push_back(static_cast<float>(sum));
    for (std::size_t component = 0; component < course.action.size(); ++component) {
      course.action[component].push_back(episode_.actions[i * course.action.size() + component]);
    }
  }
  return course;
}

std::span<const float> Recordings::actions_before() const {
  return std::span(episode_.actions)
      .first(static_cast<std::size_t>(at_) * static_cast<std::size_t>(episode_.action_size()));
}

}  // namespace reverie
