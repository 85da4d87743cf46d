#include "agent/learn/cma_es.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "env/error.h"
#include "env/random.h"

namespace reverie {
namespace {

// Eigenvalues are kept above this share of the largest: rounding can make them negative when C is worse conditioned.
constexpr double kEigenvalueFloor = 1e-14;

at::Tensor matrix(std::vector<double>& values, std::size_t rows, std::size_t columns) {
  return at::from_blob(values.data(), {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)},
                       at::kDouble);
}

// Best first; equal fitness by index, NaN last.
std::vector<std::size_t> rank(std::span<const double> fitness) {
  std::vector<std::size_t> ranking(fitness.size());
  std::iota(ranking.begin(), ranking.end(), std::size_t{0});
  std::stable_sort(ranking.begin(), ranking.end(), [&](std::size_t a, std::size_t b) {
    return fitness[a] > fitness[b] || (std::isnan(fitness[b]) && !std::isnan(fitness[a]));
  });
  return ranking;
}

double square(double x) {
  return x * x;
}

double squared_norm(std::span<const double> x) {
  return std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
}

}  // namespace

void CmaEsConfig::validate() const {
  check_ranges(*this);
  if (population_size > 0 && population_size < 4) {
    throw Error(ErrorKind::config, str("population_size: expected 0 or at least 4, found ", population_size));
  }
}

int population_size(const CmaEsConfig& config, int n) {
  return config.population_size > 0 ? config.population_size : 4 + static_cast<int>(3.0 * std::log(n));  // 48
}

CmaEs::CmaEs(const CmaEsConfig& config, std::span<const double> start, std::uint64_t seed)
    : n_(start.size()),
      diagonal_(config.diagonal),
      seed_(seed),
      sigma_(config.sigma),
      mean_(start.begin(), start.end()) {
  check_config(config);
  REVERIE_CHECK(n_, >=, 1u);
  for (const double value : start) {
    if (!std::isfinite(value)) {
      throw Error(ErrorKind::data, str("CMA-ES: expected a finite first mean, found ", value));
    }
  }
  const double n = static_cast<double>(n_);
  lambda_ = static_cast<std::size_t>(reverie::population_size(config, dimension()));
  mu_ = lambda_ / 2;

  // Raw weights fall with the logarithm of the rank; those of the worse half are negative.
  double sum = 0, sum_of_squares = 0, negative_sum = 0, negative_sum_of_squares = 0;
  weights_.resize(lambda_);
  for (std::size_t i = 0; i < lambda_; ++i) {
    weights_[i] = std::log((static_cast<double>(lambda_) + 1.0) / 2.0) - std::log(static_cast<double>(i + 1));  // 49
    (i < mu_ ? sum : negative_sum) += weights_[i];
    (i < mu_ ? sum_of_squares : negative_sum_of_squares) += square(weights_[i]);
  }
  mu_eff_ = square(sum) / sum_of_squares;
  const double negative_mu_eff = square(negative_sum) / negative_sum_of_squares;

  c_sigma_ = (mu_eff_ + 2) / (n + mu_eff_ + 5);                                             // 55
  d_sigma_ = 1 + 2 * std::max(0.0, std::sqrt((mu_eff_ - 1) / (n + 1)) - 1) + c_sigma_;      // 55
  c_c_ = (4 + mu_eff_ / n) / (n + 4 + 2 * mu_eff_ / n);                                     // 56
  c_1_ = 2 / (square(n + 1.3) + mu_eff_);                                                   // 57
  c_mu_ = std::min(1 - c_1_, 2 * (mu_eff_ - 2 + 1 / mu_eff_) / (square(n + 2) + mu_eff_));  // 58
  if (diagonal_) {  // fewer degrees of freedom are learnt faster: Ros and Hansen, section 3
    c_1_ = std::min(1.0, c_1_ * (n + 2) / 3);
    c_mu_ = std::min(1 - c_1_, c_mu_ * (n + 2) / 3);
  }

  const double negative_total = std::min({1 + c_1_ / c_mu_,                         // 50
                                          1 + 2 * negative_mu_eff / (mu_eff_ + 2),  // 51
                                          (1 - c_1_ - c_mu_) / (n * c_mu_)});       // 52
  for (std::size_t i = 0; i < lambda_; ++i) {
    weights_[i] *= i < mu_ ? 1 / sum : config.active ? negative_total / -negative_sum : 0.0;  // 53
  }
  expected_norm_ = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * square(n)));
  // Appendix B.2, rounded to the nearest: in between, C changes too little to matter.
  decompose_every_ = std::max(1, static_cast<int>(std::lround(1 / (10 * n * (c_1_ + c_mu_)))));

  path_sigma_.assign(n_, 0.0);
  path_c_.assign(n_, 0.0);
  deviations_.assign(n_, 1.0);
  if (diagonal_) {
    covariance_.assign(n_, 1.0);
  } else {
    covariance_.assign(n_ * n_, 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      covariance_[i * n_ + i] = 1.0;
    }
    axes_ = covariance_;
  }
}

