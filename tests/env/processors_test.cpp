#include "env/processors.h"

#include <sched.h>

#include <fstream>
#include <string>

#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("a quota of version 2 is the smallest of the group and those above it", "[env]") {
  const TemporaryFolder root;
  CHECK_FALSE(processor_quota(root.path()));
  write(root / "proc/self/cgroup", "0::/a.slice/b\n");
  CHECK_FALSE(processor_quota(root.path()));
  const std::filesystem::path groups = root / "sys/fs/cgroup";
  write(groups / "a.slice/b/cpu.max", "max 100000\n");
  CHECK_FALSE(processor_quota(root.path()));
  write(groups / "a.slice/cpu.max", "250000 100000\n");
  CHECK(processor_quota(root.path()) == 2.5);
  write(groups / "a.slice/b/cpu.max", "300000 100000\n");
  CHECK(processor_quota(root.path()) == 2.5);
  write(groups / "a.slice/b/cpu.max", "50000 100000\n");
  CHECK(processor_quota(root.path()) == 0.5);
  write(groups / "a.slice/other/cpu.max", "1000 100000\n");
  CHECK(processor_quota(root.path()) == 0.5);
}

TEST_CASE("a quota of version 1 is found beside other controllers", "[env]") {
  const TemporaryFolder root;
  write(root / "proc/self/cgroup", "9:memory:/m\n4:cpu,cpuacct:/docker/0123\n3:cpuset:/c\n0::/\n");
  const std::filesystem::path group = root / "sys/fs/cgroup/cpu,cpuacct";
  write(group / "docker/0123/cpu.cfs_period_us", "100000\n");
  write(group / "docker/0123/cpu.cfs_quota_us", "-1\n");
  write(root / "sys/fs/cgroup/cpuset/c/cpu.cfs_quota_us", "1\n");
  CHECK_FALSE(processor_quota(root.path()));
  write(group / "docker/0123/cpu.cfs_quota_us", "400000\n");
  CHECK(processor_quota(root.path()) == 4.0);
}

TEST_CASE("a container's group that is mounted at the top is found, whatever it is called outside", "[env]") {
  const TemporaryFolder root;
  write(root / "proc/self/cgroup", "4:cpu:/docker/0123\n");
  write(root / "sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n");
  write(root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
  CHECK(processor_quota(root.path()) == 2.0);
  const TemporaryFolder other;
  write(other / "proc/self/cgroup", "0::/../../outside\n");
  write(other / "sys/fs/cgroup/cpu.max", "150000 100000\n");
  CHECK(processor_quota(other.path()) == 1.5);
}

TEST_CASE("what is not a quota limits nothing", "[env]") {
  const TemporaryFolder root;
  for (const std::string group : {"", "nonsense", "0:", "0::", "::::\n"}) {
    write(root / "proc/self/cgroup", group);
    CHECK_FALSE(processor_quota(root.path()));
  }
  write(root / "proc/self/cgroup", "0::/\n");
  for (const std::string limit : {"", "100000", "x y", "100000 0", "0 100000", "-5 100000", "nan 100000", "1 2 3"}) {
    write(root / "sys/fs/cgroup/cpu.max", limit);
    INFO(limit);
    CHECK_FALSE(processor_quota(root.path()));
  }
}

TEST_CASE("a quota is rounded up to threads, between one and the allowed processors", "[env]") {
  CHECK(threads_for(64, std::nullopt) == 64);
  CHECK(threads_for(64, 2.0) == 2);
  CHECK(threads_for(64, 2.1) == 3);
  CHECK(threads_for(4, 1e18) == 4);
  CHECK(threads_for(4, 0.01) == 1);
  CHECK(threads_for(0, std::nullopt) == 1);
}

TEST_CASE("no more threads than the processors this process is bound to", "[env]") {
  cpu_set_t before, one;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(usable_threads() >= 1);
  CHECK(usable_threads() <= CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int processor = 0; processor < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++processor) {
    if (CPU_ISSET(processor, &before)) {
      CPU_SET(processor, &one);
    }
  }
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(usable_threads() == 1);
  ::sched_setaffinity(0, sizeof before, &before);
}
