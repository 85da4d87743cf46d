#include "experiments/run/run_directory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "env/error.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/yaml_node.h"
#include "experiments/run/bystander.h"
#include "experiments/run/machine.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

[[noreturn]] void fail(ErrorKind kind, const fs::path& path, const std::string& what) {
  throw Error(kind, str(path.string(), ": ", what));
}

// Each value of a config under its whole name: {"dream.horizon", "1000"}.
void flatten(const YamlNode& node, const std::string& name, std::map<std::string, std::string>& values) {
  switch (node.kind) {
    case YamlNode::Kind::nothing:
      break;
    case YamlNode::Kind::scalar:
      values[name] = node.text;
      break;
    case YamlNode::Kind::list: {
      std::string& list = values[name];
      for (const YamlNode& item : node.items) {
        list += list.empty() ? "[" : ", ";
        list += item.text;
        for (std::size_t i = 0; i < item.keys.size(); ++i) {  // a range
          list += (i == 0 ? "{" : ", ") + item.keys[i].text + ": " + item.items[i].text +
                  (i + 1 == item.keys.size() ? "}" : "");
        }
      }
      list += list.empty() ? "[]" : "]";
      break;
    }
    case YamlNode::Kind::mapping:
      for (std::size_t i = 0; i < node.keys.size(); ++i) {
        flatten(node.items[i], (name.empty() ? "" : name + ".") + node.keys[i].text, values);
      }
      break;
  }
}

// The numbers of "7" or "[7, 8]"; none where that is something else.
std::vector<double> numbers_in(std::string text) {
  if (text.starts_with("[") && text.ends_with("]")) {
    text = text.substr(1, text.size() - 2);
  }
  std::vector<double> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    double number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) {
      return {};
    }
    numbers.push_back(number);
    if (stop == end) {
      return numbers;
    }
    if (!std::string_view(stop, end).starts_with(", ")) {
      return {};
    }
    at = stop + 2;
  }
}

// 0.0005 equals 5e-04. Whole numbers are compared as text: a seed may be longer than a double.
bool is_same(const std::string& value, const std::string& other) {
  const std::vector<double> numbers = numbers_in(value);
  const bool whole = (value + other).find_first_of(".e") == std::string::npos;
  return value == other || (!whole && !numbers.empty() && numbers == numbers_in(other));
}

// True if no number of the list became smaller. Lists repeat their last number: [2, 5] is larger than [2].
bool is_larger(const std::string& value, const std::string& than) {
  const std::vector<double> now = numbers_in(value), before = numbers_in(than);
  bool larger = !now.empty() && !before.empty();
  for (std::size_t i = 0; larger && i < std::max(now.size(), before.size()); ++i) {
    larger = now[std::min(i, now.size() - 1)] >= before[std::min(i, before.size() - 1)];
  }
  return larger;
}

}  // namespace

bool config_has_grown(const fs::path& folder, const std::string& old_text, const std::string& new_text,
                      const std::vector<std::string>& may_grow, const std::vector<std::string>& may_change) {
  const auto before = flat_config((folder / "config.yaml").string(), old_text);
  const auto now = flat_config("config", new_text);
  std::set<std::string> keys;
  for (const auto* values : {&before, &now}) {
    for (const auto& [key, value] : *values) {
      keys.insert(key);
    }
  }
  constexpr int kMaxShown = 8;
  bool grown = false;
  int differing = 0;
  std::string shown;
  for (const std::string& key : keys) {
    const auto old_value = before.find(key), new_value = now.find(key);
    const bool in_both = old_value != before.end() && new_value != now.end();
    if (in_both && is_same(old_value->second, new_value->second)) {
      continue;
    }
    const bool growing = std::find(may_grow.begin(), may_grow.end(), key) != may_grow.end();
    const bool free = std::find(may_change.begin(), may_change.end(), key) != may_change.end();
    if (in_both && (free || (growing && is_larger(new_value->second, old_value->second)))) {
      grown = true;
      continue;
    }
    if (++differing <= kMaxShown) {
      shown += str(shown.empty() ? "" : "; ", key, " is ", old_value == before.end() ? "not there" : old_value->second,
                   growing ? " and may only grow, " : ", ", new_value == now.end() ? "nothing" : new_value->second,
                   " asked for");
    }
  }
  if (differing > 0) {
    fail(ErrorKind::config, folder,
         str("this run has another config: ", shown,
             differing > kMaxShown ? str("; and ", differing - kMaxShown, " more") : "",
             " (name another folder with --run)"));
  }
  return grown;
}

namespace {

// A folder counts as new if an earlier session was stopped in it before it had written config.yaml.
bool is_new(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    if (name != "lock" && name != "run.json" && name != "origin.json" && !is_bystander(name)) {
      return false;
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    fail(ErrorKind::other, folder,
         error == std::errc::not_a_directory ? "is not a folder" : "cannot be read: " + error.message());
  }
  return true;
}

}  // namespace

