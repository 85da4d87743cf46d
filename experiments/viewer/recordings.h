// Recorded episodes, one frame after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "experiments/viewer/course.h"
#include "worldmodel/data/episode_store.h"

namespace reverie {

class Recordings {
 public:
  // The files of one folder, in order, with frames of height x width. Nothing is read yet.
  Recordings(std::vector<std::filesystem::path> paths, std::uint64_t run_seed, int height, int width)
      : paths_(std::move(paths)), run_seed_(run_seed), height_(height), width_(width) {}

  const std::vector<std::filesystem::path>& paths() const { return paths_; }
  int size() const { return static_cast<int>(paths_.size()); }

  // Opens an episode at one of its frames, 0 to num_steps(). The first call reads the headers of all files, and an
  // episode is verified as it is opened. Error (kind usage) where there is no such episode, (kind data) where a file is
  // damaged.
  void open(int index, int frame);

  // Of the open one.
  int index() const { return index_; }  // -1: none is open
  int at() const { return at_; }
  void advance() { ++at_; }
  const RecordedEpisode& episode() const { return episode_; }
  bool at_end() const { return at_ >= episode_.num_steps(); }
  std::span<const std::uint8_t> frame() const;
  std::span<const float> action() const;  // that led to this frame; not at frame 0, as the next
  float reward() const { return episode_.rewards[static_cast<std::size_t>(at_ - 1)]; }
  bool terminated() const { return at_ > 0 && episode_.terminated[static_cast<std::size_t>(at_ - 1)] != 0; }
  double episode_return() const;                  // up to this frame
  Course course() const;                          // of the whole episode
  std::span<const float> actions_before() const;  // [at, action]

  const EpisodeStore& store();  // opens it

 private:
  std::vector<std::filesystem::path> paths_;
  std::uint64_t run_seed_;
  int height_, width_;
  std::optional<EpisodeStore> store_;
  RecordedEpisode episode_;
  int index_ = -1, at_ = 0;
};

}  // namespace reverie
