#include "experiments/models/model_family.h"

#include "env/error.h"
#include "experiments/models/page_network.h"

namespace reverie {
namespace {

const ModelFamily& find_family(const std::string& kind) {
  std::string known;
  for (const auto& family : model_families()) {
    if (family->kind() == kind) {
      return *family;
    }
    known += (known.empty() ? "" : ", ") + family->kind();
  }
  throw Error(ErrorKind::config, str("model.kind: unknown world model '", kind, "' (known: ", known, ")"));
}

}  // namespace

std::unique_ptr<EmbeddedEpisodes> ModelFamily::embedded(const Experiment&, const WorldModel& model,
                                                        const EpisodeStore& episodes, int) const {
  return std::make_unique<FreshEmbeddings>(model, episodes);
}

const ModelFamily& family_of(const ExperimentConfig& config) {
  return find_family(config.model.kind);
}

std::vector<std::string> model_kinds() {
  std::vector<std::string> kinds;
  for (const auto& family : model_families()) {
    kinds.push_back(family->kind());
  }
  return kinds;
}

std::unique_ptr<ModelConfig> make_model_config(const std::string& kind) {
  return find_family(kind).make_config();
}

std::optional<PageNetwork> ModelFamily::page_network(const Experiment&, int) const {
  return std::nullopt;
}

}  // namespace reverie
