#include "experiments/sweep/sweep_plan.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/config/config_writer.h"
#include "experiments/run/run_directory.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxName = 200;    // of what file systems take: 255 bytes, with ".log"
constexpr std::size_t kMaxRuns = 10000;  // more are a mistake

struct Assignment {
  std::string key;
  std::vector<std::string> values;
};

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

Assignment parse_assignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    refuse(str(text, ": expected key=value or key=value,value,..."));
  }
  Assignment assignment{text.substr(0, equals), split_values(text.substr(equals + 1))};
  for (const std::string& value : assignment.values) {
    if (value.empty()) {
      refuse(str(text, ": expected values with commas between, found an empty one"));
    }
  }
  return assignment;
}

// A value as a part of a folder's name: "[8, 4]" is "8_4".
std::string safe(const std::string& value) {
  std::string name;
  for (const char c : value) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+') {
      name += c;
    } else if (c != '[' && c != ']' && c != ' ') {
      name += '_';
    }
  }
  return name.empty() ? "none" : name;
}

void check_keys(const std::vector<Assignment>& assignments) {
  for (std::size_t i = 0; i < assignments.size(); ++i) {
    const std::string& key = assignments[i].key;
    for (std::size_t j = 0; j < i; ++j) {
      if (assignments[j].key == key) {
        refuse(str(key, ": given twice"));
      }
    }
    if (assignments[i].values.size() > 1 &&
        std::find(free_keys().begin(), free_keys().end(), key) != free_keys().end()) {
      refuse(str(key, ": changes nothing that a run keeps: expected one value, found ", assignments[i].values.size()));
    }
  }
}

}  // namespace

std::vector<std::string> SweepPlan::overrides(const SweepRun& run) const {
  std::vector<std::string> all = fixed;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    all.push_back(str(keys[i], "=", run.values[i]));
  }
  return all;
}

std::vector<std::string> split_values(const std::string& text) {
  std::vector<std::string> values(1);
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      quote = c == quote ? char{0} : quote;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else {
      depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    }
    if (c == ',' && depth == 0 && quote == 0) {
      values.emplace_back();
    } else {
      values.back() += c;
    }
  }
  return values;
}

std::string short_name(const std::string& key, const std::vector<std::string>& keys) {
  const auto last_word = [](const std::string& name) { return name.substr(name.find_last_of('.') + 1); };
  const std::string word = last_word(key);
  return std::count_if(keys.begin(), keys.end(), [&](const std::string& other) { return last_word(other) == word; }) > 1
             ? key
             : word;
}

SweepPlan plan_sweep(const std::filesystem::path& config_file, const std::vector<std::string>& texts,
                     const std::vector<std::string>& known) {
  std::vector<Assignment> assignments, swept;
  for (const std::string& text : texts) {
    assignments.push_back(parse_assignment(text));
  }
  check_keys(assignments);
  SweepPlan plan;
  for (const Assignment& assignment : assignments) {
    const bool sweeps = assignment.values.size() > 1 || assignment.key == "seed" ||
                        std::find(known.begin(), known.end(), assignment.key) != known.end();
    if (sweeps) {
      swept.push_back(assignment);
    } else {
      plan.fixed.push_back(str(assignment.key, "=", assignment.values.front()));
    }
  }
  if (swept.empty()) {
    refuse("expected a key with several values to sweep over: key=value,value,...");
  }
  // In the order they were typed, or in the one that the folder's names have already; the seed last.
  const auto place = [&](const Assignment& assignment) {
    return std::pair(assignment.key == "seed", std::find(known.begin(), known.end(), assignment.key) - known.begin());
  };
  std::stable_sort(swept.begin(), swept.end(),
                   [&](const Assignment& a, const Assignment& b) { return place(a) < place(b); });
  std::size_t count = 1;
  for (const Assignment& assignment : swept) {
    plan.keys.push_back(assignment.key);
    count *= assignment.values.size();
    if (count > kMaxRuns) {
      refuse(str("expected at most ", kMaxRuns, " combinations, found more"));
    }
  }
  for (std::size_t combination = 0; combination < count; ++combination) {
    SweepRun run;
    std::size_t rest = combination, block = count;
    for (const Assignment& assignment : swept) {  // the first key changes slowest
      block /= assignment.values.size();
      run.values.push_back(assignment.values[rest / block]);
      rest %= block;
    }
    // Called by the values as the config has them: 0.50 and 5e-1 are 0.5.
    const ExperimentConfig config = load_config(config_file, plan.overrides(run));
    const auto values = flat_config("config", print_config(config));
    for (const std::string& key : plan.keys) {
      run.name += str(run.name.empty() ? "" : ",", short_name(key, plan.keys), "=", safe(values.at(key)));
    }
    if (run.name.size() > kMaxName) {
      refuse(str(run.name, ": expected a name of at most ", kMaxName, " letters, found ", run.name.size()));
    }
    for (const SweepRun& other : plan.runs) {
      if (other.name == run.name) {
        refuse(str(run.name, ": expected each combination once, found it twice"));
      }
    }
    plan.runs.push_back(std::move(run));
  }
  return plan;
}

std::optional<SweepRecord> read_sweep(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  const Json json = read_json(path);
  try {
    SweepRecord record;
    record.plan.keys = json.at("keys").get<std::vector<std::string>>();
    record.plan.fixed = json.at("fixed").get<std::vector<std::string>>();
    record.from = json.at("from").get<std::string>();
    record.keep = json.at("keep").get<std::string>();
    for (const auto& [name, values] : json.at("runs").items()) {
      record.plan.runs.push_back({name, values.get<std::vector<std::string>>()});
      // A name becomes a path.
      if (record.plan.runs.back().values.size() != record.plan.keys.size() || name.find('/') != std::string::npos) {
        throw Error(ErrorKind::data, str(path.string(), ": ", name, ": expected a value for each key"));
      }
    }
    if (!record.plan.keys.empty() && !record.plan.runs.empty()) {
      return record;
    }
  } catch (const Json::exception&) {
  }
  throw Error(ErrorKind::data, str(path.string(), ": expected what `reverie sweep` writes, found something else"));
}

void write_sweep(const std::filesystem::path& path, const SweepRecord& record) {
  Json runs = Json::object();
  for (const SweepRun& run : record.plan.runs) {
    runs[run.name] = run.values;
  }
  write_json(path, {{"keys", record.plan.keys},
                    {"fixed", record.plan.fixed},
                    {"from", record.from},
                    {"keep", record.keep},
                    {"runs", runs}});
}

}  // namespace reverie
