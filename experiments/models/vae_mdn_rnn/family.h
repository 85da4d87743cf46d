// The world model of Ha and Schmidhuber (2018) as the program knows it: V and M, each with a stage and a file. Of kind
// transformer M remembers with one in place of the LSTM.
#pragma once

#include "experiments/models/model_family.h"
#include "experiments/models/page_network.h"
#include "experiments/models/vae_mdn_rnn/settings.h"

namespace reverie {

class VaeMdnRnnFamily : public ModelFamily {
 public:
  explicit VaeMdnRnnFamily(Memory memory) : memory_(memory) {}
  std::string kind() const override { return memory_ == Memory::transformer ? "transformer" : "vae_mdn_rnn"; }
  std::unique_ptr<ModelConfig> make_config() const override { return std::make_unique<VaeMdnRnnSettings>(memory_); }
  std::vector<Stage> stages() const override;  // train-vae, train-mdn-rnn
  std::vector<WeightFile> weights(const ExperimentConfig& config, const RunDirectory& run,
                                  int iteration) const override;
  std::string identity_key() const override { return "mdn_rnn"; }
  std::unique_ptr<WorldModel> load(const Experiment& experiment, int iteration) const override;
  std::unique_ptr<WorldModel> untrained(const Experiment& experiment, std::optional<int> sees_as) const override;
  std::unique_ptr<EmbeddedEpisodes> embedded(const Experiment& experiment, const WorldModel& model,
                                             const EpisodeStore& episodes, int iteration) const override;
  std::optional<PageNetwork> page_network(const Experiment& experiment, int iteration) const override;
  std::vector<std::pair<std::string, std::string>> highlights(const ExperimentConfig& config) const override;
  std::vector<ShownSection> shown_sections() const override;
  std::vector<LearningPanel> learning_panels() const override;
  void bench(Bench& bench, const std::function<double(int job)>& side_by_side) const override;
  double serve_bench_job(int job, double seconds) const override;

 private:
  Memory memory_;
};

}  // namespace reverie
