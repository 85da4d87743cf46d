#include "worldmodel/data/episode_store.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <thread>

#include "env/atomic_file.h"
#include "env/error.h"
#include "env/random.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "worldmodel/data/tensor_file.h"

using namespace reverie;

namespace {

constexpr int kHeight = 16, kWidth = 12, kActions = 2;

RecordedEpisode sample(std::uint64_t seed, int steps) {
  RecordedEpisode episode;
  episode.height = kHeight;
  episode.width = kWidth;
  episode.seed = seed;
  episode.policy = "random";
  episode.truncated = seed % 2 == 0;
  episode.terminated.assign(static_cast<std::size_t>(steps), 0);
  episode.terminated.back() = seed % 2 == 0 ? 0 : 1;
  episode.rewards.resize(static_cast<std::size_t>(steps));
  episode.actions.resize(static_cast<std::size_t>(steps * kActions));
  Rng rng(seed);
  rng.fill_normal(episode.rewards);
  rng.fill_uniform(episode.actions);
  episode.frames.resize(static_cast<std::size_t>(steps + 1) * episode.frame_size());
  for (std::size_t i = 0; i < episode.frames.size(); ++i) {
    episode.frames[i] = static_cast<std::uint8_t>(i / 40 + i / episode.frame_size() * 7 + seed);
  }
  return episode;
}

std::filesystem::path make_folder(const TemporaryFolder& parent, const std::string& name, std::uint64_t first_seed,
                                  int count, int steps = 3) {
  const std::filesystem::path folder = parent / name;
  std::filesystem::create_directory(folder);
  for (int i = 0; i < count; ++i) {
    write_episode(folder, i, sample(first_seed + static_cast<std::uint64_t>(i), steps));
  }
  return folder;
}

std::string refusal(const std::filesystem::path& folder) {
  return message_of<Error>([&folder] { EpisodeStore({folder}, 1); });
}

}  // namespace

TEST_CASE("an episode comes back as it was recorded", "[worldmodel]") {
  const TemporaryFolder folder;
  write_episode(folder.path(), 0, sample(18446744073709551615u, 1));
  write_episode(folder.path(), 1, sample(4, 9));
  const EpisodeStore store({folder.path()}, 1);
  REQUIRE(store.size() == 2);
  CHECK(store.num_frames() == 2 + 10);
  CHECK(store.height() == kHeight);
  CHECK(store.width() == kWidth);
  CHECK(store.action_size() == kActions);
  for (const int i : {0, 1}) {
    const RecordedEpisode written = i == 0 ? sample(18446744073709551615u, 1) : sample(4, 9);
    const RecordedEpisode read = store.read(i);
    CHECK(store.num_steps(i) == written.num_steps());
    CHECK(store.seed(i) == written.seed);
    CHECK(read.height == written.height);
    CHECK(read.width == written.width);
    CHECK(read.frames == written.frames);
    CHECK(read.actions == written.actions);
    CHECK(read.rewards == written.rewards);
    CHECK(read.terminated == written.terminated);
    CHECK(read.truncated == written.truncated);
    CHECK(read.seed == written.seed);
    CHECK(read.policy == written.policy);
  }
}

TEST_CASE("each frame read alone, from several threads, is that of its episode", "[worldmodel]") {
  const TemporaryFolder parent;
  const EpisodeStore store({make_folder(parent, "a", 1, 3, 20)}, 1);
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < wrong.size(); ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < store.size(); ++i) {
        const RecordedEpisode expected = sample(store.seed(i), 20);
        std::vector<std::uint8_t> frame(expected.frame_size());
        for (int t = 20; t >= 0; --t) {
          store.read_frame(i, t, frame);
          const auto* at = expected.frames.data() + static_cast<std::size_t>(t) * frame.size();
          wrong[worker] += std::equal(frame.begin(), frame.end(), at) ? 0 : 1;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("a frame of few colours takes a small part of its bytes", "[worldmodel]") {
  const TemporaryFolder folder;
  RecordedEpisode episode;
  episode.height = episode.width = 64;
  episode.rewards = {1, 2, 3};
  episode.actions = {0, 0, 0};
  episode.terminated = {0, 0, 1};
  for (int t = 0; t <= 3; ++t) {
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const std::uint8_t grey = (x - 20 - t) * (x - 20 - t) + (y - 30) * (y - 30) < 150 ? 200 : 90;
        episode.frames.insert(episode.frames.end(), {grey, 160, 60});
      }
    }
  }
  write_episode(folder.path(), 0, episode);
  CHECK(std::filesystem::file_size(episode_path(folder.path(), 0)) < episode.frames.size() / 20);
}

