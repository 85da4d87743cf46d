#include "worldmodel/world_model.h"

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;

TEST_CASE("gather takes rows of a state in the order asked for, scatter puts them back", "[worldmodel]") {
  const ModelState state = {{normal_tensor({5, 2}, 1), normal_tensor({5, 3, 2}, 2)}};
  const std::vector<int> rows = {4, 1, 2};
  const ModelState taken = gather(state, rows);
  REQUIRE(taken.parts.size() == 2);
  for (std::size_t part = 0; part < 2; ++part) {
    for (std::int64_t i = 0; i < 3; ++i) {
      CHECK(torch::equal(taken.parts[part][i], state.parts[part][rows[static_cast<std::size_t>(i)]]));
    }
  }
  ModelState other = {{torch::zeros({5, 2}), torch::zeros({5, 3, 2})}};
  scatter(other, rows, taken);
  for (const std::int64_t row : {1, 2, 4}) {
    CHECK(torch::equal(other.parts[1][row], state.parts[1][row]));
  }
  CHECK(other.parts[1][0].abs().max().item<float>() == 0.0f);
  CHECK(other.parts[0][3].abs().max().item<float>() == 0.0f);
}

TEST_CASE("a gathered state is a copy", "[worldmodel]") {
  const ModelState state = {{torch::ones({2, 2})}};
  ModelState taken = gather(state, std::vector<int>{0, 1});
  taken.parts[0].zero_();
  CHECK(state.parts[0].sum().item<float>() == 4.0f);
}
