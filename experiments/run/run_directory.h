// The folder of one run: its config, and everything that its stages write.
//
//   config.yaml   resolved, defaults included       run.json       seed and sessions: command, versions, machine
//   origin.json   what it took from another run, if it did
//   lock          held while a command writes       metrics.jsonl  measurements      summary.json   the closing table
//   times.json    seconds of each stage             showcase.json  in a copy that was exported: the seed to open with
//   events/       the measurements for TensorBoard, with pictures and histograms
//   iteration-00/ episodes/  the weights of the world model  start_states.safetensors  STAGE.done.json
//                 controller/generation-00000.safetensors ...  chosen.json
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "env/atomic_file.h"

namespace reverie {

using ConfigText = std::function<std::string(const std::filesystem::path& file)>;

class RunDirectory;
using PrepareRun = std::function<void(const RunDirectory& run, bool is_new)>;

// A locked file that names its holder. The name is removed when the lock is released, so that a session that changes
// nothing leaves the folder as it was.
class RunLock {
 public:
  RunLock() = default;
  explicit RunLock(FileDescriptor file) : file_(std::move(file)) {}
  RunLock(RunLock&&) noexcept = default;
  RunLock& operator=(RunLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~RunLock();

 private:
  FileDescriptor file_;
};

// The lock of an existing folder. Error (kind other) where another process holds it (its pid), or where the folder
// cannot be written.
RunLock lock_folder(const std::filesystem::path& folder);

// False where two configs are the same; true where they are not, but the second may go on with what the first one made:
// only keys in may_grow are larger and keys in may_change other than before. Error (kind config) that begins with
// `folder` and names each other key and both values.
bool config_has_grown(const std::filesystem::path& folder, const std::string& old_text, const std::string& new_text,
                      const std::vector<std::string>& may_grow, const std::vector<std::string>& may_change);

class RunDirectory {
 public:
  // Opens an existing run for reading; writes nothing and needs no lock.
  static RunDirectory open(const std::filesystem::path& folder);

  // Names the files of a run that another process holds; looks at nothing.
  static RunDirectory elsewhere(const std::filesystem::path& folder) { return RunDirectory(folder); }

  // Makes the folder, or goes on in one whose config says the same. The keys in may_grow ("iterations") may be larger
  // than before, those in may_change ("threads") other than before; the folder then remembers the new value. Holds the
  // lock as long as it lives. read_config gives the text of the folder's config.yaml as it is to be compared, where
  // that is not as it stands there. Errors: kind config where configs differ (each key, both values) or the folder is
  // not a run; kind other where another process holds the lock (its pid) or the folder cannot be written.
  // prepare is called with the lock held and before anything is written; it may throw, or write what must be there
  // before config.yaml is.
  static RunDirectory create(const std::filesystem::path& folder, const std::string& config_text, std::uint64_t seed,
                             const std::vector<std::string>& command, const std::vector<std::string>& may_grow,
                             const std::vector<std::string>& may_change = {}, const ConfigText& read_config = {},
                             const PrepareRun& prepare = {});

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path config() const { return folder_ / "config.yaml"; }
  std::filesystem::path origin() const { return folder_ / "origin.json"; }
  std::filesystem::path metrics() const { return folder_ / "metrics.jsonl"; }
  std::filesystem::path times() const { return folder_ / "times.json"; }
  std::filesystem::path summary() const { return folder_ / "summary.json"; }
  std::filesystem::path showcase() const { return folder_ / "showcase.json"; }

  std::filesystem::path iteration(int k) const;
  std::filesystem::path episodes(int k) const { return iteration(k) / "episodes"; }
  std::filesystem::path start_states(int k) const { return iteration(k) / "start_states.safetensors"; }
  std::filesystem::path controller(int k) const { return iteration(k) / "controller"; }
  std::filesystem::path generation(int k, int g) const;
  std::filesystem::path chosen(int k) const { return controller(k) / "chosen.json"; }

  // Whether a command writes the run now: the lock names a process that lives on this machine. The lock itself is not
  // tried, for that could refuse a command that starts at this moment.
  bool in_use() const;

  std::vector<int> iterations() const;        // those with a folder, in order
  std::vector<int> generations(int k) const;  // those saved, in order

 private:
  explicit RunDirectory(const std::filesystem::path& folder) : folder_(folder) {}

  std::filesystem::path folder_;
  RunLock lock_;
};

// The most that is read of a run's JSON file, and of its metrics.jsonl.
inline constexpr std::uintmax_t kMaxJsonSize = std::uintmax_t{64} << 20;
inline constexpr std::uintmax_t kMaxMetricsSize = std::uintmax_t{1} << 30;

// With its parents, if it is not there yet. Error (kind other) naming it.
void make_folder(const std::filesystem::path& folder);

// When each session of a run began, UTC ("2026-11-24T18:28:32Z"), of its run.json; empty where there is no such file.
std::vector<std::string> session_starts(const std::filesystem::path& run_json);

// Each value of a config under its whole name: {"dream.horizon", "1000"}. name: the file's, for errors.
std::map<std::string, std::string> flat_config(const std::string& name, const std::string& text);

// A JSON object, as every file of a run is. Error (kind data) naming the file where it is missing, larger than anything
// we write, or anything else.
nlohmann::ordered_json read_json(const std::filesystem::path& path);

void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json);

}  // namespace reverie
