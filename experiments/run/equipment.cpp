#include "experiments/run/equipment.h"

#include "env/atomic_file.h"
#include "env/memory_files.h"
#include "experiments/config/config_writer.h"

namespace reverie {

Equipped equip(const Experiment& experiment, const std::string& kind, const ExperimentConfig& config,
               const std::vector<std::filesystem::path>& files, const std::function<void(MessageWriter&)>& write) {
  Team* const team = experiment.pool->team();
  if (team == nullptr) {
    return {};
  }
  MessageWriter message;
  message.put_text(experiment.run.folder().string());
  message.put_text(print_config(config));
  message.put(static_cast<std::uint64_t>(files.size()));
  for (const std::filesystem::path& file : files) {
    message.put_text(file.string());
    message.put_text(read_file(file));
  }
  if (write) {
    write(message);
  }
  return {team, kind, message.take()};
}

Experiment sent_experiment(MessageReader& context, WorkerPool& pool) {
  const std::filesystem::path folder = context.take_text();
  const std::filesystem::path config = folder / "config.yaml of rank 0";
  const std::string text = context.take_text();
  const MemoryFile of_config(config, std::as_bytes(std::span(text)));
  for (auto left = context.take<std::uint64_t>(); left > 0; --left) {
    const std::filesystem::path file = context.take_text();
    keep_in_memory(file, context.take_bytes());
  }
  return Experiment::sent(load_config(config), folder, pool);
}

}  // namespace reverie
