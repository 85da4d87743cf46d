// The part of a config that belongs to the world model: what `model:` says beside its kind, and sections of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "env/fields.h"

namespace reverie {

struct ExperimentConfig;

class ModelConfig {
 public:
  virtual ~ModelConfig() = default;
  virtual std::unique_ptr<ModelConfig> clone() const = 0;

  virtual std::vector<Field> model_fields() = 0;                 // keys of `model:`
  virtual std::vector<Field> sections() = 0;                     // sections beside it
  virtual void check(const ExperimentConfig& config) const = 0;  // against the rest; Error (kind config)
  virtual std::vector<std::string> growing_keys() const = 0;     // that may be larger when a run is continued

  // Keys that the weights were made for: with other values they do not fit, or mean something else.
  virtual std::vector<std::string> weight_keys() const = 0;

  // Keys and values with which an iteration learns a changed game from a few episodes, by updates of that rank (0: of
  // all weights). frames: what the game draws has changed, too. Empty: the model cannot.
  virtual std::vector<std::string> adapting(int /*rank*/, bool /*frames*/) const { return {}; }

  virtual int frame_height() const = 0;  // of what the model sees
  virtual int frame_width() const = 0;
  virtual int feature_size() const = 0;  // of what C sees
  virtual bool learns() const = 0;       // in the iteration of this config; false where none of its weights change
};

// By its place in the table of world models (models/model_family.h), which defines both.
std::vector<std::string> model_kinds();
std::unique_ptr<ModelConfig> make_model_config(const std::string& kind);

// A config's choice of a model. Copies are deep.
struct ModelChoice {
  ModelChoice();  // the first kind
  ModelChoice(const ModelChoice& other) : kind(other.kind), config(other.config->clone()) {}
  ModelChoice& operator=(const ModelChoice& other);
  ModelChoice(ModelChoice&&) = default;
  ModelChoice& operator=(ModelChoice&&) = default;

  std::string kind;
  std::unique_ptr<ModelConfig> config;  // never null
};

std::vector<Field> fields(ModelChoice& c);

}  // namespace reverie
