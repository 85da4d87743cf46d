// What `reverie words` leaves of an iteration: a word space for its world model, and held-out moments to judge by.
#pragma once

#include <memory>

#include "experiments/run/experiment.h"
#include "worldmodel/words/word_reward.h"

namespace reverie {

inline constexpr const char* kWordsKind = "words/1";

struct SavedWords {
  WordSpace space{nullptr};
  torch::Tensor held_out;  // [n, WordSpaceImpl::kSize], places of moments that the space has not learnt of
  torch::Tensor values;    // [n, attributes] int64: what holds there, as values_of() gives it
};

std::filesystem::path words_path(const RunDirectory& run, int iteration);
bool has_words(const Experiment& experiment, int iteration);  // made with the iteration's world model
void save_words(const Experiment& experiment, int iteration, const SavedWords& words);
// Error (kind data) where there are none, naming the command that makes them, or where they are of another world model.
SavedWords load_words(const Experiment& experiment, int iteration, std::int64_t feature_size);

// The lowest threshold above which a sentence is true in 95 of 100 held-out moments, where the game's words make out
// what it says; else the one that a twentieth of them pass. baseline may be empty.
WordGoal goal_of(const SavedWords& words, const std::vector<GameAttribute>& attributes, const std::string& goal,
                 const std::string& baseline);
double threshold_for(const torch::Tensor& scores, const torch::Tensor& is_true, double precision);

// Says what a moment is like: of the plain sentences about all combinations of values the nearest.
class NearestSentence {
 public:
  NearestSentence(const SavedWords& words, const std::vector<GameAttribute>& attributes);
  const std::string& operator()(const torch::Tensor& features) const;  // [1, feature]

 private:
  WordSpace space_;
  std::vector<std::string> sentences_;
  torch::Tensor places_;  // [sentences, kSize]
};

// The model, paying by the words of the iteration where the config's dream does so.
std::unique_ptr<WorldModel> paying_as_configured(const Experiment& experiment, int iteration,
                                                 std::unique_ptr<WorldModel> model);

}  // namespace reverie
