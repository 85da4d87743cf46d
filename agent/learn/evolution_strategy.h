// An evolution strategy: it is asked for candidates and told their fitness.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// A whole state as named numbers, for checkpoints.
using NamedArrays = std::map<std::string, std::vector<double>>;

class EvolutionStrategy {
 public:
  virtual ~EvolutionStrategy() = default;
  virtual int dimension() const = 0;
  virtual int population_size() const = 0;

  // Fills candidates [population, dimension] with this generation's. Asking twice gives the same ones.
  virtual void ask(std::span<double> candidates) = 0;

  // fitness: [population], of the candidates last asked for; larger is better, NaN is worst. Ends the generation.
  // Throws Error if all are NaN.
  virtual void tell(std::span<const double> fitness) = 0;

  // [dimension], the distribution's centre: what is evaluated and kept.
  virtual std::span<const double> mean() const = 0;

  // Everything that a run needs to go on bit for bit, taken between generations. load() expects a strategy made with
  // the same arguments and throws Error (data) where the state does not fit.
  virtual NamedArrays save() const = 0;
  virtual void load(const NamedArrays& state) = 0;
};

}  // namespace reverie
