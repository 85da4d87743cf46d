// What reports show of the measurements in metrics.jsonl, in words for people.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace reverie {

enum class Against { steps, iterations };  // what a curve is drawn over

// One figure of a stage, over its steps or over iterations.
struct ShownQuantity {
  std::string stage, name;
  std::string title, unit;
  Against against = Against::steps;
  std::string baseline = {}, baseline_words = {};  // a measurement to compare it with; empty: none
};

// Some of them under one heading, for a page about several runs.
struct ShownSection {
  std::string name, heading, lead;  // name: the section's in the page
  std::vector<ShownQuantity> quantities;
};

// Curves of one stage in one chart, for a page about one run.
struct LearningPanel {
  std::string stage, title, unit;
  std::vector<std::pair<std::string, std::string>> measurements;  // name in metrics.jsonl, and in words
};

}  // namespace reverie
