#include "tests/toy/toy_family.h"

#include "env/error.h"
#include "experiments/models/look_at_dream.h"
#include "tests/toy/toy_world_model.h"
#include "worldmodel/data/tensor_file.h"

namespace reverie {
namespace {

constexpr const char* kToyKind = "toy/1";

struct ToySettings {
  int passes = 1;
};

std::vector<Field> fields(ToySettings& c) {
  return {number_field("passes", c.passes, 1, 100, "over the recorded steps")};
}

class ToyModelConfig : public ModelConfig {
 public:
  ToySettings settings;
  double brightness = 1.0;

  static const ToyModelConfig& of(const ExperimentConfig& config) {
    return dynamic_cast<const ToyModelConfig&>(*config.model.config);
  }

  std::unique_ptr<ModelConfig> clone() const override { return std::make_unique<ToyModelConfig>(*this); }
  std::vector<Field> model_fields() override {
    return {number_field("brightness", brightness, 0.0, 2.0, "of what it draws")};
  }
  std::vector<Field> sections() override { return {section_field("toy", settings, "the toy model")}; }
  void check(const ExperimentConfig&) const override {}
  std::vector<std::string> growing_keys() const override { return {}; }
  std::vector<std::string> weight_keys() const override { return {}; }
  int frame_height() const override { return ToyWorldModel(1).spec().frame_height; }
  int frame_width() const override { return ToyWorldModel(1).spec().frame_width; }
  int feature_size() const override { return ToyWorldModel(1).spec().feature_size; }
  bool learns() const override { return true; }
};

std::filesystem::path toy_path(const RunDirectory& run, int iteration) {
  return run.iteration(iteration) / "toy.safetensors";
}

void train_toy(Experiment& experiment, const ExperimentConfig&, int iteration) {
  const EpisodeStore episodes = experiment.episodes(iteration);
  double paid = 0.0;
  for (const int episode : episodes.train()) {
    for (const float reward : episodes.read(episode).rewards) {
      paid += static_cast<double>(reward);
    }
  }
  const ToyWorldModel model(experiment.action_size());
  look_at_dream(experiment, model, FreshEmbeddings(model, episodes), iteration);
  Metrics metrics(experiment.run.metrics());
  metrics.resume_at({"train-toy", iteration, 0});
  metrics.write({"train-toy", iteration, 1}, {{"paid", paid}});
  TensorFile file;
  file.tensors["paid"] = torch::tensor({paid}, torch::kFloat64);
  write_tensor_file(toy_path(experiment.run, iteration), kToyKind, file);
}

}  // namespace

std::unique_ptr<ModelConfig> ToyFamily::make_config() const {
  return std::make_unique<ToyModelConfig>();
}

std::vector<Stage> ToyFamily::stages() const {
  Stage stage;
  stage.name = "train-toy";
  stage.help = "measures what the recorded steps pay";
  stage.sections = {"toy", "model"};
  stage.amount = [](const ExperimentConfig& config) { return ToyModelConfig::of(config).settings.passes; };
  stage.inputs = [](const Experiment&, int) { return std::map<std::string, std::string>(); };
  stage.outputs = [](const Experiment& experiment, const ExperimentConfig&,
                     int iteration) -> std::vector<std::filesystem::path> {
    return {toy_path(experiment.run, iteration)};
  };
  stage.run = train_toy;
  return {stage};
}

std::vector<WeightFile> ToyFamily::weights(const ExperimentConfig&, const RunDirectory& run, int iteration) const {
  return {{toy_path(run, iteration), kToyKind, "train-toy"}};
}

std::unique_ptr<WorldModel> ToyFamily::load(const Experiment& experiment, int iteration) const {
  const std::filesystem::path path = toy_path(experiment.run, iteration);
  file_identity(path, kToyKind, "train-toy");
  read_tensor_file(path, kToyKind);
  return std::make_unique<ToyWorldModel>(experiment.action_size());
}

std::unique_ptr<WorldModel> ToyFamily::untrained(const Experiment& experiment, std::optional<int>) const {
  return std::make_unique<ToyWorldModel>(experiment.action_size());
}

std::vector<std::pair<std::string, std::string>> ToyFamily::highlights(const ExperimentConfig& config) const {
  return {{"toy", str("passes ", ToyModelConfig::of(config).settings.passes)}};
}

}  // namespace reverie
