#include "worldmodel/nn/precision.h"

#include "env/error.h"

namespace reverie {

Precision resolve_precision(Precision precision) {
  if (precision != Precision::automatic) {
    return precision;
  }
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16")) {  // every processor with AMX has it too
    return Precision::bfloat16;
  }
#endif
  return Precision::float32;
}

torch::ScalarType compute_type(Precision precision) {
  REVERIE_CHECK(to_string(precision), !=, "auto");
  return precision == Precision::bfloat16 ? torch::kBFloat16 : torch::kFloat32;
}

std::string to_string(Precision precision) {
  switch (precision) {
    case Precision::float32:
      return "float32";
    case Precision::bfloat16:
      return "bfloat16";
    case Precision::automatic:
      break;
  }
  return "auto";
}

}  // namespace reverie