namespace {

// Some network file systems.
bool has_no_locks(int error) {
  return error == ENOLCK || error == ENOSYS || error == ENOTSUP || error == EINVAL;
}

bool goes_without_lock() {
  const char* const value = std::getenv("REVERIE_NO_LOCK");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

RunLock lock_folder(const fs::path& folder) {
  const fs::path path = folder / "lock";
  FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (lock.get() < 0) {
    fail(ErrorKind::other, folder, "cannot be written: " + std::generic_category().message(errno));
  }
  // The system releases the lock when its holder ends, also when it is killed.
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    if (has_no_locks(reason) && goes_without_lock()) {
      std::cerr << path.string() << ": cannot be locked: " << std::generic_category().message(reason)
                << ": going on without a lock\n";
      return RunLock();
    }
    if (has_no_locks(reason)) {
      fail(ErrorKind::other, path,
           str("cannot be locked: ", std::generic_category().message(reason),
               " (REVERIE_NO_LOCK=1 goes on without a lock: then nothing else may write there)"));
    }
    if (reason != EWOULDBLOCK) {
      fail(ErrorKind::other, path, "cannot be locked: " + std::generic_category().message(reason));
    }
    const std::string text = read_file(path, 64);
    fail(ErrorKind::other, folder, "in use by process " + (text.empty() ? "?" : text.substr(0, text.find('\n'))));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0) {
    fail(ErrorKind::other, path, "cannot be written: " + std::generic_category().message(errno));
  }
  write_all(lock, path, std::as_bytes(std::span<const char>(pid)));
  return RunLock(std::move(lock));
}

namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

void record_session(const fs::path& path, std::uint64_t seed, const std::vector<std::string>& command) {
  Json run;
  if (fs::exists(path)) {
    run = read_json(path);
    if (run.contains("sessions") && !run["sessions"].is_array()) {
      fail(ErrorKind::data, path, "expected a list of sessions");
    }
  }
  run["seed"] = seed;
  run["sessions"].push_back({{"started", utc_now()},
                             {"command", command},
                             {"versions", describe_versions()},
                             {"machine", describe_machine()}});
  write_json(path, run);
}

fs::path numbered_name(const char* format, int number) {
  char name[64];
  std::snprintf(name, sizeof name, format, number);
  return name;
}

constexpr const char *kIterationName = "iteration-%02d", *kGenerationName = "generation-%05d.safetensors";

// The numbers of the entries whose name is of that format, in order. Other programs' files stand among ours:
// "generation-00005 (copy).safetensors".
std::vector<int> numbered(const fs::path& folder, const char* format) {
  const std::string_view prefix(format, std::strcspn(format, "%"));
  std::vector<int> numbers;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    int number = -1;
    if (name.starts_with(prefix)) {
      std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    }
    if (number >= 0 && name == numbered_name(format, number)) {
      numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

RunLock::~RunLock() {
  if (file_.get() >= 0) {
    [[maybe_unused]] const int done = ::ftruncate(file_.get(), 0);  // if this fails, the name stays, which does no harm
  }
}

RunDirectory RunDirectory::open(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    fail(ErrorKind::config, folder, "no such run folder");
  }
  if (!fs::exists(folder / "config.yaml", error)) {
    fail(ErrorKind::config, folder, "is not a run folder: it has no config.yaml");
  }
  return RunDirectory(folder);
}

RunDirectory RunDirectory::create(const fs::path& folder, const std::string& config_text, std::uint64_t seed,
                                  const std::vector<std::string>& command, const std::vector<std::string>& may_grow,
                                  const std::vector<std::string>& may_change, const ConfigText& read_config,
                                  const PrepareRun& prepare) {
  RunDirectory run(folder);
  const bool fresh = is_new(folder);
  if (!fresh) {
    open(folder);
  }
  make_folder(folder);
  run.lock_ = lock_folder(folder);
  const auto before = [&] { return read_config ? read_config(run.config()) : read_config_text(run.config()); };
  const bool changed = fresh || config_has_grown(folder, before(), config_text, may_grow, may_change);
  if (prepare) {
    prepare(run, fresh);
  }
  record_session(folder / "run.json", seed, command);
  if (changed) {
    write_file_atomically(run.config(), config_text);
  }
  return run;
}

bool RunDirectory::in_use() const {
  const fs::path path = folder_ / "lock";
  std::error_code error;
  if (!fs::exists(path, error)) {
    return false;
  }
  const std::string text = read_file(path, 64);
  pid_t holder = 0;
  const auto [stop, wrong] = std::from_chars(text.data(), text.data() + text.size(), holder);
  return wrong == std::errc{} && holder > 0 && (::kill(holder, 0) == 0 || errno == EPERM);
}

fs::path RunDirectory::iteration(int k) const {
  return folder_ / numbered_name(kIterationName, k);
}

fs::path RunDirectory::generation(int k, int g) const {
  return controller(k) / numbered_name(kGenerationName, g);
}

std::vector<int> RunDirectory::iterations() const {
  return numbered(folder_, kIterationName);
}

std::vector<int> RunDirectory::generations(int k) const {
  return numbered(controller(k), kGenerationName);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    fail(ErrorKind::other, folder, "cannot be created: " + error.message());
  }
}

std::vector<std::string> session_starts(const fs::path& run_json) {
  std::vector<std::string> starts;
  if (!fs::exists(run_json)) {
    return starts;
  }
  const Json json = read_json(run_json);
  if (json.contains("sessions") && json["sessions"].is_array()) {
    for (const Json& session : json["sessions"]) {
      if (session.is_object() && session.contains("started") && session["started"].is_string()) {
        starts.push_back(session["started"].get<std::string>());
      }
    }
  }
  return starts;
}

std::map<std::string, std::string> flat_config(const std::string& name, const std::string& text) {
  std::map<std::string, std::string> values;
  flatten(parse_yaml(name, text), "", values);
  return values;
}

Json read_json(const fs::path& path) {
  Json json = Json::parse(read_file(path, kMaxJsonSize), nullptr, false);
  if (!json.is_object()) {
    fail(ErrorKind::data, path,
         json.is_discarded() ? "expected a JSON object, found no JSON"
                             : str("expected a JSON object, found ", json.type_name()));
  }
  return json;
}

void write_json(const fs::path& path, const Json& json) {
  write_file_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace reverie
