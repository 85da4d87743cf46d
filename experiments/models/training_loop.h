// The training loop of networks: epochs of updates. Each epoch ends with measurements on held-out episodes, a line of
// metrics and a checkpoint from which the same command goes on bit for bit.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <string>

#include "env/error.h"
#include "experiments/models/trainer.h"
#include "experiments/run/experiment.h"
#include "experiments/run/progress.h"
#include "experiments/run/stop_flag.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/nn/data_parallel.h"

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
  std::function<Measurements()> end_epoch;  // held-out figures
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

// Trains `master` in place. Throws Error where a loss or what would be saved is not finite, and Stopped after a
// checkpoint where the user asks for it.
template <typename Holder>
void run_training(Experiment& experiment, Holder& master, const TrainingTask<Holder>& task) {
  const int epochs = task.training.epochs;
  const int updates = task.training.updates_per_epoch;
  Adam adam(*master);
  int epoch = 0;
  if (is_trained(task.checkpoint, kCheckpointKind, 0, task.made_from)) {
    const TensorFile file = read_tensor_file(task.checkpoint, kCheckpointKind);
    load_module(*master, file.tensors, task.checkpoint);
    std::map<std::string, torch::Tensor> optimiser;
    for (const auto& [name, tensor] : file.tensors) {
      if (name.rfind("adam.", 0) == 0) {
        optimiser[name.substr(5)] = tensor;
      }
    }
    adam.load(optimiser);
    epoch = take_number<int>(file.metadata, task.checkpoint, "epochs");
  }
  const auto save = [&] {
    TensorFile file;
    file.tensors = module_tensors(*master);
    for (const auto& [name, tensor] : adam.save()) {
      file.tensors["adam." + name] = tensor;
    }
    file.metadata = task.made_from;
    file.metadata["epochs"] = std::to_string(epoch);
    check_finite(file.tensors, str(task.stage, ": the checkpoint of epoch ", epoch, " of iteration ", task.iteration));
    write_tensor_file(task.checkpoint, kCheckpointKind, file);
  };

  Metrics metrics(experiment.run.metrics());
  metrics.resume_at({task.stage, task.iteration, epoch + 1});
  DataParallel<Holder> parallel(master, task.make_replica, task.training.shards, *experiment.pool);
  std::vector<double> shard_loss(static_cast<std::size_t>(task.training.shards));
  const Equipped helpers = equip_for_training(experiment, task.stage);
  Elsewhere elsewhere = helpers.elsewhere();
  const std::int64_t total = static_cast<std::int64_t>(epochs) * updates;
  std::int64_t update = static_cast<std::int64_t>(epoch) * updates;
  Progress progress(task.stage + " " + std::to_string(task.iteration), "updates", total, update);
  for (; epoch < epochs;) {
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
      adam.step(cosine_schedule(task.training.learning_rate, task.training.learning_rate_end,
                                static_cast<double>(update) / static_cast<double>(total)),
                {.norm = task.training.gradient_clip_norm, .value = task.training.gradient_clip},
                experiment.pool.get());
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
    save();
  }
}

}  // namespace reverie
