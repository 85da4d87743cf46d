#include "experiments/run/machine.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <box2d/b2_common.h>
#include <dlfcn.h>
#include <sys/utsname.h>
#include <torch/torch.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "env/error.h"
#include "env/processors.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

// The first line of /proc/cpuinfo that starts with `key`, after its colon.
std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) {
      const std::size_t colon = line.find(": ");
      return colon == std::string::npos ? "" : line.substr(colon + 2);
    }
  }
  return "";
}

std::vector<std::string> processor_features() {
  std::istringstream words(cpuinfo("flags"));
  std::set<std::string> has;
  for (std::string word; words >> word;) {
    has.insert(word);
  }
  std::vector<std::string> features;
  for (const char* feature : {"avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16"}) {
    if (has.count(feature) != 0) {
      features.push_back(feature);
    }
  }
  return features;
}

template <typename Function>
Function* find_function(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

std::string allocator_name() {
  const auto version = find_function<int()>("mi_version");
  return version == nullptr ? "the C library's" : str("mimalloc ", version());
}

}  // namespace

std::string blas_name() {
  if (const auto config = find_function<char*()>("openblas_get_config")) {
    return config();
  }
  void* gemm = ::dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info found{};
  if (gemm == nullptr || ::dladdr(gemm, &found) == 0 || found.dli_fname == nullptr) {
    return "inside LibTorch";
  }
  return found.dli_fname;
}

Json describe_versions() {
  return {{"reverie", REVERIE_VERSION},
          {"libtorch", TORCH_VERSION},
          {"box2d", str(b2_version.major, ".", b2_version.minor, ".", b2_version.revision)},
          {"yaml-cpp", YAML_CPP_VERSION},
          {"zstd", ZSTD_versionString()},
          {"xxhash", str(XXH_VERSION_MAJOR, ".", XXH_VERSION_MINOR, ".", XXH_VERSION_RELEASE)},
          {"compiler", __VERSION__}};
}

Json describe_machine() {
  utsname system{};
  ::uname(&system);
  const double pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES)),
               page = static_cast<double>(::sysconf(_SC_PAGE_SIZE));
  return {{"processor", cpuinfo("model name")},
          {"features", processor_features()},
          {"threads", usable_threads()},
          {"memory_gib", std::round(pages * page / (1 << 30) * 10) / 10},
          {"system", std::string(system.sysname) + " " + system.release + " " + system.machine},
          {"blas", blas_name()},
          {"allocator", allocator_name()}};
}

void keep_freed_memory() {
#ifdef __GLIBC__
  // One arena for each thread, or threads would wait for each other. All arenas but the first map blocks above 64 MB
  // anew each time.
  mallopt(M_ARENA_MAX, usable_threads());
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void use_one_thread() {
  at::set_num_threads(1);
  if (const auto set_threads = find_function<void(int)>("openblas_set_num_threads")) {
    set_threads(1);
  }
}

double measure_gemm(bool bfloat16) {
  constexpr std::int64_t kSide = 1024;
  constexpr int kRounds = 5;
  const torch::InferenceMode guard;
  const auto type = bfloat16 ? torch::kBFloat16 : torch::kFloat32;
  const torch::Tensor a = torch::full({kSide, kSide}, 0.5f).to(type), b = torch::full({kSide, kSide}, 0.25f).to(type);
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const torch::Tensor product = torch::mm(a, b);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2.0 * kSide * kSide * kSide / seconds.count() / 1e9);
    if (seconds.count() > 1.0) {
      break;
    }
  }
  return best;
}

}  // namespace reverie
