// Files that a disk, a copy or a stranger has changed: whatever was done to them, a reader refuses in one line or reads
// what they say, and what has a checksum is never read as something else.
#include <algorithm>
#include <functional>
#include <map>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/config/config.h"
#include "experiments/report/run_record.h"
#include "experiments/tensorboard/event_reader.h"
#include "experiments/trace/trace.h"
#include "tests/experiments/viewer/smoke_run.h"
#include "tests/reliability/mutation.h"
#include "tests/test.hpp"
#include "worldmodel/data/episode_store.h"
#include "worldmodel/data/tensor_file.h"

using namespace reverie;
namespace fs = std::filesystem;

namespace {

// "": it was read. Anything but an Error, or one of more than a line, fails the test.
std::string refusal(const std::function<void()>& read) {
  try {
    read();
    return "";
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    CHECK_FALSE(message.empty());
    return message;
  }
}

// What a file with tensors is, as its own header says it.
std::string kind_of(const fs::path& file) {
  const std::string bytes = read_file(file), key = "\"reverie\":\"";
  const std::size_t at = bytes.find(key);
  REQUIRE(at != std::string::npos);
  return bytes.substr(at + key.size(), bytes.find('"', at + key.size()) - at - key.size());
}

struct Kind {
  std::string name;
  fs::path file;  // one of a run
  std::function<void(const fs::path& file)> read;
  bool refuses = true;  // false: damage is warned of, and what the file holds is left out
};

// The kinds of files with a checksum, each with the reader that a run uses.
std::vector<Kind> checked_kinds(const fs::path& run) {
  std::vector<Kind> kinds;
  for (const auto& entry : fs::recursive_directory_iterator(run / "iteration-01")) {
    if (entry.path().extension() != ".safetensors") {
      continue;
    }
    const std::string kind = kind_of(entry.path());
    if (std::none_of(kinds.begin(), kinds.end(), [&](const Kind& other) { return other.name == kind; })) {
      kinds.push_back({kind, entry.path(), [kind](const fs::path& path) { read_tensor_file(path, kind); }});
    }
  }
  return kinds;
}

// An action file is read by playing it.
void read_actions(const fs::path& file) {
  TraceOptions options;
  options.game = "take_cover";
  options.actions_file = file;
  options.out_file = file.parent_path() / "trace.json";
  trace(options);
}

}  // namespace

TEST_CASE("of files with a checksum every flipped bit and every cut is found", "[reliability]") {
  const TemporaryFolder folder;
  const std::vector<Kind> kinds = checked_kinds(smoke_run());
  CHECK(kinds.size() >= 6);
  Rng rng(1);
  const int runs = reliability_runs(30);
  for (const Kind& kind : kinds) {
    INFO(kind.name);
    const std::string whole = read_file(kind.file);
    const fs::path copy = folder / "copy.safetensors";
    write_plainly(copy, whole);
    REQUIRE(refusal([&] { kind.read(copy); }).empty());
    int found = 0;
    for (int i = 0; i < runs; ++i) {
      write_plainly(copy, flip_bit(whole, rng));
      found += refusal([&] { kind.read(copy); }).empty() ? 0 : 1;
      write_plainly(copy, cut(whole, rng));
      found += refusal([&] { kind.read(copy); }).empty() ? 0 : 1;
    }
    CHECK(found == 2 * runs);
  }
}

