#include "experiments/trace/trace.h"

#include <box2d/box2d.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "env/atomic_file.h"
#include "env/discrete.h"
#include "env/error.h"
#include "env/number_text.h"
#include "experiments/run/png.h"

namespace reverie {
namespace {

using nlohmann::json;
using Actions = std::vector<std::vector<float>>;  // [steps][values]

constexpr std::uintmax_t kMaxFileSize = 64 << 20;

float read_value(std::string_view text, const std::string& where) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  const std::size_t end = text.find_last_not_of(" \t\r") + 1;
  float value = 0.0f;
  if (read_number(text.substr(begin, std::max(begin, end) - begin), value) != NumberText::good) {
    throw Error(ErrorKind::data, str(where, ": expected a finite number, found '", text, "'"));
  }
  return value;
}

// Comma separated numbers, `columns` a line or one, as many as the first line has. Empty lines at the end are allowed.
Actions read_actions(const std::filesystem::path& path, std::size_t columns) {
  const std::string text = read_file(path, kMaxFileSize);
  Actions actions;
  std::string_view rest = without_byte_order_mark(text);
  while (rest.find_first_not_of(" \t\r\n") != rest.npos) {
    const std::string where = str(path.string(), ":", actions.size() + 1);
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    std::vector<float>& action = actions.emplace_back();
    while (true) {
      const std::size_t comma = line.find(',');
      action.push_back(read_value(line.substr(0, comma), where));
      if (comma == line.npos) {
        break;
      }
      line.remove_prefix(comma + 1);
    }
    if (action.size() != columns && action.size() != 1) {
      throw Error(ErrorKind::data, str(where, ": expected ", columns, " values or 1, found ", action.size()));
    }
    if (action.size() != actions.front().size()) {
      throw Error(ErrorKind::data, str(where, ": expected ", actions.front().size(),
                                       " values as in the first line, found ", action.size()));
    }
  }
  return actions;
}

// A single column may hold the numbers of actions.
void take_numbered(Actions& actions, const std::vector<std::vector<float>>& numbered,
                   const std::filesystem::path& path) {
  for (std::size_t i = 0; i < actions.size() && !numbered.empty(); ++i) {
    if (actions[i].size() == 1) {
      const float value = actions[i][0];
      const std::size_t last = numbered.size() - 1;
      if (!(value >= 0.0f && value <= static_cast<float>(last)) || value != std::floor(value)) {
        throw Error(ErrorKind::data,
                    str(path.string(), ":", i + 1, ": expected a discrete action from 0 to ", last, ", found ", value));
      }
      actions[i] = numbered[static_cast<std::size_t>(value)];
    }
  }
}

std::vector<std::vector<float>> numbered_actions(const GameEntry& entry, const GameSpec& spec) {
  if (spec.action_names.size() == 1) {
    return {};  // a column holds the action itself
  }
  std::vector<std::vector<float>> numbered = entry.numbered_actions;
  for (std::size_t i = 0; spec.actions == ActionKind::discrete && i < spec.action_names.size(); ++i) {
    set_one_hot(numbered.emplace_back(spec.action_names.size()), i);
  }
  return numbered;
}

Record to_record(const json& value) {
  if (value.is_array()) {
    Record::List list;
    for (const json& item : value) {
      list.push_back(to_record(item));
    }
    return list;
  }
  if (value.is_object()) {
    Record::Members members;
    for (const auto& [name, item] : value.items()) {
      members.push_back({name, to_record(item)});
    }
    return members;
  }
  if (value.is_boolean()) {
    return value.get<bool>();
  }
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>();
  }
  if (value.is_number_integer()) {
    return value.get<std::int64_t>();
  }
  return value.is_number() ? Record(value.get<double>()) : Record(value.is_string() ? value.get<std::string>() : "");
}

Record read_scene(const std::filesystem::path& path) {
  try {
    return to_record(json::parse(read_file(path, kMaxFileSize)));
  } catch (const json::exception& error) {
    throw Error(ErrorKind::data, str(path.string(), ": expected JSON: ", error.what()));
  }
}

// The shortest decimal that gives the same float: 0.1 and not 0.10000000149.
double shortest(float value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double result = 0.0;
  std::from_chars(text.data(), end, result);
  return result;
}

json to_json(const Record& record);

json to_json(const Record::Members& members) {
  json object = json::object();
  for (const RecordMember& member : members) {
    object[member.name] = to_json(member.value);
  }
  return object;
}

