#include "experiments/models/words.h"

#include <algorithm>
#include <limits>

#include "env/error.h"
#include "env/sentence.h"
#include "experiments/models/saved.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr const char* kCommand = "words";
constexpr double kPrecision = 0.95, kShare = 0.05;

std::string identity_key(const Experiment& experiment) {
  return family_of(experiment.config).identity_key();
}

}  // namespace

std::filesystem::path words_path(const RunDirectory& run, int iteration) {
  return run.iteration(iteration) / "words.safetensors";
}

bool has_words(const Experiment& experiment, int iteration) {
  const std::filesystem::path path = words_path(experiment.run, iteration);
  return std::filesystem::exists(path) &&
         take_metadata(read_tensor_metadata(path, kWordsKind), path, identity_key(experiment)) ==
             model_identity(experiment, iteration);
}

void save_words(const Experiment& experiment, int iteration, const SavedWords& words) {
  TensorFile file;
  file.tensors = module_tensors(*words.space);
  file.tensors["held_out"] = words.held_out;
  file.tensors["values"] = words.values;
  file.metadata[identity_key(experiment)] = model_identity(experiment, iteration);
  check_finite(module_tensors(*words.space), str(kCommand, ": the words of iteration ", iteration));
  write_tensor_file(words_path(experiment.run, iteration), kWordsKind, file);
}

SavedWords load_words(const Experiment& experiment, int iteration, std::int64_t feature_size) {
  const std::filesystem::path path = words_path(experiment.run, iteration);
  file_identity(path, kWordsKind, kCommand);
  if (!has_words(experiment, iteration)) {
    throw Error(
        ErrorKind::data,
        str(path.string(), ": was made with another world model than the one beside it: run `reverie ", kCommand, "`"));
  }
  SavedWords words;
  words.space = read_module(path, kWordsKind, [&](auto seed) { return WordSpace(feature_size, seed); });
  const TensorFile file = read_tensor_file(path, kWordsKind);
  const auto attributes = static_cast<std::int64_t>(find_game(experiment.config.game.name).attributes.size());
  words.held_out = take_tensor(file, path, "held_out", torch::kFloat32, {-1, WordSpaceImpl::kSize});
  words.values = take_tensor(file, path, "values", torch::kInt64, {words.held_out.size(0), attributes});
  return words;
}

double threshold_for(const Tensor& scores, const Tensor& is_true, double precision) {
  const auto [sorted, order] = scores.to(torch::kFloat64).sort(0, true);
  const Tensor right = is_true.to(torch::kFloat64).index_select(0, order).cumsum(0);
  const Tensor share = right / torch::arange(1, scores.size(0) + 1, torch::kFloat64);
  std::int64_t last = -1;  // of the first ones, which are counted
  for (std::int64_t i = 0; i < scores.size(0); ++i) {
    last = share[i].item<double>() >= precision ? i : last;
  }
  const auto at = [&sorted = sorted](std::int64_t i) { return sorted[i].item<double>(); };
  if (last < 0) {
    return std::numeric_limits<double>::infinity();
  }
  return last + 1 < scores.size(0) ? 0.5 * (at(last) + at(last + 1)) : at(last) - 1.0;
}

WordGoal goal_of(const SavedWords& words, const std::vector<GameAttribute>& attributes, const std::string& goal,
                 const std::string& baseline) {
  torch::NoGradGuard no_grad;
  const auto place = [&](const std::string& sentence) { return words.space->sentences({&sentence, 1})[0]; };
  WordGoal result;
  result.direction = place(goal);
  if (!baseline.empty()) {
    result.direction = result.direction - place(baseline);
  }
  const Tensor scores = torch::mv(words.held_out, result.direction);
  const std::optional<Saying> saying = understood(attributes, goal);
  double threshold = std::numeric_limits<double>::infinity();
  if (saying) {
    Tensor is_so = torch::ones({scores.size(0)});
    for (std::size_t i = 0; i < saying->size(); ++i) {
      if ((*saying)[i] != kUnsaid) {
        is_so = is_so * (words.values.select(1, static_cast<std::int64_t>(i)) == (*saying)[i]).to(torch::kFloat32);
      }
    }
    threshold = threshold_for(scores, is_so, kPrecision);
  }
  if (!std::isfinite(threshold)) {
    threshold = scores.quantile(1.0 - kShare).item<double>();
  }
  result.threshold = threshold;
  return result;
}

NearestSentence::NearestSentence(const SavedWords& words, const std::vector<GameAttribute>& attributes)
    : space_(words.space), sentences_(plain_sentences(attributes)) {
  torch::NoGradGuard no_grad;
  places_ = space_->sentences(sentences_);
}

const std::string& NearestSentence::operator()(const Tensor& features) const {
  torch::NoGradGuard no_grad;
  const Tensor products = torch::mv(places_, space_->moments(features)[0]);
  return sentences_[static_cast<std::size_t>(products.argmax().item<std::int64_t>())];
}

std::unique_ptr<WorldModel> paying_as_configured(const Experiment& experiment, int iteration,
                                                 std::unique_ptr<WorldModel> model) {
  const DreamConfig& dream = experiment.config.dream;
  if (dream.reward != DreamReward::words) {
    return model;
  }
  SavedWords words = load_words(experiment, iteration, model->spec().feature_size);
  const WordGoal goal = goal_of(words, find_game(experiment.config.game.name).attributes, dream.goal, dream.baseline);
  return std::make_unique<WordReward>(std::move(model), words.space, goal);
}

}  // namespace reverie
