#include "experiments/models/trainer.h"

#include <algorithm>

#include "env/error.h"
#include "experiments/models/model_family.h"
#include "experiments/run/equipment.h"

namespace reverie {
namespace {

// The stage of that name that helpers can share; none where there is no such.
std::optional<Stage> shared_stage(const ExperimentConfig& config, const std::string& name) {
  for (const Stage& stage : family_of(config).stages()) {
    if (stage.name == name && stage.equip) {
      return stage;
    }
  }
  return std::nullopt;
}

class Trainer : public Equipment {
 public:
  Trainer(MessageReader& context, WorkerPool& pool) : experiment_(sent_experiment(context, pool)) {
    const std::string name = context.take_text();
    const std::optional<Stage> stage = shared_stage(experiment_.config, name);
    if (!stage) {
      context.fail(str("expected a stage that trains a network, found '", name, "'"));
    }
    shards_ = stage->equip(experiment_, pool);
  }

  void begin(MessageReader& common) override { shards_->begin(common); }
  void work(TaskSource& tasks, int worker) override { shards_->work(tasks, worker); }

 private:
  Experiment experiment_;
  std::unique_ptr<Equipment> shards_;
};

}  // namespace

Equipped equip_for_training(const Experiment& experiment, const std::string& stage) {
  if (!shared_stage(experiment.config, stage)) {
    return {};
  }
  return equip(experiment, kTrainEquipment, experiment.config, {},
               [&](MessageWriter& message) { message.put_text(stage); });
}

std::unique_ptr<Equipment> take_trainer(MessageReader& context, WorkerPool& pool) {
  return std::make_unique<Trainer>(context, pool);
}

}  // namespace reverie