void CmaEs::ask(std::span<double> candidates) {
  REVERIE_CHECK(candidates.size(), ==, lambda_ * n_);
  std::vector<float> normals(lambda_ * n_);
  Rng(derive_seed(seed_, Stream::cma_es, static_cast<std::uint64_t>(generation_))).fill_normal(normals);
  z_.assign(normals.begin(), normals.end());  // 38
  y_.resize(z_.size());
  for (std::size_t i = 0; i < z_.size(); ++i) {
    y_[i] = deviations_[i % n_] * z_[i];  // 39: y = B D z
  }
  if (!diagonal_) {
    matrix(y_, lambda_, n_).copy_(at::mm(matrix(y_, lambda_, n_), matrix(axes_, n_, n_).t()));
  }
  for (std::size_t i = 0; i < y_.size(); ++i) {
    candidates[i] = mean_[i % n_] + sigma_ * y_[i];  // 40
  }
}

void CmaEs::tell(std::span<const double> fitness) {
  REVERIE_CHECK(fitness.size(), ==, lambda_);
  REVERIE_CHECK(y_.size(), ==, lambda_ * n_);  // ask() comes first
  if (std::all_of(fitness.begin(), fitness.end(), [](double value) { return std::isnan(value); })) {
    throw Error(ErrorKind::other, str("CMA-ES, generation ", generation_, ": expected a fitness, found only NaN"));
  }
  const std::vector<std::size_t> ranking = rank(fitness);

  // The step of the mean, as drawn (z) and as taken (y).
  std::vector<double> z_step(n_, 0.0), y_step(n_, 0.0);
  for (std::size_t i = 0; i < mu_; ++i) {
    for (std::size_t j = 0; j < n_; ++j) {
      z_step[j] += weights_[i] * z_[ranking[i] * n_ + j];
      y_step[j] += weights_[i] * y_[ranking[i] * n_ + j];  // 41
    }
  }
  for (std::size_t j = 0; j < n_; ++j) {
    mean_[j] += sigma_ * y_step[j];  // 42, c_m = 1
  }

  // C^-1/2 y = B D^-1 B' B D z = B z.
  std::vector<double> whitened = z_step;
  if (!diagonal_) {
    matrix(whitened, n_, 1).copy_(at::mm(matrix(axes_, n_, n_), matrix(z_step, n_, 1)));
  }
  const double path_scale = std::sqrt(c_sigma_ * (2 - c_sigma_) * mu_eff_);
  for (std::size_t j = 0; j < n_; ++j) {
    path_sigma_[j] = (1 - c_sigma_) * path_sigma_[j] + path_scale * whitened[j];  // 43
  }
  const double path_norm = std::sqrt(squared_norm(path_sigma_));
  sigma_ *= std::exp(c_sigma_ / d_sigma_ * (path_norm / expected_norm_ - 1));  // 44

  // While the step size grows fast, the path of C stands still.
  const double settled = std::sqrt(1 - std::pow(1 - c_sigma_, 2.0 * (generation_ + 1)));
  const double n = static_cast<double>(n_);
  const double h_sigma = path_norm / settled < (1.4 + 2 / (n + 1)) * expected_norm_ ? 1.0 : 0.0;
  for (std::size_t j = 0; j < n_; ++j) {
    path_c_[j] = (1 - c_c_) * path_c_[j] + h_sigma * std::sqrt(c_c_ * (2 - c_c_) * mu_eff_) * y_step[j];  // 45
  }
  update_covariance(ranking, h_sigma);
  ++generation_;
  if (generation_ - decomposed_ >= decompose_every_) {
    decompose();
  }
  z_.clear();
  y_.clear();
}

