// How many threads this process may run at once.
#pragma once

#include <filesystem>
#include <optional>

namespace reverie {

// The processors that the process may use (sched_getaffinity), or fewer where its control group or one above it has a
// quota of processor time: a container of two processors on a machine of 64 gives 2. At least 1.
int usable_threads();

// The quota alone, in processors: the smallest of the process's group and those above it, of version 2 (cpu.max) and
// version 1 (cpu.cfs_quota_us, cpu.cfs_period_us), as docs.kernel.org/admin-guide/cgroup-v2.html and
// docs.kernel.org/scheduler/sched-bwc.html say. None where there is none, or no file that can be read. root: "/".
std::optional<double> processor_quota(const std::filesystem::path& root);

// Of `allowed` processors under that quota, rounded up.
int threads_for(int allowed, std::optional<double> quota);

}  // namespace reverie
