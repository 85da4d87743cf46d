#include "python/vector_games.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "env/error.h"

namespace reverie {

VectorGames::VectorGames(const VectorGamesConfig& config) : config_(config) {
  check_range("num_envs", config.num_games, 1, 65536);
  check_range("num_threads", config.num_threads, 1, 1024);
  check_range("max_episode_steps", config.max_episode_steps.value_or(0), 0, 1000000000);
  const GameFactory make_game = make_game_factory(config.game);
  rows_.resize(static_cast<std::size_t>(config.num_games));
  for (Row& row : rows_) {
    row.game = make_game();
  }
  const int own = spec().max_episode_steps, wanted = config.max_episode_steps.value_or(own);
  clock_ = config.game.action_repeat == 1 ? wanted : wanted == 0 ? own : std::min(wanted, own);
  native_ = config.height == 0;
  height_ = native_ ? spec().native_height : config.height;
  width_ = native_ ? spec().native_width : config.width;
  check_range("frame height", height_, 8, 4096);
  check_range("frame width", width_, 8, 4096);
  action_size_ = spec().action_low.size();
  num_progress_ = rows_.front().game->progress_entries().size();
}

const VectorGames::Row& VectorGames::at(int row) const {
  if (row < 0 || row >= num_games()) {
    throw Error(ErrorKind::data, str("expected a row from 0 to ", num_games() - 1, ", found ", row));
  }
  return rows_[static_cast<std::size_t>(row)];
}

void VectorGames::for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  const int threads = std::min<int>(config_.num_threads, num_games());
  if (threads == 1 || count == 1) {
    for (std::size_t i = 0; i < count; ++i) {
      work(i);
    }
    return;
  }
  // Threads do not follow a process that was copied by fork(); the copy makes its own and forgets the others.
  if (pool_process_ != getpid()) {
    static_cast<void>(pool_.release());
    pool_ = std::make_unique<WorkerPool>(threads);
    pool_process_ = getpid();
  }
  pool_->run(static_cast<int>(count), [&work](int task, int) { work(static_cast<std::size_t>(task)); });
}

void VectorGames::begin(Row& row, std::uint64_t seed, const std::any& config) {
  row.begun = false;  // until all of this has worked
  if (config.has_value() || row.state.config.has_value()) {
    row.game->configure(config.has_value() ? config : config_.game.fitting_section());
  }
  row.game->reset(seed);
  row.state.config = config;
  row.state.seed = seed;
  row.state.actions.clear();
  row.state.actions.reserve(static_cast<std::size_t>(spec().max_episode_steps) * action_size_);
  row.state.over = false;
  row.steps = 0;
  row.begun = true;
}

void VectorGames::begin_next(Row& row, const std::any& config) {
  const std::uint64_t seed = row.seeds.next() >> 1;
  ++row.state.resets;
  begin(row, seed, config);
}

void VectorGames::look(const Row& row, std::span<std::uint8_t> frame) const {
  if (native_) {
    row.game->draw_native(frame, true);
  } else {
    row.game->draw(height_, width_, frame);
  }
}

void VectorGames::report(std::size_t row, const VectorOutputs& outputs) const {
  if (!outputs.frames.empty()) {
    look(rows_[row], outputs.frames.subspan(row * frame_size(), frame_size()));
  }
  if (!outputs.progress.empty()) {
    rows_[row].game->progress(outputs.progress.subspan(row * num_progress_, num_progress_));
  }
}

void VectorGames::reset(std::span<const int> rows, std::span<const std::optional<std::uint64_t>> seeds,
                        const std::any& config, const VectorOutputs& outputs) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!at(rows[i]).seeded && !seeds[i]) {
      throw Error(ErrorKind::data, "expected a seed for the first reset, found none");
    }
  }
  for_each(rows.size(), [&](std::size_t i) {
    Row& row = rows_[static_cast<std::size_t>(rows[i])];
    if (seeds[i]) {
      row.state.first_seed = *seeds[i];
      row.state.resets = 0;
      row.seeds = Pcg64(*seeds[i]);
      row.seeded = true;
      begin(row, *seeds[i], config);
    } else {
      begin_next(row, config);
    }
    report(static_cast<std::size_t>(rows[i]), outputs);
  });
}