TEST_CASE("the split holds out about one in twenty, at least one and not all of a folder", "[worldmodel]") {
  const TemporaryFolder parent;
  const EpisodeStore many({make_folder(parent, "many", 1000, 120, 1)}, 7);
  CHECK(many.held_out().size() >= 2);
  CHECK(many.held_out().size() <= 14);
  CHECK(many.held_out().size() + many.train().size() == 120);
  for (const int i : many.held_out()) {
    CHECK(many.is_held_out(i));
  }
  for (const int i : many.train()) {
    CHECK(!many.is_held_out(i));
  }
  const auto two = make_folder(parent, "two", 1, 2), one = make_folder(parent, "one", 1, 1);
  for (std::uint64_t run_seed = 0; run_seed < 60; ++run_seed) {
    const EpisodeStore pair({two}, run_seed);
    CHECK(pair.held_out().size() == 1);
    const EpisodeStore single({one}, run_seed);
    CHECK(single.held_out().empty());
  }
}

TEST_CASE("the split of a folder lasts when folders are added, and changes with the run's seed", "[worldmodel]") {
  const TemporaryFolder parent;
  const auto first = make_folder(parent, "first", 1, 40), second = make_folder(parent, "second", 100, 40);
  const EpisodeStore alone({first}, 3), both({first, second}, 3), other({first}, 4);
  REQUIRE(both.size() == 80);
  int same = 0;
  for (int i = 0; i < alone.size(); ++i) {
    CHECK(alone.is_held_out(i) == both.is_held_out(i));
    same += alone.is_held_out(i) == other.is_held_out(i) ? 1 : 0;
  }
  CHECK(same < 40);
  CHECK(both.seed(40) == 100);
}

TEST_CASE("folders that hold no episodes or miss one are refused", "[worldmodel]") {
  const TemporaryFolder parent;
  CHECK(refusal(parent.path()) == parent.path().string() + ": holds no episodes");
  CHECK(refusal(parent / "none") == (parent / "none").string() + ": cannot be read: No such file or directory");
  const auto folder = make_folder(parent, "a", 1, 4);
  std::filesystem::remove(episode_path(folder, 2));
  CHECK(refusal(folder) ==
        episode_path(folder, 2).string() + ": is missing: the next one is episode-000003.safetensors");
}

TEST_CASE("files of other programs among the episodes are none", "[worldmodel]") {
  const TemporaryFolder parent;
  const auto folder = make_folder(parent, "a", 1, 3);
  for (const char* name : {"episode-000001.sync-conflict-20260101-000000-ABCDEFG.safetensors",
                           "episode-000001 (copy).safetensors", "episode-1.safetensors", "episode-00000x.safetensors",
                           "episode-0000001.safetensors", "episode-000001.safetensors~", ".DS_Store"}) {
    write_plainly(folder / name, "not ours");
  }
  CHECK(EpisodeStore({folder}, 7).size() == 3);
}

TEST_CASE("a damaged, foreign or different episode is refused by name", "[worldmodel]") {
  const TemporaryFolder parent;
  const auto folder = make_folder(parent, "a", 1, 3);
  const auto path = episode_path(folder, 1);

  const std::string bytes = read_file(path);
  write_file_atomically(path, bytes.substr(0, bytes.size() - 1));
  CHECK(refusal(folder).starts_with(path.string() + ": cut short: expected "));

  write_file_atomically(path, "not an episode at all");
  CHECK(refusal(folder).starts_with(path.string() + ": not a safetensors file"));

  TensorFile weights;
  weights.tensors["w"] = torch::ones({3});
  write_tensor_file(path, "vae/1", weights);
  CHECK(refusal(folder) == path.string() + ": expected a file of kind episode/1, found vae/1");

  write_tensor_file(path, "episode/1", weights);
  CHECK(refusal(folder) == path.string() + ": metadata 'seed': expected a whole number, found ''");

  weights.metadata = {{"seed", "1"}, {"height", "16"}, {"width", "12"}};
  write_tensor_file(path, "episode/1", weights);
  CHECK(refusal(folder) == path.string() + ": expected a tensor 'frames' of 1 axes and type Byte");

  RecordedEpisode wide = sample(1, 3);
  std::swap(wide.height, wide.width);
  write_episode(folder, 1, wide);
  CHECK(refusal(folder) == path.string() + ": expected frames of 16 x 12 and 2 action values as in " +
                               episode_path(folder, 0).string() + ", found 12 x 16 and 2");
}

