// The training loop of networks: epochs of updates. Each epoch ends with measurements on held-out episodes, a line of
// metrics and a checkpoint from which the same command goes on bit for bit. Weights change as they like, or by an
// update of low rank or of some of them (TrainingConfig::adapts()).
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "env/error.h"
#include "experiments/models/adapter.h"
#include "experiments/models/trainer.h"
#include "experiments/run/experiment.h"
#include "experiments/run/progress.h"
#include "experiments/run/stop_flag.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/nn/data_parallel.h"
#include "worldmodel/nn/low_rank.h"

namespace reverie {

template <typename Holder>
struct TrainingTask {
  std::string stage;  // for metrics and messages
  int iteration = 0;
  TrainingConfig training;
  std::filesystem::path checkpoint;
  std::map<std::string, std::string> made_from;  // what a checkpoint must say it was trained on, to be continued

  std::function<Holder()> make_replica;
  std::function<void(int epoch)> begin_epoch = [](int) {};
  std::function<void(std::int64_t update)> begin_update = [](std::int64_t) {};  // prepares the batch
  // Of the batch's shard, with what it carries from the last update. From any thread.
  std::function<std::vector<torch::Tensor>(std::int64_t update, int shard)> inputs;
  // From the inputs alone, so that a helper can compute it (Stage::equip).
  typename ShardEquipment<Holder>::Loss loss;
  std::function<void(int shard, const std::vector<torch::Tensor>& carried)> carry = [](int, const auto&) {};
  std::function<Measurements()> end_epoch;  // held-out figures; TrainingConfig::patience judges by the first
  std::function<void(Metrics& metrics, const MetricsPlace& place)> show = [](Metrics&, const MetricsPlace&) {
  };  // pictures and histograms after each epoch
};

// True where the file holds weights that were trained for at least `epochs` on exactly what `made_from` says.
inline bool is_trained(const std::filesystem::path& path, const char* kind, int epochs,
                       const std::map<std::string, std::string>& made_from) {
  if (!std::filesystem::exists(path)) {
    return false;
  }
  const auto metadata = read_tensor_metadata(path, kind);
  for (const auto& [key, value] : made_from) {
    const auto found = metadata.find(key);
    if (found == metadata.end() || found->second != value) {
      return false;
    }
  }
  return metadata.count("epochs") > 0 && take_number<int>(metadata, path, "epochs") >= epochs;
}

// The file that is_trained() will find trained. what: whose weights, for the Error (kind other) where one is not
// finite.
template <typename Holder>
void write_trained(const std::filesystem::path& path, const char* kind, const Holder& trained, int epochs,
                   const std::map<std::string, std::string>& made_from, const std::string& what) {
  TensorFile file;
  file.tensors = module_tensors(*trained);
  file.metadata = made_from;
  file.metadata["epochs"] = std::to_string(epochs);
  check_finite(file.tensors, what);
  write_tensor_file(path, kind, file);
}

// Tensors whose name begins with `prefix`, by what follows it.
inline std::map<std::string, torch::Tensor> under(const std::map<std::string, torch::Tensor>& tensors,
                                                  const std::string& prefix) {
  std::map<std::string, torch::Tensor> found;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) {
      found[name.substr(prefix.size())] = tensor;
    }
  }
  return found;
}

inline constexpr const char* kBestFigure = "best held-out figure";

inline std::map<std::string, torch::Tensor> copied(std::map<std::string, torch::Tensor> tensors) {
  for (auto& [name, tensor] : tensors) {
    tensor = tensor.clone();
  }
  return tensors;
}

