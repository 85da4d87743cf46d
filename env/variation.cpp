#include "env/variation.h"

#include <algorithm>

#include "env/random.h"

namespace reverie {
namespace {

// Calls visit(range) for each range of the table, of its lists and of its sections, in their order.
template <typename Visit>
void each_range(const std::vector<Field>& table, const Visit& visit) {
  const auto visit_scalar = [&visit](const Scalar& scalar) {
    if (const auto* range = std::get_if<RangeField>(&scalar)) {
      visit(*range->value);
    }
  };
  for (const Field& field : table) {
    if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
      visit_scalar(*scalar);
    } else if (const ListField* list = std::get_if<ListField>(&field.value)) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        visit_scalar(list->at(i));
      }
    } else {
      each_range(std::get<SectionField>(field.value).fields(), visit);
    }
  }
}

}  // namespace

bool has_random_ranges(const std::vector<Field>& table) {
  bool random = false;
  each_range(table, [&random](const Range& range) { random = random || range.is_random(); });
  return random;
}

void draw_ranges(const std::vector<Field>& table, std::uint64_t seed) {
  std::uint64_t place = 0;
  each_range(table, [&](Range& range) {
    if (range.is_random()) {
      const double share = Rng(derive_seed(seed, Stream::variation, place)).uniform_double();
      range = Range(std::clamp(range.low + share * (range.high - range.low), range.low, range.high));
    }
    ++place;
  });
}

}  // namespace reverie
