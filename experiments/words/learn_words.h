// Learns a word space for a run's world model, and measures what it understands.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "experiments/models/words.h"
#include "experiments/words/moments.h"

namespace reverie {

struct WordsQuestion {
  int every = 4;        // one recorded moment in so many
  int moments = 60000;  // at most, of those that train
  int updates = 4000;
  int batch_size = 256;
  bool own_sentence_alone = false;  // only a moment's own sentence counts as true of it: CLIP's loss
};

// How often an attribute is told right on held-out episodes: the mean over its values of the share of their moments.
struct AttributeScore {
  std::string name;
  int values = 0;
  double probe = 0;         // a linear read-out of this attribute alone, which knows no words
  double words = 0;         // the nearest of the values' sentences
  double kept_back = 0;     // the same by wordings that were not trained on
  double combinations = 0;  // the same at moments of combinations that were not trained on
  double chance() const { return 1.0 / values; }
};

struct WordsReport {
  std::filesystem::path run;
  int iteration = 0;
  std::int64_t train_moments = 0, held_out_moments = 0;
  bool own_sentence_alone = false;
  double loss = 0;  // of the last updates
  std::vector<AttributeScore> attributes;
  // Over sentences of one to all attributes: average precision of ranking the held-out moments, and of a random
  // ranking.
  double mean_average_precision = 0, chance_precision = 0;
  std::vector<std::string> command;
};

// From the run's recorded episodes; Error (kind data) where it has none. Saves the words.
WordsReport learn_words(const Experiment& experiment, int iteration, const WordsQuestion& question);

std::string words_in_short(const WordsReport& report);  // for a terminal
std::string words_page(const WordsReport& report);      // HTML
nlohmann::ordered_json to_json(const WordsReport& report);

}  // namespace reverie
