#ifdef REVERIE_MIMALLOC
#include <mimalloc.h>
#endif

#include "experiments/app/program.h"

#ifdef REVERIE_MIMALLOC
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>

namespace {

enum class Phase { starting, running, ending } phase = Phase::starting;  // ending: the reason was already printed

void* checked(void* memory) {
  if (memory != nullptr) {
    return memory;
  }
  if (phase == Phase::running) {
    throw std::bad_alloc();
  }
  const std::string_view line = "error: the system gives too little memory to start\n";
  if (phase == Phase::starting) {  // in LibTorch's constructors, where nobody catches
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  }
  ::_exit(1);
}

}  // namespace

// mimalloc's own operators are written in C. They cannot throw, and end the process when memory is short.
void* operator new(std::size_t size) {
  return checked(mi_malloc(size));
}
void* operator new[](std::size_t size) {
  return checked(mi_malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return checked(mi_malloc_aligned(size, static_cast<std::size_t>(alignment)));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return checked(mi_malloc_aligned(size, static_cast<std::size_t>(alignment)));
}
#endif

int main(int argc, char** argv) {
#ifdef REVERIE_MIMALLOC
  phase = Phase::running;
  std::atexit([] { phase = Phase::ending; });
#endif
#ifdef REVERIE_MIMALLOC
  // Freed memory is kept: tensors of some megabytes come and go at every step.
#if MI_MALLOC_VERSION >= 210 || (MI_MALLOC_VERSION >= 180 && MI_MALLOC_VERSION < 200)  // its later name
  mi_option_set(mi_option_purge_delay, -1);
#else
  mi_option_disable(mi_option_allow_decommit);
#endif
#endif
  return reverie::run_program(argc, argv);
}
