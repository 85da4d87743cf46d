#include "worldmodel/draw_scores.h"

#include <cmath>
#include <numbers>

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

TEST_CASE("scores of draws are those worked out by hand", "[worldmodel]") {
  // Two draws 1 and 4 of the truth 0: mean distance 2.5, the draws are 3 apart: 2.5 - 1.5.
  const DrawScores scores = score_draws(torch::tensor({1.0f, 4.0f}).view({1, 2, 1}), torch::zeros({1, 1}));
  CHECK(scores.moments == 1);
  CHECK(scores.energy_score == Approx(1.0));
  CHECK(scores.crps == Approx(1.0));
  CHECK(scores.spread_ratio == Approx(std::sqrt(4.5 * 1.5 / 6.25)));

  // The energy score looks at both dimensions at once, the CRPS at each alone.
  const Tensor draws = torch::tensor({3.0f, 4.0f, -3.0f, -4.0f}).view({1, 2, 2});
  const DrawScores both = score_draws(draws, torch::zeros({1, 2}));
  CHECK(both.energy_score == Approx(5.0 - 5.0));
  CHECK(both.crps == Approx(0.0).margin(1e-12));  // (3 - 3 + 4 - 4) / 2
}

TEST_CASE("right draws of a normal world score as the textbook says, and wrong ones worse", "[worldmodel]") {
  constexpr std::int64_t kMoments = 20000, kDraws = 16;
  const Tensor truth = normal_tensor({kMoments, 1}, 1), noise = normal_tensor({kMoments, kDraws, 1}, 2);
  const DrawScores right = score_draws(noise, truth);
  CHECK(right.crps == Approx(1.0 / std::sqrt(std::numbers::pi)).epsilon(0.02));  // 0.564190
  CHECK(right.spread_ratio == Approx(1.0).epsilon(0.02));
  for (const double spread : {0.43, 2.0}) {
    const DrawScores wrong = score_draws(spread * noise, truth);
    CHECK(wrong.energy_score > right.energy_score + 0.03);
    CHECK((wrong.spread_ratio > 1.0) == (spread > 1.0));
  }
}