TEST_CASE("an episode that changed by a bit is refused whenever it is read, and hinders no other", "[worldmodel]") {
  const TemporaryFolder parent;
  const auto folder = make_folder(parent, "a", 1, 3);
  const auto path = episode_path(folder, 1);
  const std::string whole = read_file(path);
  const std::size_t seed = whole.find("\"seed\":\"2\"");
  REQUIRE(seed != std::string::npos);
  std::uint64_t header = 0;
  std::memcpy(&header, whole.data(), sizeof header);
  for (const std::size_t at : {seed + 8, whole.size() - 9, 8 + header + 40}) {  // in the header, in bytes, in numbers
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    write_file_atomically(path, bytes);
    const EpisodeStore store({folder}, 1);
    std::vector<std::uint8_t> frame(sample(1, 3).frame_size());
    const std::string damaged = path.string() + ": damaged: its checksum is ";
    std::vector<std::string> said(3);
    std::vector<std::thread> threads;
    for (std::string& words : said) {
      threads.emplace_back([&] {
        std::vector<std::uint8_t> own(frame.size());
        words = message_of<Error>([&] { store.read_frame(1, 0, own); });
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (const std::string& words : said) {
      CHECK(words.starts_with(damaged));
    }
    CHECK(message_of<Error>([&] { store.read(1); }).starts_with(damaged));
    CHECK(message_of<Error>([&] { store.read_frame(1, 3, frame); }).starts_with(damaged));
    CHECK_NOTHROW(store.read_frame(0, 3, frame));
    CHECK(store.read(2).rewards == sample(3, 3).rewards);
  }
}

TEST_CASE("frame offsets that lie are refused when the frame is read, whatever the checksum says", "[worldmodel]") {
  const TemporaryFolder folder;
  write_episode(folder.path(), 0, sample(1, 3));
  const auto path = episode_path(folder.path(), 0);
  TensorFile file = read_tensor_file(path, "episode/1");
  const torch::Tensor offsets = file.tensors.at("frame_offsets").clone();
  std::vector<std::uint8_t> frame(sample(1, 3).frame_size());
  for (const std::int64_t lie : {std::int64_t{-1}, std::int64_t{1} << 60, std::numeric_limits<std::int64_t>::min()}) {
    file.tensors["frame_offsets"] = offsets.clone();
    file.tensors["frame_offsets"][2] = lie;
    write_tensor_file(path, "episode/1", file);
    const EpisodeStore store({folder.path()}, 1);
    CHECK(message_of<Error>([&] { store.read_frame(0, 1, frame); }) ==
          path.string() + ": frame 1 does not lie within the file");
    CHECK(message_of<Error>([&] { store.read(0); }) == path.string() + ": frame 1 does not lie within the file");
  }
  file.tensors["frame_offsets"] = offsets.clone();
  file.tensors["frame_offsets"][2] = offsets[1];
  write_tensor_file(path, "episode/1", file);
  const EpisodeStore store({folder.path()}, 1);
  CHECK(message_of<Error>([&] { store.read_frame(0, 1, frame); }) ==
        path.string() + ": expected a frame that unpacks to 576 bytes");
}

TEST_CASE("rewards and actions that are not finite are refused with their place", "[worldmodel]") {
  const TemporaryFolder parent;
  const auto folder = make_folder(parent, "a", 1, 2);
  const auto path = episode_path(folder, 1);
  const EpisodeStore before({folder}, 1);
  RecordedEpisode bad = sample(2, 3);
  bad.rewards[1] = std::numeric_limits<float>::quiet_NaN();
  write_episode(folder, 1, bad);
  const std::string reward = path.string() + ": rewards: expected finite values, found nan at [1]";
  CHECK(refusal(folder) == reward);
  CHECK(message_of<Error>([&] { read_rewards(path); }) == reward);
  CHECK(message_of<Error>([&] { before.read(1); }) == reward);
  bad = sample(2, 3);
  bad.actions[5] = -std::numeric_limits<float>::infinity();
  write_episode(folder, 1, bad);
  const std::string action = path.string() + ": actions: expected finite values, found -inf at [2, 1]";
  CHECK(refusal(folder) == action);
  CHECK(message_of<Error>([&] { before.read(1); }) == action);
}
