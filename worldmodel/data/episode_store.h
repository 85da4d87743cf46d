// Recorded episodes on disk: one immutable tensor file each, `episode-000123.safetensors`, its frames compressed (zstd)
// one by one so that any frame can be read alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// T steps. At step t the policy saw frame t and gave action t; the game answered with reward t, terminated t and frame
// t + 1.
struct RecordedEpisode {
  int height = 0, width = 0;
  std::vector<std::uint8_t> frames;      // [T + 1, height, width, 3]
  std::vector<float> actions;            // [T, action], as the game got them
  std::vector<float> rewards;            // [T]
  std::vector<std::uint8_t> terminated;  // [T]; only the last can be 1
  bool truncated = false;                // the clock ended it
  std::uint64_t seed = 0;                // of the game
  std::string policy;                    // what played: "random", "controller", ...

  int num_steps() const { return static_cast<int>(rewards.size()); }
  int action_size() const { return rewards.empty() ? 0 : static_cast<int>(actions.size() / rewards.size()); }
  std::size_t frame_size() const {
    return std::size_t{3} * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
};

std::filesystem::path episode_path(const std::filesystem::path& folder, int index);
void write_episode(const std::filesystem::path& folder, int index, const RecordedEpisode& episode);
// The bytes of its file, and back. Error (kind data) naming `path` where they are not those of an episode.
std::vector<std::byte> pack_episode(const RecordedEpisode& episode);
RecordedEpisode unpack_episode(std::span<const std::byte> bytes, const std::filesystem::path& path);

// The rewards alone, [T], with the same checks as reading the whole file.
std::vector<float> read_rewards(const std::filesystem::path& path);

// The episodes of some folders, in the order given, each folder's numbered 0, 1, 2, ... without a gap. Reading is
// const and may be done from several threads at once.
class EpisodeStore {
 public:
  static constexpr double kUsualHeldOutShare = 0.05;

  // Reads the headers: Error (kind data) naming the file that is missing, foreign, cut short or too long, or whose
  // frames or actions have other sizes than the first one's. run_seed and held_out_share, 0 to 1: decide the split. The
  // checksum of a file is
  // looked at when something is first read from it: opening a store takes no time that grows with the frames.
  EpisodeStore(const std::vector<std::filesystem::path>& folders, std::uint64_t run_seed,
               double held_out_share = kUsualHeldOutShare);

  int size() const { return static_cast<int>(entries_.size()); }
  int height() const { return height_; }
  int width() const { return width_; }
  int action_size() const { return action_size_; }
  int num_steps(int episode) const { return entry(episode).num_steps; }
  std::uint64_t seed(int episode) const { return entry(episode).seed; }
  const std::filesystem::path& path(int episode) const { return entry(episode).path; }
  const std::string& checksum(int episode) const { return entry(episode).checksum; }  // of its file, as the file says
  std::int64_t num_frames() const { return num_frames_; }                             // of all episodes

  // Both: Error (kind data) naming a file that has changed by so much as a bit since it was written.
  RecordedEpisode read(int episode) const;
  // Frame t of 0 to num_steps(), into [height, width, 3]. The first of an episode reads the whole file.
  void read_frame(int episode, int t, std::span<std::uint8_t> frame) const;

  // The split: about that share of the episodes is held out, each by its own seed. A folder of two or more episodes
  // holds out at least one and not all. What other folders hold makes no difference, so the split lasts while
  // iterations add folders.
  bool is_held_out(int episode) const { return entry(episode).held_out; }
  const std::vector<int>& train() const { return train_; }
  const std::vector<int>& held_out() const { return held_out_; }

 private:
  struct Entry {
    std::filesystem::path path;
    std::string checksum;
    int num_steps = 0;
    std::uint64_t seed = 0;
    std::uint64_t frames_offset = 0, frames_size = 0, frame_offsets_offset = 0;  // bytes in the file
    bool held_out = false;
    std::unique_ptr<std::atomic<bool>> verified = std::make_unique<std::atomic<bool>>(false);  // set by any reader
  };

  const Entry& entry(int episode) const;
  void add_folder(const std::filesystem::path& folder);
  Entry look_at(const std::filesystem::path& path);
  void split(std::span<Entry> entries, std::uint64_t run_seed, double held_out_share);

  std::vector<Entry> entries_;
  std::vector<int> train_, held_out_;
  int height_ = 0, width_ = 0, action_size_ = 0;
  std::int64_t num_frames_ = 0;
};

}  // namespace reverie
