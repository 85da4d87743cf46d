// The machine and the libraries that the program runs on.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace reverie {

// Of reverie and the libraries it is built with.
nlohmann::ordered_json describe_versions();

// Processor, its features that matter here, the threads that this process may run at once, memory, BLAS,
// allocator.
nlohmann::ordered_json describe_machine();

// The file of the BLAS that LibTorch calls, and the description that the BLAS gives of itself.
std::string blas_name();

// Makes LibTorch, OpenMP and the BLAS use the calling thread only, because the program has threads of its own. Call in
// main() and at the start of each new thread.
void use_one_thread();

// The C library's allocator keeps freed memory instead of giving it back to the system, as main() asks of mimalloc
// where the program is linked with it: tensors of some megabytes come and go at every step, and asking for their pages
// anew costs a third of the time. Call first in main().
void keep_freed_memory();

// Billions of floating-point operations a second in a product of two 1024 x 1024 matrices, on one thread. 0 where
// bfloat16 is asked for and not supported.
double measure_gemm(bool bfloat16);

}  // namespace reverie
