#include "worldmodel/data/episode_store.h"

#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <system_error>

#include "env/atomic_file.h"
#include "env/error.h"
#include "env/memory_files.h"
#include "env/random.h"
#include "worldmodel/data/tensor_file.h"

namespace reverie {
namespace {

constexpr const char* kKind = "episode/1";
constexpr int kCompressionLevel = 3;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::data, str(path.string(), ": ", what));
}

template <typename Value>
torch::Tensor tensor_of(const std::vector<Value>& values, std::vector<std::int64_t> shape, torch::ScalarType dtype) {
  torch::Tensor tensor = torch::empty(shape, dtype);
  REVERIE_CHECK(tensor.nbytes(), ==, values.size() * sizeof(Value));
  if (!values.empty()) {
    std::memcpy(tensor.data_ptr(), values.data(), tensor.nbytes());
  }
  return tensor;
}

template <typename Value>
std::vector<Value> values_of(const torch::Tensor& tensor) {
  const Value* data = static_cast<const Value*>(tensor.data_ptr());
  return std::vector<Value>(data, data + tensor.numel());
}

std::vector<float> finite_values(const TensorFile& file, const std::filesystem::path& path, const char* name,
                                 const std::vector<std::int64_t>& shape) {
  const torch::Tensor tensor = take_tensor(file, path, name, torch::kFloat32, shape);
  check_finite(tensor, path, name);
  return values_of<float>(tensor);
}

void decompress_frame(std::span<const std::uint8_t> compressed, std::span<std::uint8_t> frame,
                      const std::filesystem::path& path) {
  // A zstd context is large and slow to make, so each thread keeps one.
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  const std::size_t size =
      ZSTD_decompressDCtx(context.get(), frame.data(), frame.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(size) != 0 || size != frame.size()) {
    fail(path, str("expected a frame that unpacks to ", frame.size(), " bytes"));
  }
}

int side_in(const std::map<std::string, std::string>& metadata, const std::filesystem::path& path, const char* key) {
  constexpr int kMaxSide = 4096;
  const int side = take_number<int>(metadata, path, key);
  if (side < 1 || side > kMaxSide) {
    fail(path, str("metadata '", key, "': expected 1 to ", kMaxSide, ", found ", side));
  }
  return side;
}

// The entry for tensor `name`, which must have the given type and number of axes.
const TensorEntry& find_tensor(const TensorFileHeader& header, const std::filesystem::path& path, const char* name,
                               torch::ScalarType dtype, std::size_t num_axes) {
  const auto found = header.tensors.find(name);
  if (found == header.tensors.end() || found->second.dtype != dtype || found->second.shape.size() != num_axes) {
    fail(path, str("expected a tensor '", name, "' of ", num_axes, " axes and type ", dtype));
  }
  return found->second;
}

// The values of a tensor of float32 straight from the file, for check_finite alone; `entry` as the header says.
void check_finite_in_file(const std::filesystem::path& path, const char* name, const TensorEntry& entry) {
  const torch::Tensor tensor = torch::empty(entry.shape, torch::kFloat32);
  read_exactly(open_to_read(path), path, entry.offset, {static_cast<std::byte*>(tensor.data_ptr()), entry.size});
  check_finite(tensor, path, name);
}

}  // namespace

std::filesystem::path episode_path(const std::filesystem::path& folder, int index) {
  REVERIE_CHECK(index, >=, 0);
  REVERIE_CHECK(index, <=, 999999);
  char name[48];
  std::snprintf(name, sizeof name, "episode-%06d.safetensors", index);
  return folder / name;
}