json to_json(const Record& record) {
  return std::visit(
      [](const auto& value) -> json {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, Record::List>) {
          json list = json::array();
          for (const Record& item : value) {
            list.push_back(to_json(item));
          }
          return list;
        } else if constexpr (std::is_same_v<Value, Record::Members>) {
          return to_json(value);
        } else if constexpr (std::is_same_v<Value, float>) {
          return shortest(value);
        } else {
          return value;
        }
      },
      record.value);
}

// For games without a tracer of their own: the game's truth() at each moment.
class TruthTracer : public GameTracer {
 public:
  explicit TruthTracer(const GameEntry& entry) : game_(entry.make(entry.config)) {
    truth_.resize(game_->truth_names().size());
  }

  const Game& game() const override { return *game_; }

  void reset(std::uint64_t seed, const Record* scene) override {
    if (scene != nullptr) {
      throw Error(ErrorKind::usage, str("--scene: ", game_->spec().name, " takes none"));
    }
    game_->reset(seed);
    record();
  }

  void step(std::span<const float> action) override {
    const StepResult result = game_->step(action);
    actions_.push_back(record_list_of(std::vector<float>(action.begin(), action.end())));
    reward_.push_back(result.reward);
    terminated_.push_back(result.terminated);
    over_ = result.terminated || static_cast<int>(reward_.size()) >= game_->spec().max_episode_steps;
    record();
  }

  bool over() const override { return over_; }
  Record::Members head() const override { return {{"env", game_->spec().name}}; }

  Record::Members run() const override {
    Record::Members truth;
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      truth.push_back({game_->truth_names()[i], truth_[i]});
    }
    return {{"name", "trace"},           {"actions", actions_}, {"reward", reward_},
            {"terminated", terminated_}, {"truth", truth},      {"end_reason", std::string(game_->end_reason())}};
  }

 private:
  void record() {
    std::vector<float> values(truth_.size());
    game_->truth(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      truth_[i].push_back(values[i]);
    }
  }

  std::unique_ptr<Game> game_;
  Record::List actions_, reward_, terminated_;
  std::vector<Record::List> truth_;  // [truth_names][steps + 1]
  bool over_ = false;
};

std::filesystem::path frame_path(const TraceOptions& options, int step) {
  char name[32];
  std::snprintf(name, sizeof name, "_step_%03d.png", step);
  return options.out_file.parent_path() / (options.out_file.stem().string() + name);
}

void write_frame(const GameTracer& tracer, const TraceOptions& options, int step) {
  const GameSpec& spec = tracer.game().spec();
  int height = spec.native_height, width = spec.native_width;
  std::vector<std::uint8_t> frame(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  if (!options.above) {
    tracer.game().draw_native(frame, true);
  } else if (!tracer.draw_above(height, width, frame)) {
    throw Error(ErrorKind::usage, str("--above: ", spec.name, " has no picture from above"));
  }
  write_png(frame_path(options, step), height, width, frame);
}

}  // namespace

void trace(const TraceOptions& options) {
  const GameEntry& entry = find_game(options.game);
  const std::unique_ptr<GameTracer> tracer = entry.trace ? entry.trace() : std::make_unique<TruthTracer>(entry);
  const GameSpec& spec = tracer->game().spec();
  Actions actions = read_actions(options.actions_file, spec.action_names.size());
  take_numbered(actions, numbered_actions(entry, spec), options.actions_file);
  if (options.scene_file.empty()) {
    tracer->reset(options.seed, nullptr);
  } else {
    const Record scene = read_scene(options.scene_file);
    try {
      tracer->reset(options.seed, &scene);
    } catch (const Error& error) {
      throw Error(error.kind(), str(options.scene_file.string(), ": ", error.what()));
    }
  }
  check_writable(options.out_file);  // now, not after all the steps
  for (const int step : options.frames) {
    check_writable(frame_path(options, step));
  }
  json frame_steps = json::array();
  const auto picture = [&](int step) {
    if (std::find(options.frames.begin(), options.frames.end(), step) != options.frames.end()) {
      write_frame(*tracer, options, step);
      frame_steps.push_back(step);
    }
  };
  picture(0);
  for (std::size_t i = 0; i < actions.size() && !tracer->over(); ++i) {
    tracer->step(actions[i]);
    picture(static_cast<int>(i) + 1);
  }
  json run = to_json(tracer->run());
  run["frame_steps"] = frame_steps;
  json record = to_json(tracer->head());
  record["schema"] = 1;
  record["seed"] = options.seed;
  record["runs"] = json::array({run});
  record["versions"] = {{"reverie", REVERIE_VERSION},
                        {"box2d", str(b2_version.major, ".", b2_version.minor, ".", b2_version.revision)}};
  write_file_atomically(options.out_file, record.dump() + "\n");
}

}  // namespace reverie
