// CMA-ES: a normal distribution over parameters that learns its mean, step size and covariance from ranked samples.
// N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772 (2016), whose symbols and equation numbers are
// used in cma_es.cpp. The diagonal form is R. Ros and N. Hansen, "A Simple Modification in CMA-ES", PPSN 2008.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/learn/evolution_strategy.h"
#include "env/fields.h"

namespace reverie {

struct CmaEsConfig {
  int population_size = 0;
  double sigma = 0.1;
  bool diagonal = false;
  bool active = true;

  void validate() const;
};

inline std::vector<Field> fields(CmaEsConfig& c) {
  return {number_field("population_size", c.population_size, 0, 100000,
                       "candidates of a generation, at least 4; 0: 4 + floor(3 ln n) for n parameters"),
          number_field("sigma", c.sigma, 1e-12, 1e12, "the first step size, in units of the parameters"),
          bool_field("diagonal", c.diagonal,
                     "learn variances only: time and memory linear in the parameters, but no correlations"),
          bool_field("active", c.active, "the worse half of a generation counts too, with negative weights")};
}

// How many candidates a generation has for n parameters. A configured size of 0 gives CMA-ES's default (equation 48).
int population_size(const CmaEsConfig& config, int n);

class CmaEs : public EvolutionStrategy {
 public:
  // start: the first mean, which also gives the dimension. seed: the run's; generation g draws from
  // derive_seed(seed, Stream::cma_es, g). The defaults of the tutorial's Table 1 hold for all else.
  CmaEs(const CmaEsConfig& config, std::span<const double> start, std::uint64_t seed);

  int dimension() const override { return static_cast<int>(n_); }
  int population_size() const override { return static_cast<int>(lambda_); }
  void ask(std::span<double> candidates) override;
  void tell(std::span<const double> fitness) override;
  std::span<const double> mean() const override { return mean_; }
  NamedArrays save() const override;
  void load(const NamedArrays& state) override;

  int generation() const { return generation_; }  // generations told so far
  double sigma() const { return sigma_; }
  double axis_ratio() const;  // longest over shortest axis of the distribution

 private:
  void update_covariance(std::span<const std::size_t> ranking, double h_sigma);
  void decompose();

  // Fixed by config and dimension; Table 1.
  std::size_t n_, lambda_, mu_;
  bool diagonal_;
  std::uint64_t seed_;
  std::vector<double> weights_;  // [population], best first; the first mu are positive and sum to 1
  double mu_eff_, c_sigma_, d_sigma_, c_c_, c_1_, c_mu_;
  double expected_norm_;  // E||N(0, I)||
  int decompose_every_;   // generations

  // The state: what save() keeps.
  int generation_ = 0;
  int decomposed_ = 0;  // the generation of `axes_` and `deviations_`
  double sigma_;
  std::vector<double> mean_, path_sigma_, path_c_;  // [n]
  std::vector<double> covariance_;                  // C: [n, n], or its diagonal [n]
  std::vector<double> axes_;                        // B: [n, n], eigenvectors in columns; empty if diagonal (B = I)
  std::vector<double> deviations_;                  // D: [n], square roots of the eigenvalues

  // This generation's draws, from ask() to tell(); empty otherwise.
  std::vector<double> z_, y_;  // [population, n]
};

}  // namespace reverie