namespace {

// Just as episode_path() names them: "episode-000001.sync-conflict.safetensors" is some other program's.
bool is_episode_name(const std::string& name) {
  constexpr std::string_view kBegin = "episode-", kEnd = ".safetensors";
  constexpr std::size_t kDigits = 6;
  return name.size() == kBegin.size() + kDigits + kEnd.size() && name.starts_with(kBegin) && name.ends_with(kEnd) &&
         std::all_of(name.begin() + kBegin.size(), name.end() - kEnd.size(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<std::byte> pack_episode(const RecordedEpisode& episode) {
  const std::size_t num_frames = episode.rewards.size() + 1;
  REVERIE_CHECK(episode.num_steps(), >=, 1);
  REVERIE_CHECK(episode.frames.size(), ==, num_frames * episode.frame_size());
  REVERIE_CHECK(episode.actions.size() % episode.rewards.size(), ==, 0u);
  REVERIE_CHECK(episode.terminated.size(), ==, episode.rewards.size());

  std::vector<std::uint8_t> frames(num_frames * ZSTD_compressBound(episode.frame_size()));
  std::vector<std::int64_t> offsets = {0};
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  std::size_t used = 0;
  for (std::size_t t = 0; t < num_frames; ++t) {
    const std::size_t size =
        ZSTD_compressCCtx(context.get(), frames.data() + used, frames.size() - used,
                          episode.frames.data() + t * episode.frame_size(), episode.frame_size(), kCompressionLevel);
    REVERIE_CHECK(ZSTD_isError(size), ==, 0u);
    used += size;
    offsets.push_back(static_cast<std::int64_t>(used));
  }
  frames.resize(used);

  const std::int64_t steps = episode.num_steps();
  TensorFile file;
  file.tensors["frames"] = tensor_of(frames, {static_cast<std::int64_t>(used)}, torch::kUInt8);
  file.tensors["frame_offsets"] = tensor_of(offsets, {steps + 2}, torch::kInt64);
  file.tensors["actions"] = tensor_of(episode.actions, {steps, episode.action_size()}, torch::kFloat32);
  file.tensors["rewards"] = tensor_of(episode.rewards, {steps}, torch::kFloat32);
  file.tensors["terminated"] = tensor_of(episode.terminated, {steps}, torch::kUInt8);
  file.metadata = {{"height", str(episode.height)},
                   {"width", str(episode.width)},
                   {"truncated", episode.truncated ? "1" : "0"},
                   {"seed", str(episode.seed)},
                   {"policy", episode.policy}};
  return tensor_file_bytes(kKind, file);
}

void write_episode(const std::filesystem::path& folder, int index, const RecordedEpisode& episode) {
  write_file_atomically(episode_path(folder, index), pack_episode(episode));
}

std::vector<float> read_rewards(const std::filesystem::path& path) {
  return finite_values(read_tensor_file(path, kKind), path, "rewards", {-1});
}

EpisodeStore::EpisodeStore(const std::vector<std::filesystem::path>& folders, std::uint64_t run_seed,
                           double held_out_share) {
  for (const std::filesystem::path& folder : folders) {
    const std::size_t first = entries_.size();
    add_folder(folder);
    split(std::span(entries_).subspan(first), run_seed, held_out_share);
  }
  for (int i = 0; i < size(); ++i) {
    (is_held_out(i) ? held_out_ : train_).push_back(i);
  }
}

void EpisodeStore::add_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::directory_iterator files(folder, error);
  if (error) {
    fail(folder, "cannot be read: " + error.message());
  }
  std::set<std::string> names;
  for (const auto& file : files) {
    const std::string name = file.path().filename().string();
    if (is_episode_name(name)) {
      names.insert(name);
    }
  }
  if (names.empty()) {
    fail(folder, "holds no episodes");
  }
  int index = 0;
  for (const std::string& name : names) {
    const std::filesystem::path path = episode_path(folder, index++);
    if (path.filename() != name) {
      fail(path, "is missing: the next one is " + name);
    }
    entries_.push_back(look_at(path));
  }
}

EpisodeStore::Entry EpisodeStore::look_at(const std::filesystem::path& path) {
  const TensorFileHeader header = read_tensor_header(path, kKind);
  Entry entry;
  entry.path = path;
  entry.checksum = take_metadata(header.metadata, path, "checksum");
  entry.seed = take_number<std::uint64_t>(header.metadata, path, "seed");
  const int height = side_in(header.metadata, path, "height"), width = side_in(header.metadata, path, "width");
  const TensorEntry& frames = find_tensor(header, path, "frames", torch::kUInt8, 1);
  const TensorEntry& offsets = find_tensor(header, path, "frame_offsets", torch::kInt64, 1);
  const TensorEntry& actions = find_tensor(header, path, "actions", torch::kFloat32, 2);
  const TensorEntry& rewards = find_tensor(header, path, "rewards", torch::kFloat32, 1);
  const TensorEntry& terminated = find_tensor(header, path, "terminated", torch::kUInt8, 1);
  const std::int64_t steps = rewards.shape[0];
  if (steps < 1 || steps > (1 << 30) || actions.shape[0] != steps || terminated.shape[0] != steps ||
      offsets.shape[0] != steps + 2 || actions.shape[1] > (1 << 16)) {
    fail(path, str("its tensors disagree: ", steps, " rewards, ", actions.shape[0], " actions, ", terminated.shape[0],
                   " terminated flags, ", offsets.shape[0] - 1, " frames"));
  }
  check_finite_in_file(path, "actions", actions);
  check_finite_in_file(path, "rewards", rewards);
  const int action_size = static_cast<int>(actions.shape[1]);
  if (entries_.empty()) {
    height_ = height;
    width_ = width;
    action_size_ = action_size;
  }
  if (height != height_ || width != width_ || action_size != action_size_) {
    fail(path, str("expected frames of ", height_, " x ", width_, " and ", action_size_, " action values as in ",
                   entries_.front().path.string(), ", found ", height, " x ", width, " and ", action_size));
  }
  entry.num_steps = static_cast<int>(steps);
  entry.frames_offset = frames.offset;
  entry.frames_size = frames.size;
  entry.frame_offsets_offset = offsets.offset;
  num_frames_ += steps + 1;
  return entry;
}

void EpisodeStore::split(std::span<Entry> entries, std::uint64_t run_seed, double held_out_share) {
  const auto draw = [run_seed](const Entry& entry) { return derive_seed(run_seed, Stream::split, entry.seed); };
  const auto by_draw = [&draw](const Entry& left, const Entry& right) { return draw(left) < draw(right); };
  for (Entry& entry : entries) {
    entry.held_out = static_cast<double>(draw(entry)) < held_out_share * 0x1p64;
  }
  if (entries.size() >= 2) {
    const auto [lowest, highest] = std::minmax_element(entries.begin(), entries.end(), by_draw);
    lowest->held_out = true;
    highest->held_out = false;
  } else if (entries.size() == 1) {
    entries[0].held_out = false;
  }
}

const EpisodeStore::Entry& EpisodeStore::entry(int episode) const {
  REVERIE_CHECK(episode, >=, 0);
  REVERIE_CHECK(episode, <, size());
  return entries_[static_cast<std::size_t>(episode)];
}

namespace {

// The sizes are those that the file must have.
RecordedEpisode read_episode(const std::filesystem::path& path, int height, int width, std::int64_t steps,
                             std::int64_t action_size) {
  const TensorFile file = read_tensor_file(path, kKind);
  RecordedEpisode episode;
  episode.height = height;
  episode.width = width;
  episode.seed = take_number<std::uint64_t>(file.metadata, path, "seed");
  episode.actions = finite_values(file, path, "actions", {steps, action_size});
  episode.rewards = finite_values(file, path, "rewards", {steps});
  episode.terminated = values_of<std::uint8_t>(take_tensor(file, path, "terminated", torch::kUInt8, {steps}));
  const auto truncated = file.metadata.find("truncated"), policy = file.metadata.find("policy");
  episode.truncated = truncated != file.metadata.end() && truncated->second == "1";
  episode.policy = policy == file.metadata.end() ? "" : policy->second;

  const torch::Tensor compressed = take_tensor(file, path, "frames", torch::kUInt8, {-1});
  const auto offsets = values_of<std::int64_t>(take_tensor(file, path, "frame_offsets", torch::kInt64, {steps + 2}));
  episode.frames.resize(static_cast<std::size_t>(steps + 1) * episode.frame_size());
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t) {
    if (offsets[t] < 0 || offsets[t] > offsets[t + 1] || offsets[t + 1] > compressed.numel()) {
      fail(path, str("frame ", t, " does not lie within the file"));
    }
    decompress_frame(
        {compressed.data_ptr<std::uint8_t>() + offsets[t], static_cast<std::size_t>(offsets[t + 1] - offsets[t])},
        std::span(episode.frames).subspan(t * episode.frame_size(), episode.frame_size()), path);
  }
  return episode;
}

}  // namespace

RecordedEpisode EpisodeStore::read(int index) const {
  const Entry& found = entry(index);
  RecordedEpisode episode = read_episode(found.path, height_, width_, found.num_steps, action_size_);
  *found.verified = true;
  return episode;
}

RecordedEpisode unpack_episode(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  const MemoryFile file(path, bytes);
  const TensorFileHeader header = read_tensor_header(path, kKind);
  const std::vector<std::int64_t>& actions = find_tensor(header, path, "actions", torch::kFloat32, 2).shape;
  return read_episode(path, side_in(header.metadata, path, "height"), side_in(header.metadata, path, "width"),
                      actions[0], actions[1]);
}

void EpisodeStore::read_frame(int episode, int t, std::span<std::uint8_t> frame) const {
  const Entry& found = entry(episode);
  REVERIE_CHECK(t, >=, 0);
  REVERIE_CHECK(t, <=, found.num_steps);
  REVERIE_CHECK(frame.size(), ==,
                std::size_t{3} * static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_));
  if (!*found.verified) {  // two threads may both do it, to no harm
    verify_tensor_file(found.path, kKind);
    *found.verified = true;
  }
  const FileDescriptor file = open_to_read(found.path);
  std::uint64_t ends[2];
  read_exactly(file, found.path, found.frame_offsets_offset + sizeof ends[0] * static_cast<std::uint64_t>(t),
               std::as_writable_bytes(std::span(ends)));
  if (ends[0] > ends[1] || ends[1] > found.frames_size) {
    fail(found.path, str("frame ", t, " does not lie within the file"));
  }
  thread_local std::vector<std::uint8_t> compressed;
  compressed.resize(ends[1] - ends[0]);
  read_exactly(file, found.path, found.frames_offset + ends[0], std::as_writable_bytes(std::span(compressed)));
  decompress_frame(compressed, frame, found.path);
}

}  // namespace reverie
