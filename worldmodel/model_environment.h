// An environment whose features come from a world model: a dream, or a game seen through the model. A policy that plans
// looks at the model and at its state of every row.
#pragma once

#include "env/environment.h"
#include "worldmodel/world_model.h"

namespace reverie {

class ModelEnvironment : public FeatureEnvironment {
 public:
  virtual const WorldModel& model() const = 0;
  virtual const ModelState& state() const = 0;  // [batch, ...], of this moment; finished rows stay as they ended
};

}  // namespace reverie
