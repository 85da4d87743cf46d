// metrics.jsonl as curves.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace reverie {

// One measurement of one stage. x counts the stage's steps through all iterations: those of earlier ones come first. A
// stage that counts no steps, as open-loop, has its iteration there.
struct LearningCurve {
  std::vector<int> iteration;
  std::vector<double> step, x, value;
};

// [stage][measurement]. Lines that hold null (a value that was not finite) give NaN. Empty where there is no file;
// Error (kind data) naming the line that is no measurement.
using LearningCurves = std::map<std::string, std::map<std::string, LearningCurve>>;
LearningCurves read_learning_curves(const std::filesystem::path& metrics);

}  // namespace reverie
