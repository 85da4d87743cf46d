// The RSSM of PlaNet and Dreamer as the program knows it: on V's latents with a stage each for V and for itself, or
// from pixels with one.
#pragma once

#include "experiments/models/model_family.h"
#include "experiments/models/rssm/settings.h"

namespace reverie {

class RssmFamily : public ModelFamily {
 public:
  std::string kind() const override { return "rssm"; }
  std::unique_ptr<ModelConfig> make_config() const override { return std::make_unique<RssmSettings>(); }
  std::vector<Stage> stages() const override;  // train-vae, train-rssm
  std::vector<WeightFile> weights(const ExperimentConfig& config, const RunDirectory& run,
                                  int iteration) const override;
  std::string identity_key() const override { return "rssm"; }
  std::unique_ptr<WorldModel> load(const Experiment& experiment, int iteration) const override;
  std::unique_ptr<WorldModel> untrained(const Experiment& experiment, std::optional<int> sees_as) const override;
  std::unique_ptr<EmbeddedEpisodes> embedded(const Experiment& experiment, const WorldModel& model,
                                             const EpisodeStore& episodes, int iteration) const override;
  std::vector<std::pair<std::string, std::string>> highlights(const ExperimentConfig& config) const override;
  std::vector<ShownSection> shown_sections() const override;
  std::vector<LearningPanel> learning_panels() const override;
  void bench(Bench& bench, const std::function<double(int job)>& side_by_side) const override;
};

Stage train_rssm_stage();
void bench_rssm(Bench& bench);

}  // namespace reverie
