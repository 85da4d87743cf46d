#ifdef REVERIE_MIMALLOC
#include <mimalloc.h>
#endif

#include "experiments/app/program.h"

int main(int argc, char** argv) {
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
