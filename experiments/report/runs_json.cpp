#include <nlohmann/json.hpp>

#include "experiments/report/run_curves.h"
#include "experiments/report/run_groups.h"
#include "experiments/report/runs_report.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Statistics& statistics) {
  return {{"count", statistics.count},
          {"mean", statistics.mean},
          {"deviation", statistics.deviation},
          {"low", statistics.low},
          {"high", statistics.high}};
}

}  // namespace

Json runs_json(const std::vector<RunRecord>& runs) {
  Json json = {{"runs", Json::array()}, {"groups", Json::array()}, {"config_differences", Json::object()}};
  std::vector<ShownQuantity> quantities;
  for (const ShownSection& section : shown_sections(runs)) {
    quantities.insert(quantities.end(), section.quantities.begin(), section.quantities.end());
  }
  for (const RunRecord& run : runs) {
    Json scores = Json::object(), curves = Json::object();
    for (const auto& [name, score] : run.scores) {
      scores[name] = {{"mean", score.mean}, {"deviation", score.deviation}, {"episodes", score.episodes}};
    }
    for (const ShownQuantity& quantity : quantities) {
      const CurvePoints points = points_of(run, quantity, quantity.name);
      if (!points.x.empty()) {
        curves[quantity.stage][quantity.name] = {{"x", points.x}, {"y", points.y}};
      }
    }
    Json entry = {{"name", run.name},       {"folder", run.folder.string()}, {"seed", run.setting("seed")},
                  {"started", run.started}, {"began_with", run.origin},      {"scores", scores},
                  {"played", run.played},   {"seconds", run.seconds},        {"curves", curves}};
    entry["recorded_steps"] = run.recorded_steps ? Json(*run.recorded_steps) : Json();
    entry["controller_steps"] = run.controller_steps ? Json(*run.controller_steps) : Json();
    json["runs"].push_back(entry);
  }
  for (const RunGroup& group : group_runs(runs)) {
    Json names = Json::array(), scores = Json::object(), curves = Json::object();
    for (const std::size_t run : group.runs) {
      names.push_back(runs[run].name);
    }
    for (const std::string& name : score_names(runs)) {
      if (const auto score = score_of(runs, group, name)) {
        scores[name] = to_json(*score);
      }
    }
    for (const ShownQuantity& quantity : quantities) {
      const SeedSpread spread = spread_of(runs, group, quantity, quantity.name);
      for (std::size_t i = 0; i < spread.x.size(); ++i) {
        Json point = to_json(spread.y[i]);
        point["x"] = spread.x[i];
        curves[quantity.stage][quantity.name].push_back(point);
      }
    }
    json["groups"].push_back({{"name", group.name}, {"runs", names}, {"scores", scores}, {"curves", curves}});
  }
  for (const std::string& key : differing_keys(runs)) {
    for (const RunRecord& run : runs) {
      json["config_differences"][key][run.name] = run.setting(key);
    }
  }
  return json;
}

}  // namespace reverie