// Trains `master` in place, and returns what it changed where it adapts (LowRankUpdate::tensors()), else nothing.
// Throws Error where a loss or what would be saved is not finite, and Stopped after a checkpoint where the user asks
// for it.
template <typename Holder>
std::map<std::string, torch::Tensor> run_training(Experiment& experiment, Holder& master,
                                                  const TrainingTask<Holder>& task) {
  const int epochs = task.training.epochs;
  const int updates = task.training.updates_per_epoch;
  std::optional<LowRankUpdate> update_of_weights;
  if (task.training.adapts()) {
    update_of_weights.emplace(
        *master, task.training.rank.at(0), task.training.parts,
        derive_seed(experiment.config.seed, Stream::adapter_init, static_cast<std::uint64_t>(task.iteration)));
  }
  const torch::nn::Module& learner = update_of_weights ? static_cast<const torch::nn::Module&>(*update_of_weights)
                                                       : static_cast<const torch::nn::Module&>(*master);
  Adam adam(learner);
  int epoch = 0, best_epoch = 0;
  double best = std::numeric_limits<double>::infinity();  // held out, with patience
  std::map<std::string, torch::Tensor> best_weights;
  if (is_trained(task.checkpoint, kCheckpointKind, 0, task.made_from)) {
    const TensorFile file = read_tensor_file(task.checkpoint, kCheckpointKind);
    load_module(*master, file.tensors, task.checkpoint);
    if (update_of_weights) {
      load_module(*update_of_weights, under(file.tensors, "update."), task.checkpoint);
    }
    adam.load(under(file.tensors, "adam."));
    epoch = take_number<int>(file.metadata, task.checkpoint, "epochs");
    if (task.training.patience > 0) {
      best_epoch = take_number<int>(file.metadata, task.checkpoint, "best_epoch");
      best = take_tensor(file, task.checkpoint, kBestFigure, torch::kFloat64, {1}).template item<double>();
      best_weights = under(file.tensors, "best.");
    }
  }
  const auto save = [&] {
    TensorFile file;
    file.tensors = module_tensors(*master);
    const auto add = [&file](const std::string& prefix, const std::map<std::string, torch::Tensor>& tensors) {
      for (const auto& [name, tensor] : tensors) {
        file.tensors[prefix + name] = tensor;
      }
    };
    add("adam.", adam.save());
    if (update_of_weights) {
      add("update.", module_tensors(*update_of_weights));
    }
    file.metadata = task.made_from;
    file.metadata["epochs"] = std::to_string(epoch);
    if (task.training.patience > 0) {
      add("best.", best_weights);
      file.metadata["best_epoch"] = std::to_string(best_epoch);
      file.tensors[kBestFigure] = torch::full({1}, best, torch::kFloat64);
    }
    check_finite(file.tensors, str(task.stage, ": the checkpoint of epoch ", epoch, " of iteration ", task.iteration));
    write_tensor_file(task.checkpoint, kCheckpointKind, file);
  };

  Metrics metrics(experiment.run.metrics());
  metrics.resume_at({task.stage, task.iteration, epoch + 1});
  DataParallel<Holder> parallel(master, task.make_replica, task.training.shards, *experiment.pool);
  std::vector<double> shard_loss(static_cast<std::size_t>(task.training.shards));
  const Equipped helpers = equip_for_training(experiment, task.stage);
  Elsewhere elsewhere = helpers.elsewhere();
  const auto has_patience = [&] { return task.training.patience == 0 || epoch - best_epoch < task.training.patience; };
  const std::int64_t total = static_cast<std::int64_t>(epochs) * updates;
  std::int64_t update = static_cast<std::int64_t>(epoch) * updates;
  Progress progress(task.stage + " " + std::to_string(task.iteration), "updates", total, update);
  while (epoch < epochs && has_patience()) {
    task.begin_epoch(epoch);
    double sum = 0.0;
    for (int i = 0; i < updates; ++i, ++update) {
      if (stop_requested()) {
        throw Stopped();  // back to the last epoch's checkpoint
      }
      task.begin_update(update);
      elsewhere.pack = [&](int shard, int, MessageWriter& message) {
        put_tensors(message, task.inputs(update, shard));
      };
      elsewhere.unpack = [&](int shard, MessageReader& message) {
        shard_loss[static_cast<std::size_t>(shard)] = message.take<double>();
        task.carry(shard, take_tensors(message));
      };
      parallel.backward(
          [&](const Holder& replica, int shard) {
            const ShardLoss loss = task.loss(replica, task.inputs(update, shard));
            shard_loss[static_cast<std::size_t>(shard)] = loss.total.template item<double>();
            task.carry(shard, loss.carried);
            return loss.total;
          },
          elsewhere);
      double loss = 0.0;
      for (const double value : shard_loss) {
        loss += value / task.training.shards;
      }
      if (!std::isfinite(loss)) {
        throw Error(ErrorKind::other,
                    str(task.stage, ": the loss is ", loss, " at iteration ", task.iteration, ", update ", update,
                        ": expected a finite number; try a smaller learning_rate or a gradient_clip"));
      }
      sum += loss;
      if (update_of_weights) {
        update_of_weights->take_gradients();
      }
      adam.step(cosine_schedule(task.training.learning_rate, task.training.learning_rate_end,
                                static_cast<double>(update) / static_cast<double>(total)),
                {.norm = task.training.gradient_clip_norm, .value = task.training.gradient_clip},
                experiment.pool.get());
      if (update_of_weights) {
        update_of_weights->merge();
      }
      progress.update(update + 1, str("loss ", loss));
    }
    ++epoch;
    Measurements values = {{"train_loss", sum / updates}};
    const Measurements held_out = task.end_epoch();
    for (const auto& [name, value] : held_out) {
      if (!std::isfinite(value)) {  // nothing of this epoch is kept
        throw Error(ErrorKind::other,
                    str(task.stage, ": ", name, " is ", value, " after epoch ", epoch, " of iteration ", task.iteration,
                        ": expected a finite number; try a smaller learning_rate"));
      }
    }
    values.insert(values.end(), held_out.begin(), held_out.end());
    const MetricsPlace place = {task.stage, task.iteration, epoch};
    metrics.write(place, values);
    task.show(metrics, place);
    if (task.training.patience > 0 && held_out.front().second < best) {
      best = held_out.front().second;
      best_epoch = epoch;
      best_weights = copied(module_tensors(*master));
      if (update_of_weights) {
        for (const auto& [name, tensor] : copied(update_of_weights->tensors())) {
          best_weights["update of " + name] = tensor;
        }
      }
    }
    save();
  }
  if (task.training.patience > 0 && !best_weights.empty()) {
    load_module(*master, best_weights, task.checkpoint);
    return update_of_weights ? under(best_weights, "update of ") : std::map<std::string, torch::Tensor>();
  }
  return update_of_weights ? update_of_weights->tensors() : std::map<std::string, torch::Tensor>();
}

// Writes the update that run_training() returned beside the weights; nothing where there is none.
inline void write_adapter(const std::filesystem::path& weights, const std::map<std::string, torch::Tensor>& update,
                          const std::map<std::string, std::string>& made_from) {
  if (!update.empty()) {
    TensorFile file;
    file.tensors = update;
    file.metadata = made_from;
    check_finite(file.tensors, adapter_path(weights).string());
    write_tensor_file(adapter_path(weights), kAdapterKind, file);
  }
}

}  // namespace reverie