// Before any row is stepped, so that a mistake loses nothing.
void VectorGames::check_actions(std::span<const float> actions) const {
  REVERIE_CHECK(actions.size(), ==, rows_.size() * action_size_);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const auto refuse = [&](const std::string& what) {
      throw Error(ErrorKind::data, what + (rows_.size() > 1 ? str(" in row ", i) : ""));
    };
    if (!row.begun) {
      refuse("expected reset() before step()");
    }
    if (row.state.over && config_.autoreset == Autoreset::disabled) {
      refuse("expected reset() after an episode's end, found step()");
    }
    if (row.state.over) {
      continue;  // its action is ignored
    }
    for (std::size_t k = 0; k < action_size_; ++k) {
      const float value = actions[i * action_size_ + k];
      if (!std::isfinite(value)) {
        refuse(str("expected a finite ", spec().action_names[k], ", found ", value));
      }
    }
  }
}

void VectorGames::step(std::span<const float> actions, const VectorOutputs& outputs) {
  check_actions(actions);
  for_each(rows_.size(), [&](std::size_t i) { step_row(i, actions.subspan(i * action_size_, action_size_), outputs); });
}

void VectorGames::step_row(std::size_t i, std::span<const float> action, const VectorOutputs& outputs) {
  Row& row = rows_[i];
  StepResult result;
  bool truncated = false;
  const bool begins = row.state.over;  // Autoreset::next_step
  if (begins) {
    begin_next(row, {});
  } else {
    result = row.game->step(action);
    row.state.actions.insert(row.state.actions.end(), action.begin(), action.end());
    ++row.steps;
    truncated = clock_ > 0 && row.steps >= clock_;
    row.state.over = result.terminated || truncated;
  }
  outputs.rewards[i] = result.reward;
  outputs.terminated[i] = result.terminated;
  outputs.truncated[i] = truncated;
  const bool renew = row.state.over && config_.autoreset == Autoreset::same_step;
  if (!outputs.ended.empty()) {
    outputs.ended[i] = renew;
  }
  if (renew) {
    look(row, outputs.final_frames.subspan(i * frame_size(), frame_size()));
    row.game->progress(outputs.final_progress.subspan(i * num_progress_, num_progress_));
    begin_next(row, {});
  }
  report(i, outputs);
}

RowState VectorGames::state(int row) const {
  if (!at(row).begun) {
    throw Error(ErrorKind::data, "expected reset() before a state can be kept");
  }
  return at(row).state;
}

void VectorGames::restore(std::span<const int> rows, std::span<const RowState> states, const VectorOutputs& outputs) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    static_cast<void>(at(rows[i]));
    if (states[i].actions.size() % action_size_ != 0) {
      throw Error(ErrorKind::data, str("state: expected rows of ", action_size_, " actions, found ",
                                       states[i].actions.size(), " numbers"));
    }
    if (!std::all_of(states[i].actions.begin(), states[i].actions.end(), [](float v) { return std::isfinite(v); })) {
      throw Error(ErrorKind::data, "state: expected finite actions");
    }
  }
  for_each(rows.size(), [&](std::size_t i) {
    Row& row = rows_[static_cast<std::size_t>(rows[i])];
    const RowState& kept = states[i];
    row.state.first_seed = kept.first_seed;
    row.state.resets = kept.resets;
    row.seeds = Pcg64(kept.first_seed);
    row.seeded = true;
    for (std::uint64_t k = 0; k < kept.resets; ++k) {
      row.seeds.next();
    }
    begin(row, kept.seed, kept.config);
    bool terminated = false;
    for (std::size_t at = 0; at < kept.actions.size(); at += action_size_) {
      if (terminated) {
        row.begun = false;
        throw Error(ErrorKind::data,
                    "state: expected the episode to last as long as its actions, found an earlier end");
      }
      terminated = row.game->step(std::span(kept.actions).subspan(at, action_size_)).terminated;
      ++row.steps;
    }
    row.state.actions = kept.actions;
    row.state.over = kept.over || terminated;
    report(static_cast<std::size_t>(rows[i]), outputs);
  });
}

std::any VectorGames::episode_config(int row) const {
  if (!at(row).begun) {
    throw Error(ErrorKind::data, "expected reset() before an episode's variation can be read");
  }
  return at(row).game->episode_config();
}

void VectorGames::draw(int row, int height, int width, std::span<std::uint8_t> frame) const {
  if (!at(row).begun) {
    throw Error(ErrorKind::data, "expected reset() before a picture can be drawn");
  }
  at(row).game->draw(height, width, frame);
}

}  // namespace reverie
