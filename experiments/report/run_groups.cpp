#include "experiments/report/run_groups.h"

#include <algorithm>
#include <map>
#include <set>

#include "env/error.h"

namespace reverie {
namespace {

// What the names of a group have in common, where that says something.
std::string group_name(const std::vector<RunRecord>& runs, const RunGroup& group) {
  std::string common = runs[group.runs.front()].name;
  std::string joined;
  for (const std::size_t run : group.runs) {
    const std::string& name = runs[run].name;
    common.resize(static_cast<std::size_t>(std::mismatch(common.begin(), common.end(), name.begin(), name.end()).first -
                                           common.begin()));
    joined += (joined.empty() ? "" : ", ") + name;
  }
  if (group.runs.size() == 1) {
    return joined;
  }
  const auto ends_with = [&](const std::string& word) { return common.ends_with(word); };
  while (!common.empty() && std::string("-_. /").find(common.back()) != std::string::npos) {
    common.pop_back();
  }
  for (const char* word : {"seed", "-s", "_s"}) {
    if (ends_with(word)) {
      common.resize(common.size() - std::string(word).size());
    }
  }
  while (!common.empty() && std::string("-_. /").find(common.back()) != std::string::npos) {
    common.pop_back();
  }
  if (common.size() < 3) {
    common = group.runs.size() < 3 ? joined : runs[group.runs.front()].name + " and others";
  }
  return str(common, " (", group.runs.size(), " seeds)");
}

}  // namespace

std::vector<RunGroup> group_runs(const std::vector<RunRecord>& runs) {
  std::vector<RunGroup> groups;
  std::vector<std::map<std::string, std::string>> configs;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    std::map<std::string, std::string> config = runs[run].config;
    for (const char* key : {"seed", "threads"}) {
      config.erase(key);
    }
    const auto at = static_cast<std::size_t>(std::find(configs.begin(), configs.end(), config) - configs.begin());
    if (at == configs.size()) {
      configs.push_back(config);
      groups.emplace_back();
    }
    groups[at].runs.push_back(run);
  }
  for (RunGroup& group : groups) {
    group.name = group_name(runs, group);
  }
  return groups;
}

std::vector<std::string> score_names(const std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) {
    for (const auto& [name, score] : run.scores) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

std::optional<RunScore> score_of(const RunRecord& run, const std::string& name) {
  for (const auto& [known, score] : run.scores) {
    if (known == name) {
      return score;
    }
  }
  return std::nullopt;
}

std::optional<Statistics> score_of(const std::vector<RunRecord>& runs, const RunGroup& group, const std::string& name) {
  std::vector<double> means;
  for (const std::size_t run : group.runs) {
    if (const auto score = score_of(runs[run], name)) {
      means.push_back(score->mean);
    }
  }
  return means.empty() ? std::nullopt : std::optional(statistics_of(means));
}

std::vector<std::string> differing_keys(const std::vector<RunRecord>& runs) {
  std::set<std::string> keys;
  for (const RunRecord& run : runs) {
    for (const auto& [key, value] : run.config) {
      keys.insert(key);
    }
  }
  std::vector<std::string> differing;
  for (const std::string& key : keys) {
    const bool same = std::all_of(runs.begin(), runs.end(),
                                  [&](const RunRecord& run) { return run.setting(key) == runs[0].setting(key); });
    if (!same && key != "seed") {
      differing.push_back(key);
    }
  }
  return differing;
}

}  // namespace reverie
