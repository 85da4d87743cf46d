// The waist's figures against known answers (../../../README.md says what they mean), and the command on a smoke run.
#include "experiments/waist/waist.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "env/atomic_file.h"
#include "experiments/app/commands.h"
#include "experiments/waist/intrinsic_dimension.h"
#include "experiments/waist/projected_model.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "tests/worldmodel/tiny_world.h"

using namespace reverie;
using torch::Tensor;

TEST_CASE("participation ratio and effective rank of small spectra", "[waist]") {
  const std::vector<double> variances = {4.0, 1.0, 1.0, 1.0, 1.0}, deviations = {2.0, 1.0, 1.0, 1.0, 1.0};
  CHECK(participation_ratio(variances) == Approx(3.2));
  CHECK(effective_rank(deviations) == Approx(4.762203).epsilon(1e-6));
  CHECK(effective_rank(variances) == Approx(4.0).epsilon(1e-6));  // what it would be of the squares
  std::vector<double> harmonic;
  for (int i = 1; i <= 32; ++i) {
    harmonic.push_back(1.0 / i);
  }
  CHECK(participation_ratio(harmonic) == Approx(10.204).epsilon(1e-4));
  CHECK(directions_for(harmonic, 0.9) == 22);
  CHECK(directions_for(variances, 0.5) == 1);
  CHECK(directions_for(variances, 1.0) == 5);
}

TEST_CASE("principal axes are those of a stretched and turned cloud", "[waist]") {
  const double turn = 0.3;
  const Tensor along = torch::tensor({std::cos(turn), std::sin(turn)}).view({1, 2});
  const Tensor across = torch::tensor({-std::sin(turn), std::cos(turn)}).view({1, 2});
  const Tensor points = 3.0 * normal_tensor({20000, 1}, 1) * along + 0.5 * normal_tensor({20000, 1}, 2) * across + 7.0;
  const PrincipalAxes axes = principal_axes(points);
  CHECK(axes.variances[0] == Approx(9.0).epsilon(0.03));
  CHECK(axes.variances[1] == Approx(0.25).epsilon(0.03));
  CHECK(std::abs((axes.directions.select(1, 0) * along.to(torch::kFloat64)).sum().item<double>()) ==
        Approx(1.0).epsilon(1e-3));
  CHECK(max_difference(axes.keep(points, 2), points) < 1e-4);
  CHECK((axes.keep(points, 1) - points).square().sum(1).mean().item<double>() == Approx(0.25).epsilon(0.03));
}

TEST_CASE("a matrix's spectrum counts all but its first dimension as one", "[waist]") {
  const Tensor weight = normal_tensor({3, 2, 2, 2}, 1);
  const std::vector<double> spectrum = matrix_spectrum(weight);
  REQUIRE(spectrum.size() == 3);
  CHECK(spectrum[0] + spectrum[1] + spectrum[2] == Approx(weight.square().sum().item<double>()).epsilon(1e-5));
  const Tensor rank_one = torch::ones({4, 1}) * torch::arange(6).view({1, 6});
  CHECK(participation_ratio(matrix_spectrum(rank_one)) == Approx(1.0).epsilon(1e-5));
}

TEST_CASE("TwoNN of four ratios, and both estimators on normal points", "[waist]") {
  const std::vector<double> ratios = {1.1, 1.3, 1.5, 2.0};
  CHECK(two_nn(ratios) == Approx(2.060034).epsilon(1e-6));
  const Tensor five = nearest_distances(normal_tensor({2000, 5}, 1), 20);
  CHECK(two_nn(five) == Approx(5.0).margin(0.3));
  CHECK(levina_bickel(five) == Approx(4.8).margin(0.3));
  // A plane in ten dimensions is a plane.
  const Tensor plane = torch::mm(normal_tensor({2000, 2}, 2), normal_tensor({2, 10}, 3));
  CHECK(two_nn(nearest_distances(plane, 20)) == Approx(2.0).margin(0.2));
}

TEST_CASE("nearest distances are those of all pairs, and equal points count as one", "[waist]") {
  Tensor points = normal_tensor({700, 3}, 1);  // more than one block
  points[3].copy_(points[690]);
  const Tensor nearest = nearest_distances(points, 4);
  CHECK(nearest.size(0) == 699);
  const Tensor once = points.slice(0, 0, 690).to(torch::kFloat64);
  const Tensor rest = torch::cat({once, points.slice(0, 691).to(torch::kFloat64)});
  const Tensor expected = std::get<0>(torch::cdist(rest, rest).topk(5, 1, false, true)).slice(1, 1);
  for (std::int64_t k = 0; k < 4; ++k) {  // in whatever order
    CHECK(max_difference(std::get<0>(nearest.select(1, k).sort()), std::get<0>(expected.select(1, k).sort())) < 1e-6);
  }
}

TEST_CASE("a projected model that keeps all directions is the model itself", "[waist]") {
  const VaeMdnRnn model = tiny_model(2);
  const PrincipalAxes axes = principal_axes(normal_tensor({100, kTinyLatent}, 1) + 0.5);
  const Tensor frame = uniform_tensor({3, 3, 64, 64}, 2);
  const Noise noise{normal_tensor({3, kTinyLatent}, 3), uniform_tensor({3, kTinyLatent}, 4)};
  const auto latent = [&](const WorldModel& of) {
    return of.observe(of.initial_state(3), torch::zeros({3, 2}), frame, torch::ones({3}), noise).parts[0];
  };
  CHECK(max_difference(latent(ProjectedModel(model, axes, kTinyLatent)), latent(model)) < 1e-4);
  const Tensor kept = latent(ProjectedModel(model, axes, 1));
  CHECK(max_difference(kept, axes.keep(latent(model), 1)) < 1e-4);
  CHECK(max_difference(kept, latent(model)) > 1e-2);
}

TEST_CASE("waist measures a smoke run and writes its page", "[waist]") {
  TemporaryFolder folder;
  StageOptions training;
  training.target = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
  training.run = folder / "run";
  training.overrides = {"iterations=1"};
  train(training);
  WaistOptions options;
  options.run = folder / "run";
  options.frames = 300;
  options.every = 5;
  options.keep = {1, 2, 400};
  options.score_episodes = 2;
  waist(options);
  const nlohmann::json json = nlohmann::json::parse(read_file(folder / "run" / "waist.json"));
  CHECK(json["frames"] == 300);
  CHECK(json["kl_nats"].get<double>() > 0.0);
  CHECK(std::isfinite(json["surprise_nats"].get<double>()));
  const auto latent = json["latent_variances"].get<std::vector<double>>();
  CHECK(json["spectra"][0]["participation_ratio"].get<double>() == Approx(participation_ratio(latent)));
  CHECK(json["spectra"].size() > 10);  // z, features, and each matrix
  REQUIRE(json["score"]["kept"].size() == 3);
  CHECK(json["score"]["kept"][2]["directions"] == latent.size());  // no more than there are
  CHECK(json["score"]["kept"][2]["score"]["mean"].get<double>() ==
        Approx(json["score"]["whole"]["mean"].get<double>()).margin(30.0));
  const std::string page = read_file(folder / "run" / "waist.html");
  CHECK(page.find("How many numbers does a frame of this game need?") != std::string::npos);
  CHECK(page.find(json["words"].get<std::string>()) != std::string::npos);
}
