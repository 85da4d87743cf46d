#include "experiments/trace/trace.h"

#include <box2d/box2d.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/run/png.h"

namespace reverie {
namespace {

using nlohmann::json;
using Actions = std::vector<std::vector<float>>;  // [steps][values]

constexpr std::uintmax_t kMaxFileSize = 64 << 20;

float read_number(std::string_view text, const std::string& where) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  const std::size_t end = text.find_last_not_of(" \t\r") + 1;
  float value = 0.0f;
  const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, value);
  if (error != std::errc() || stop != text.data() + end || !std::isfinite(value)) {
    throw Error(ErrorKind::data, str(where, ": expected a finite number, found '", text, "'"));
  }
  return value;
}

// Comma separated numbers, `columns` a line or one, as many as the first line has. Empty lines at the end are allowed.
Actions read_actions(const std::filesystem::path& path, std::size_t columns) {
  const std::string text = read_file(path, kMaxFileSize);
  Actions actions;
  std::string_view rest = text;
  while (rest.find_first_not_of(" \t\r\n") != rest.npos) {
    const std::string where = str(path.string(), ":", actions.size() + 1);
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    std::vector<float>& action = actions.emplace_back();
    while (true) {
      const std::size_t comma = line.find(',');
      action.push_back(read_number(line.substr(0, comma), where));
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

// A single column holds Gymnasium's discrete actions.
void make_continuous(Actions& actions, const std::filesystem::path& path) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (actions[i].size() == 1) {
      const float value = actions[i][0];
      if (!(value >= 0.0f && value <= 4.0f) || value != std::floor(value)) {
        throw Error(ErrorKind::data,
                    str(path.string(), ":", i + 1, ": expected a discrete action from 0 to 4, found ", value));
      }
      const std::array<float, 3> action = discrete_car_action(static_cast<int>(value));
      actions[i].assign(action.begin(), action.end());
    }
  }
}

Track read_track(const std::filesystem::path& path) {
  try {
    const json document = json::parse(read_file(path, kMaxFileSize));
    const json& rows = document.is_object() ? document.at("track") : document;
    Track track;
    for (const std::array<double, 4>& row : rows.get<std::vector<std::array<double, 4>>>()) {
      track.push_back({row[0], row[1], row[2], row[3]});
    }
    return track;
  } catch (const json::exception& error) {
    throw Error(ErrorKind::data, str(path.string(), ": expected a track, rows of [alpha, beta, x, y]: ", error.what()));
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

bool wants_frame(const TraceOptions& options, int step) {
  return std::find(options.frames.begin(), options.frames.end(), step) != options.frames.end();
}

void write_frame(const TraceOptions& options, int step, int height, int width, std::span<const std::uint8_t> frame) {
  char name[32];
  std::snprintf(name, sizeof name, "_step_%03d.png", step);
  write_png(options.out_file.parent_path() / (options.out_file.stem().string() + name), height, width, frame);
}

void write_frame(const Game& game, const TraceOptions& options, int step) {
  const GameSpec& spec = game.spec();
  std::vector<std::uint8_t> frame(static_cast<std::size_t>(spec.native_height) *
                                  static_cast<std::size_t>(spec.native_width) * 3);
  game.draw_native(frame);
  write_frame(options, step, spec.native_height, spec.native_width, frame);
}

json trace_car_racing(const TraceOptions& options) {
  CarRacing game(options.car_racing);
  Actions actions = read_actions(options.actions_file, game.spec().action_names.size());
  make_continuous(actions, options.actions_file);
  if (options.track_file.empty()) {
    game.reset(options.seed);
  } else {
    game.reset(options.seed, read_track(options.track_file));
  }

  json taken = json::array(), hull = json::array(), wheels = json::array(), reward = json::array();
  json terminated = json::array(), tiles_visited = json::array(), frame_steps = json::array();
  std::vector<int> first_visit(game.track().size(), -1);
  double score = 0.0;
  bool ended = false;
  const auto record = [&](int step) {
    const CarState state = game.car_state();
    hull.push_back({shortest(state.x), shortest(state.y), shortest(state.angle), shortest(state.velocity_x),
                    shortest(state.velocity_y), shortest(state.angular_velocity)});
    json row = json::array();
    for (const CarState::WheelState& wheel : state.wheels) {
      row.push_back({wheel.omega, wheel.phase, shortest(wheel.joint_angle), wheel.tiles});
    }
    wheels.push_back(std::move(row));
    tiles_visited.push_back(game.tiles_visited());
    for (std::size_t i = 0; i < first_visit.size(); ++i) {
      if (first_visit[i] < 0 && game.visited()[i]) {
        first_visit[i] = step;
      }
    }
    if (wants_frame(options, step)) {
      write_frame(game, options, step);
      frame_steps.push_back(step);
    }
  };
  record(0);
  for (std::size_t i = 0; i < actions.size() && !ended; ++i) {
    ended = game.step(actions[i]).terminated;
    taken.push_back({shortest(actions[i][0]), shortest(actions[i][1]), shortest(actions[i][2])});
    reward.push_back(game.step_reward());
    terminated.push_back(ended);
    score += game.step_reward();
    record(static_cast<int>(i) + 1);
  }

  json track = json::array();
  for (const TrackPoint& point : game.track()) {
    track.push_back({point.alpha, point.beta, point.x, point.y});
  }
  json run = {{"name", "trace"},
              {"actions", taken},
              {"hull", hull},
              {"wheels", wheels},
              {"reward", reward},
              {"terminated", terminated},
              {"tiles_visited", tiles_visited},
              {"first_visit", first_visit},
              {"score", score},
              {"frame_steps", frame_steps}};
  return {{"schema", 1},    {"env", "CarRacing-v3"},  {"seed", options.seed},
          {"track", track}, {"border", game.kerbs()}, {"runs", json::array({run})}};
}

json everything(const TakeCover& game) {
  json shooters = json::array(), fire = json::array();
  for (const TakeCover::Shooter& shooter : game.shooters()) {
    shooters.push_back({shooter.y, static_cast<int>(shooter.state), shooter.timer});
  }
  for (const TakeCover::Fireball& ball : game.fireballs()) {
    fire.push_back({ball.x, ball.y, ball.velocity_x, ball.velocity_y});
  }
  return {{"t", game.tic()}, {"shooters", shooters}, {"fire", fire}};
}

json trace_take_cover(const TraceOptions& options) {
  constexpr int kFullEvery = 20, kAboveHeight = 300, kAboveWidth = 400;
  TakeCover game(options.take_cover);
  const Actions actions = read_actions(options.actions_file, 1);
  game.reset(options.seed);
  json taken = json::array(), y = json::array(), v = json::array(), num_shooters = json::array();
  json num_fire = json::array(), full = json::array(), frame_steps = json::array();
  const auto picture = [&](int step) {
    if (!wants_frame(options, step)) {
      return;
    }
    if (options.above) {
      std::vector<std::uint8_t> frame(std::size_t{3} * kAboveHeight * kAboveWidth);
      game.draw_above(kAboveHeight, kAboveWidth, frame);
      write_frame(options, step, kAboveHeight, kAboveWidth, frame);
    } else {
      write_frame(game, options, step);
    }
    frame_steps.push_back(step);
  };
  picture(0);
  bool died = false;
  for (std::size_t i = 0; i < actions.size() && !died && game.tic() < game.spec().max_episode_steps; ++i) {
    const float action = actions[i][0];
    died = game.step(actions[i]).terminated;
    taken.push_back(action < -1.0f / 3.0f ? 1 : action > 1.0f / 3.0f ? -1 : 0);
    y.push_back(game.player_y());
    v.push_back(game.player_velocity());
    num_shooters.push_back(game.shooters().size());
    num_fire.push_back(game.fireballs().size());
    if (died || i + 1 == actions.size() || game.tic() % kFullEvery == 0) {
      full.push_back(everything(game));
    }
    picture(game.tic());
  }
  json run = {{"policy", "trace"},
              {"seed", options.seed},
              {"steps", game.tic()},
              {"died", died},
              {"actions", taken},
              {"y", y},
              {"v", v},
              {"n_shooters", num_shooters},
              {"n_fire", num_fire},
              {"frame_steps", frame_steps},
              {"full", full}};
  return {{"schema", 1}, {"env", "take_cover"}, {"seed", options.seed}, {"runs", json::array({run})}};
}

}  // namespace

void trace(const TraceOptions& options) {
  json record;
  if (options.game == "car_racing") {
    record = trace_car_racing(options);
  } else if (options.game == "take_cover") {
    record = trace_take_cover(options);
  } else {
    throw Error(ErrorKind::config, str("unknown game '", options.game, "' (known: car_racing, take_cover)"));
  }
  record["versions"] = {{"reverie", REVERIE_VERSION},
                        {"box2d", str(b2_version.major, ".", b2_version.minor, ".", b2_version.revision)}};
  write_file_atomically(options.out_file, record.dump() + "\n");
}

}  // namespace reverie
