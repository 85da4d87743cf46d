#include "experiments/stages/controller_search_factory.h"

#include "agent/learn/evolution.h"
#include "agent/learn/imagination.h"
#include "agent/learn/ppo.h"
#include "env/error.h"
#include "experiments/run/equipment.h"

namespace reverie {
namespace {

// A search without helpers.
std::unique_ptr<ControllerSearch> make_search(const Experiment& experiment, const ExperimentConfig& config,
                                              const WorldModel& model, const StartStates& starts,
                                              std::optional<Arena>& arena, const SearchTask& task) {
  const TrainControllerConfig& training = config.train_controller;
  if (training.method == TrainMethod::imagination) {
    const Imagination::Place place{model, starts, config.dream, experiment.game.actions, training.batch_size};
    return std::make_unique<Imagination>(training.imagination, config.controller, *experiment.pool,
                                         model.features(starts.states), place, task);
  }
  if (training.method == TrainMethod::policy_gradient) {
    return std::make_unique<Ppo>(training.policy_gradient, config.controller, *experiment.pool,
                                 model.features(starts.states), arena->environments(), task);
  }
  return std::make_unique<Evolution>(training.cma_es, training.episodes, arena->evaluator(), task);
}

// The helper's: the same search, of which it works on shards.
class SearchEquipment : public Equipment {
 public:
  SearchEquipment(MessageReader& context, WorkerPool& pool)
      : experiment_(sent_experiment(context, pool)),
        model_(load_world_model(experiment_, take_source(context))),
        starts_(take_start_states(context)),
        arena_(make_search_arena(experiment_, experiment_.config, *model_, starts_)) {
    SearchTask task;
    task.run_seed = context.take<std::uint64_t>();
    task.draw_index = context.take<std::uint64_t>();
    task.generations = context.take<int>();
    task.start = context.take_numbers<double>();
    search_ = make_search(experiment_, experiment_.config, *model_, starts_, arena_, task);
    auto* const shared = dynamic_cast<SharedSearch*>(search_.get());
    if (shared == nullptr) {
      context.fail("expected a search that shares its work, found another");
    }
    shards_ = shared->make_helper();
  }

  void begin(MessageReader& common) override { shards_->begin(common); }
  void work(TaskSource& tasks, int worker) override { shards_->work(tasks, worker); }

 private:
  Experiment experiment_;
  std::unique_ptr<WorldModel> model_;
  StartStates starts_;
  std::optional<Arena> arena_;
  std::unique_ptr<ControllerSearch> search_;
  std::unique_ptr<TaskEquipment> shards_;
};

}  // namespace

std::unique_ptr<Equipment> take_search(MessageReader& context, WorkerPool& pool) {
  return std::make_unique<SearchEquipment>(context, pool);
}

std::optional<Arena> make_search_arena(const Experiment& experiment, const ExperimentConfig& config,
                                       const ModelHere& model, const StartStates& starts) {
  const TrainControllerConfig& training = config.train_controller;
  if (training.method == TrainMethod::imagination) {
    return std::nullopt;
  }
  const int environments = training.method == TrainMethod::policy_gradient ? training.policy_gradient.shards : 0;
  return training.in == TrainIn::dream
             ? Arena::dream(experiment, model, starts, config.dream, training.batch_size, environments)
             : Arena::game(experiment, model, training.batch_size, environments, &config.game);
}

std::unique_ptr<ControllerSearch> make_controller_search(const Experiment& experiment, const ExperimentConfig& config,
                                                         const ModelHere& model, const StartStates& starts,
                                                         std::optional<Arena>& arena, const SearchTask& task) {
  std::unique_ptr<ControllerSearch> search = make_search(experiment, config, model.model, starts, arena, task);
  auto* const shared = dynamic_cast<SharedSearch*>(search.get());
  if (shared != nullptr && model.source) {
    shared->share_with(
        equip(experiment, kSearchEquipment, config, files_of(experiment, *model.source), [&](MessageWriter& message) {
          put_source(message, *model.source);
          put_start_states(message, starts);
          message.put(task.run_seed);
          message.put(task.draw_index);
          message.put(task.generations);
          message.put_numbers(std::span<const double>(task.start));
        }));
  }
  return search;
}

}  // namespace reverie