void CmaEs::update_covariance(std::span<const std::size_t> ranking, double h_sigma) {
  // One matrix for the rank-one and the rank-mu update: a row per candidate, then p_c, each with its weight.
  std::vector<double> row_weight(lambda_ + 1);
  for (std::size_t i = 0; i < lambda_; ++i) {
    const std::size_t candidate = ranking[i];
    // A long bad step must not make C indefinite; ||C^-1/2 y|| = ||z||.
    const double scale =
        weights_[i] >= 0 ? 1.0 : static_cast<double>(n_) / squared_norm(std::span(z_).subspan(candidate * n_, n_));
    row_weight[candidate] = c_mu_ * weights_[i] * scale;  // 46
  }
  row_weight[lambda_] = c_1_;
  const double weight_sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  const double keep = 1 + c_1_ * (1 - h_sigma) * c_c_ * (2 - c_c_) - c_1_ - c_mu_ * weight_sum;

  std::vector<double> rows = y_;
  rows.insert(rows.end(), path_c_.begin(), path_c_.end());
  if (diagonal_) {
    for (double& variance : covariance_) {
      variance *= keep;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      covariance_[i % n_] += row_weight[i / n_] * square(rows[i]);  // 47, its diagonal
    }
  } else {
    const at::Tensor y = matrix(rows, lambda_ + 1, n_);
    matrix(covariance_, n_, n_).mul_(keep).addmm_(y.t(), matrix(row_weight, lambda_ + 1, 1) * y);  // 47
  }
}

void CmaEs::decompose() {
  if (diagonal_) {
    deviations_ = covariance_;
  } else {
    const at::Tensor covariance = matrix(covariance_, n_, n_);
    covariance.copy_((covariance + covariance.t()) / 2);  // rounding may have made it asymmetric
    const auto [eigenvalues, eigenvectors] = at::linalg_eigh(covariance);
    matrix(deviations_, n_, 1).copy_(eigenvalues.unsqueeze(1));
    matrix(axes_, n_, n_).copy_(eigenvectors);
  }
  const double largest = *std::max_element(deviations_.begin(), deviations_.end());
  if (!(largest > 0) || !std::isfinite(largest) || !std::isfinite(sigma_)) {
    throw Error(ErrorKind::other,
                str("CMA-ES, generation ", generation_, ": expected a finite distribution, found sigma ", sigma_,
                    " and largest variance ", largest));
  }
  for (double& deviation : deviations_) {
    deviation = std::sqrt(std::max(deviation, kEigenvalueFloor * largest));
  }
  decomposed_ = generation_;
}

double CmaEs::axis_ratio() const {
  const auto [shortest, longest] = std::minmax_element(deviations_.begin(), deviations_.end());
  return *longest / *shortest;
}

NamedArrays CmaEs::save() const {
  return {
      {"population_size", {static_cast<double>(lambda_)}},
      {"generation", {static_cast<double>(generation_)}},
      {"decomposed", {static_cast<double>(decomposed_)}},
      {"sigma", {sigma_}},
      {"mean", mean_},
      {"path_sigma", path_sigma_},
      {"path_c", path_c_},
      {"covariance", covariance_},
      {"axes", axes_},
      {"deviations", deviations_},
  };
}

void CmaEs::load(const NamedArrays& state) {
  const auto array = [&](const std::string& name, std::size_t size) -> const std::vector<double>& {
    const auto found = state.find(name);
    if (found == state.end()) {
      throw Error(ErrorKind::data, str("CMA-ES state: expected an array '", name, "', found none"));
    }
    if (found->second.size() != size) {
      throw Error(ErrorKind::data,
                  str("CMA-ES state, '", name, "': expected ", size, " values, found ", found->second.size()));
    }
    return found->second;
  };
  const double population_size = array("population_size", 1)[0];
  if (population_size != static_cast<double>(lambda_)) {
    throw Error(ErrorKind::data, str("CMA-ES state: expected population_size ", lambda_, ", found ", population_size));
  }
  // All are looked up before any is assigned: a state that does not fit changes nothing.
  const std::vector<double>& generation = array("generation", 1);
  const std::vector<double>& decomposed = array("decomposed", 1);
  const std::vector<double>& sigma = array("sigma", 1);
  const std::vector<double>& mean = array("mean", n_);
  const std::vector<double>& path_sigma = array("path_sigma", n_);
  const std::vector<double>& path_c = array("path_c", n_);
  const std::vector<double>& covariance = array("covariance", covariance_.size());
  const std::vector<double>& axes = array("axes", axes_.size());
  const std::vector<double>& deviations = array("deviations", n_);
  generation_ = static_cast<int>(generation[0]);
  decomposed_ = static_cast<int>(decomposed[0]);
  sigma_ = sigma[0];
  mean_ = mean;
  path_sigma_ = path_sigma;
  path_c_ = path_c;
  covariance_ = covariance;
  axes_ = axes;
  deviations_ = deviations;
  z_.clear();
  y_.clear();
}

}  // namespace reverie
