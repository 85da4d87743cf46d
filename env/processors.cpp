#include "env/processors.h"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace reverie {
namespace {

// The first line's words; none where there is no such file.
std::vector<std::string> words_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line, word;
  std::getline(file, line);
  std::istringstream words(line);
  std::vector<std::string> all;
  while (words >> word) {
    all.push_back(word);
  }
  return all;
}

std::optional<double> quota_of(const std::string& time, const std::string& period) {
  double values[2];
  for (int i = 0; i < 2; ++i) {
    std::istringstream text(i == 0 ? time : period);
    if (!(text >> values[i]) || !(values[i] > 0)) {  // "max" and -1: no limit
      return std::nullopt;
    }
  }
  return values[0] / values[1];
}

std::optional<double> quota_in(const std::filesystem::path& group) {
  const std::vector<std::string> both = words_of(group / "cpu.max");
  if (both.size() == 2) {
    return quota_of(both[0], both[1]);
  }
  const std::vector<std::string> time = words_of(group / "cpu.cfs_quota_us");
  const std::vector<std::string> period = words_of(group / "cpu.cfs_period_us");
  return time.size() == 1 && period.size() == 1 ? quota_of(time[0], period[0]) : std::nullopt;
}

int allowed_processors() {
#ifdef __linux__
  for (std::size_t count = 1024; count <= (1 << 20); count *= 2) {  // the kernel refuses a set smaller than its own
    cpu_set_t* const set = CPU_ALLOC(count);
    const std::size_t size = CPU_ALLOC_SIZE(count);
    const bool known = set != nullptr && ::sched_getaffinity(0, size, set) == 0;
    const int allowed = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (known) {
      return allowed;
    }
  }
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

int usable_threads() {
  return threads_for(allowed_processors(), processor_quota("/"));
}

std::optional<double> processor_quota(const std::filesystem::path& root) {
  std::optional<double> smallest;
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "4:cpu,cpuacct:/some/group"; "0::/some/group" is version 2
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && ("," + controllers + ",").find(",cpu,") == std::string::npos) {
      continue;
    }
    const std::filesystem::path mounts = root / "sys/fs/cgroup";
    const std::vector<std::filesystem::path> folders = controllers.empty()
                                                           ? std::vector{mounts, mounts / "unified"}
                                                           : std::vector{mounts / controllers, mounts / "cpu"};
    // Inside a container, /proc may name the group by its path outside the container while the group itself is mounted
    // at the top. Groups that are not found set no limit.
    std::filesystem::path group =
        ("/" / std::filesystem::path(line.substr(second + 1)).relative_path()).lexically_normal();
    while (true) {
      for (const std::filesystem::path& folder : folders) {
        const std::optional<double> quota = quota_in(folder / group.relative_path());
        if (quota && (!smallest || *quota < *smallest)) {
          smallest = quota;
        }
      }
      if (group == group.parent_path()) {
        break;
      }
      group = group.parent_path();
    }
  }
  return smallest;
}

int threads_for(int allowed, std::optional<double> quota) {
  const double most = std::max(allowed, 1);
  return static_cast<int>(std::max(1.0, quota ? std::min(most, std::ceil(*quota)) : most));
}

}  // namespace reverie
