#include "experiments/report/learning_curves.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/run/run_directory.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

void add_line(LearningCurves& curves, const Json& line) {
  const std::string stage = line.at("stage").get<std::string>();
  for (const auto& [name, value] : line.items()) {
    if (name == "stage" || name == "iteration" || name == "step") {
      continue;
    }
    LearningCurve& curve = curves[stage][name];
    curve.iteration.push_back(line.at("iteration").get<int>());
    curve.step.push_back(line.at("step").get<double>());
    curve.value.push_back(value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN());
  }
}

// The last step of each iteration of a stage, by any of its measurements.
std::map<int, double> last_steps(const std::map<std::string, LearningCurve>& stage) {
  std::map<int, double> last;
  for (const auto& [name, curve] : stage) {
    for (std::size_t i = 0; i < curve.step.size(); ++i) {
      double& step = last[curve.iteration[i]];
      step = std::max(step, curve.step[i]);
    }
  }
  return last;
}

// Fills in x.
void place(std::map<std::string, LearningCurve>& stage) {
  std::map<int, double> before;
  double sum = 0.0;
  for (const auto& [iteration, last] : last_steps(stage)) {
    before[iteration] = sum;
    sum += last;
  }
  for (auto& [name, curve] : stage) {
    for (std::size_t i = 0; i < curve.step.size(); ++i) {
      curve.x.push_back(sum > 0.0 ? before[curve.iteration[i]] + curve.step[i] : curve.iteration[i]);
    }
  }
}

}  // namespace

LearningCurves read_learning_curves(const std::filesystem::path& metrics) {
  LearningCurves curves;
  if (!std::filesystem::exists(metrics)) {
    return curves;
  }
  std::istringstream text(read_file(metrics, kMaxMetricsSize));
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    if (text.eof()) {
      break;  // no newline: the line is still being written
    }
    try {
      add_line(curves, Json::parse(line));
    } catch (const Json::exception&) {
      throw Error(ErrorKind::data,
                  str(metrics.string(), ":", number, ": expected a JSON object with stage, iteration and step"));
    }
  }
  for (auto& [stage, measurements] : curves) {
    place(measurements);
  }
  return curves;
}

}  // namespace reverie