TEST_CASE("configs, actions, measurements, records and events with random edits are refused in a line or read",
          "[reliability]") {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  fs::copy(smoke_run(), run, fs::copy_options::recursive);
  const std::vector<std::string> words = {"{",    "}",    "[",    "]",  ":",
                                          ",",    "\"",   "\n",   " ",  "- ",
                                          "&a",   "*a",   "|",    "#",  "nan",
                                          "-inf", "1e9",  "-1",   "08", "0x1f",
                                          "~",    "true", "!!a",  "\t", "\xef\xbb\xbf",
                                          "null", "1e-9", "\xff", "<<", "99999999999999999999"};
  const fs::path events = event_files(run / "events").front();
  write_plainly(folder / "actions.txt", "0.5\n-1\n0.25\n0\n1\n");
  const std::vector<Kind> kinds = {{"config", run / "config.yaml", [](const fs::path& file) { load_config(file); }},
                                   {"actions", folder / "actions.txt", read_actions},
                                   {"metrics", run / "metrics.jsonl", [&](const fs::path&) { read_runs({run}); }},
                                   {"summary", run / "summary.json", [&](const fs::path&) { read_runs({run}); }},
                                   {"times", run / "times.json", [&](const fs::path&) { read_runs({run}); }, false},
                                   {"run.json", run / "run.json", [&](const fs::path&) { read_runs({run}); }},
                                   {"events", events, [](const fs::path& file) { read_events(file); }}};
  Rng rng(2);
  const int runs = reliability_runs(100);
  for (const Kind& kind : kinds) {
    const std::string whole = read_file(kind.file);
    INFO(kind.name << " of " << whole.size() << " bytes");
    REQUIRE(refusal([&] { kind.read(kind.file); }).empty());
    int refused = 0;
    for (int i = 0; i < runs; ++i) {
      write_plainly(kind.file, mutate(whole, words, rng));
      refused += refusal([&] { kind.read(kind.file); }).empty() ? 0 : 1;
    }
    write_plainly(kind.file, whole);
    CHECK((refused > 0) == kind.refuses);
    CHECK(refusal([&] { kind.read(kind.file); }).empty());
  }
}

TEST_CASE("episodes and weights with random edits and a checksum that fits are refused in a line or read",
          "[reliability]") {
  // Whoever wants to can make a checksum that fits: the readers must survive the content too. Here the edits go into
  // the tensors and the metadata, and the file is written again.
  const TemporaryFolder folder;
  const fs::path episodes = smoke_run() / "iteration-01" / "episodes";
  Rng rng(3);
  int refused = 0;
  const int runs = reliability_runs(60);
  fs::copy(episodes, folder / "episodes", fs::copy_options::recursive);
  const fs::path file = episode_path(folder / "episodes", 0);
  const std::string episode_kind = kind_of(file);
  const TensorFile whole = read_tensor_file(file, episode_kind);
  for (int i = 0; i < runs; ++i) {
    TensorFile changed;
    changed.metadata = whole.metadata;
    for (const auto& [name, tensor] : whole.tensors) {
      changed.tensors[name] = tensor.clone();
    }
    auto tensor = changed.tensors.begin();
    std::advance(tensor, static_cast<std::ptrdiff_t>(rng.below(changed.tensors.size())));
    switch (rng.below(4)) {
      case 0: {
        torch::Tensor flat = tensor->second.view(torch::kUInt8).flatten();
        if (flat.numel() > 0) {
          flat[static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(flat.numel())))] =
              static_cast<int>(rng.below(256));
        }
        break;
      }
      case 1:
        changed.tensors.erase(tensor);
        break;
      case 2:
        tensor->second = tensor->second.slice(0, 0, tensor->second.size(0) / 2).clone();
        break;
      default: {
        auto entry = changed.metadata.begin();
        std::advance(entry, static_cast<std::ptrdiff_t>(rng.below(changed.metadata.size())));
        entry->second = mutate(entry->second + " ", {"-1", "9999999999", "", "x"}, rng);
        entry->second.erase(
            std::remove_if(entry->second.begin(), entry->second.end(), [](char c) { return c < 32 || c > 126; }),
            entry->second.end());
      }
    }
    changed.metadata.erase("reverie");
    changed.metadata.erase("checksum");
    write_tensor_file(file, episode_kind, changed);
    refused += refusal([&] {
                 const EpisodeStore store({folder / "episodes"}, 1);
                 store.read(0);
               }).empty()
                   ? 0
                   : 1;
  }
  CHECK(refused > 0);
}
