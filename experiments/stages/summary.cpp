// The closing table of a run.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "agent/plan/cem_planner.h"
#include "env/discrete.h"
#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/models/tokens.h"
#include "experiments/run/machine.h"
#include "experiments/run/progress.h"
#include "experiments/run/stage_times.h"
#include "experiments/run/stop_flag.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/stages/controller_search_factory.h"
#include "experiments/stages/stages.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kGridEpisodes = 4;  // of each constant action that is tried

constexpr int kConstantActions = 128;  // the most that are tried

// The constant actions that are tried: of a box, a grid of five values a component where that is few enough, else draws
// from the box; all of a set of discrete actions, or the first.
std::vector<std::vector<float>> constant_actions(const GameSpec& game, std::uint64_t seed) {
  constexpr int kLevels = 5;
  const std::size_t size = game.action_low.size();
  std::vector<std::vector<float>> actions;
  if (game.actions == ActionKind::discrete) {
    for (std::size_t i = 0; i < std::min<std::size_t>(size, kConstantActions); ++i) {
      set_one_hot(actions.emplace_back(size), i);
    }
    return actions;
  }
  const auto between = [&](std::size_t component, float share) {
    return game.action_low[component] + share * (game.action_high[component] - game.action_low[component]);
  };
  int combinations = 1;
  for (std::size_t i = 0; i < size && combinations <= kConstantActions; ++i) {
    combinations *= kLevels;
  }
  const bool grid = combinations <= kConstantActions;
  Rng rng(derive_seed(seed, Stream::constant_action));
  for (int combination = 0; combination < std::min(combinations, kConstantActions); ++combination) {
    std::vector<float>& action = actions.emplace_back();
    int rest = combination;
    for (std::size_t i = 0; i < size; ++i, rest /= kLevels) {
      action.push_back(between(i, grid ? static_cast<float>(rest % kLevels) / (kLevels - 1) : rng.uniform()));
    }
  }
  return actions;
}

// The best of a number of constant actions, chosen on other seeds than it is scored on.
std::vector<float> best_constant_action(const Experiment& experiment) {
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < kGridEpisodes; ++i) {
    seeds.push_back(training_game_seed(experiment.config.seed, Stream::evaluate_policy, 1, i));
  }
  RandomPolicyConfig policy;
  policy.kind = RandomPolicyKind::constant;
  std::vector<float> best;
  double best_mean = 0.0;
  const std::vector<std::vector<float>> actions = constant_actions(experiment.game, experiment.config.seed);
  Progress progress("constant actions", "actions", static_cast<int>(actions.size()));
  int tried = 0;
  for (const std::vector<float>& action : actions) {
    policy.action = action;
    const double mean = score_of(play_random(experiment, policy, seeds)).mean;
    if (best.empty() || mean > best_mean) {
      best = policy.action;
      best_mean = mean;
    }
    progress.update(++tried);
    if (stop_requested()) {
      throw Stopped();
    }
  }
  return best;
}

// A baseline that shows what the search alone achieves: a controller that learns in the dream of an untrained model,
// with as many generations as the trained one had: those of all iterations, or of the last one where each starts from
// zero.
std::vector<EpisodeResult> play_untrained_dreamer(Experiment& experiment, int iteration,
                                                  const std::vector<std::uint64_t>& seeds) {
  const ExperimentConfig& config = experiment.config;
  const ModelSource untrained{iteration, true};
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, untrained);
  const ModelHere here(*model, untrained);
  const EpisodeStore episodes = experiment.episodes(iteration);
  const std::unique_ptr<EmbeddedEpisodes> source = family_of(config).embedded(experiment, *model, episodes, iteration);
  const StartStates starts =
      record_start_states(*model, *source, episodes.train(), config.train_controller.num_start_states, config.seed,
                          [&] { experiment.pool->throw_if_ending(); });
  SearchTask task;
  task.run_seed = config.seed;
  task.draw_index = ~std::uint64_t{0};  // no iteration's
  task.start.assign(static_cast<std::size_t>(num_controller_parameters(experiment)), 0.0);
  const bool goes_on = config.train_controller.method == TrainMethod::evolution;
  for (int k = goes_on ? 0 : iteration; k <= iteration; ++k) {
    task.generations += config.train_controller.generations.at(k);
  }
  ExperimentConfig learning = config.at(iteration);
  learning.train_controller = config.at(kLastIteration).train_controller;
  learning.train_controller.in = TrainIn::dream;
  std::optional<Arena> arena = make_search_arena(experiment, learning, here, starts);
  const std::unique_ptr<ControllerSearch> search =
      make_controller_search(experiment, learning, here, starts, arena, task);
  Progress progress("untrained model's dream", "generations", task.generations);
  while (search->generation() < task.generations) {
    const GenerationReport report = search->run_generation();
    progress.update(report.generation, str("fitness ", report.mean_fitness));
    if (stop_requested()) {
      throw Stopped();
    }
  }
  return Arena::game(experiment, here, config.evaluate.batch_size).play(search->policy(), seeds);
}

Json to_json(const Score& score) {
  return {
      {"mean", score.mean},     {"std", score.deviation}, {"standard_error", score.deviation / std::sqrt(score.count)},
      {"min", score.min},       {"max", score.max},       {"mean_length", score.mean_length},
      {"episodes", score.count}};
}

// Error (kind data) naming `path`, which they come from, where they are no such rows.
void check_rows(const std::filesystem::path& path, const Json& rows) {
  const auto is_row = [](const Json& row) {
    return row.is_object() && row.contains("mean") && row["mean"].is_number() && row.contains("std") &&
           row["std"].is_number() && row.contains("episodes") && row["episodes"].is_number_integer();
  };
  if (!rows.is_object() || !std::all_of(rows.begin(), rows.end(), is_row)) {
    throw Error(ErrorKind::data, str(path.string(), ": expected returns with mean, std and episodes"));
  }
}

void print_table(const Json& rows) {
  std::fprintf(stderr, "\n  %-44s %8s %8s %8s\n", "return", "mean", "std", "episodes");
  for (const auto& [name, row] : rows.items()) {
    std::fprintf(stderr, "  %-44s %8.1f %8.1f %8d\n", name.c_str(), row["mean"].get<double>(), row["std"].get<double>(),
                 row["episodes"].get<int>());
  }
  std::fprintf(stderr, "\n");
}

void log_rows(const RunDirectory& run, const Json& rows) {
  std::vector<ClosingScore> scores;
  for (const auto& [name, row] : rows.items()) {
    const double deviation = row.at("std").get<double>();
    const int episodes = row.at("episodes").get<int>();
    scores.push_back({name, row.at("mean").get<double>(), deviation, deviation / std::sqrt(episodes), episodes});
  }
  log_closing_table(run, scores);
}

// What the table depends on. If it changes, the table is played again.
Json subject_of(const Experiment& experiment) {
  const ExperimentConfig& config = experiment.config;
  const int iteration = newest_complete_iteration(experiment);
  Json subject = {{"iteration", iteration},
                  {"generation", load_controller(experiment, iteration, -1).generation},
                  {family_of(config).identity_key(), model_identity(experiment, iteration)},
                  {"seed", config.evaluate.seed},
                  {"episodes", config.evaluate.episodes},
                  {"baselines", config.evaluate.baselines},
                  {"precision", to_string(config.precision)},
                  {"temperature", config.dream.temperature}};
  if (config.evaluate.planner_episodes > 0) {  // only then, so that older tables still count
    subject["planner_episodes"] = config.evaluate.planner_episodes;
  }
  return subject;
}

}  // namespace

Json play_closing_table(Experiment& experiment) {
  const ExperimentConfig& config = experiment.config;
  const Json subject = subject_of(experiment);
  const int iteration = newest_complete_iteration(experiment);
  const SavedController controller = load_controller(experiment, iteration, -1);
  const std::vector<std::uint64_t> seeds = evaluation_seeds(config.evaluate.seed, config.evaluate.episodes);
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
  const ModelHere here(*model, {iteration});
  const bool dreamt = config.train_controller.in.at(iteration) == TrainIn::dream;
  const std::string trained = dreamt ? "dream-trained controller" : "game-trained controller";
  Json rows, details;
  if (config.evaluate.baselines) {
    rows["game: random policy"] = to_json(score_of(play_random(experiment, config.collect.random, seeds)));
    rows["game: untrained (zero) controller"] = to_json(
        score_of(Arena::game(experiment, here, config.evaluate.batch_size).play(zeroed(controller.policy), seeds)));
    RandomPolicyConfig constant;
    constant.kind = RandomPolicyKind::constant;
    constant.action = best_constant_action(experiment);
    details["constant_action"] = constant.action;
    rows["game: best constant action"] = to_json(score_of(play_random(experiment, constant, seeds)));
    if (dreamt && experiment.has_episodes(iteration)) {  // a run that took a world model alone has none
      rows["game: evolved in an untrained M's dream"] =
          to_json(score_of(play_untrained_dreamer(experiment, iteration, seeds)));
    }
  }
  const std::vector<EpisodeResult> played =
      Arena::game(experiment, here, config.evaluate.batch_size).play(controller.policy, seeds);
  rows["game: " + trained] = to_json(score_of(played));
  const Score mine = score_of(played);
  for (const auto& [name, row] :
       rows.items()) {  // how far ahead of each other row, in standard errors of the difference
    const double error = std::hypot(mine.deviation / std::sqrt(mine.count), row["standard_error"].get<double>());
    if (name != "game: " + trained && error > 0.0) {
      details["ahead_in_standard_errors"][name] = (mine.mean - row["mean"].get<double>()) / error;
    }
  }
  if (config.evaluate.planner_episodes > 0) {
    const ExperimentConfig now = config.at(iteration);
    rows["game: planner in this model"] =
        to_json(score_of(Arena::game(experiment, here, config.evaluate.batch_size)
                             .play(planner_of(experiment, now.planner, now.dream, iteration),
                                   evaluation_seeds(config.evaluate.seed, config.evaluate.planner_episodes))));
  }
  rows["dream: " + trained] = to_json(score_of(play_in_dream(experiment, *model, iteration, controller.policy, false,
                                                             experiment.game.max_episode_steps, seeds)));
  for (const EpisodeResult& result : played) {
    details["returns"].push_back(result.episode_return);
  }
  // These change last bits, and so the scores.
  const Json played_with = {{"batch_size", config.evaluate.batch_size},
                            {"processor", describe_machine().at("processor")}};
  const Json table = {{"subject", subject}, {"played_with", played_with}, {"returns", rows}, {"details", details}};
  print_table(rows);
  return table;
}

void write_summary(Experiment& experiment) {
  const std::filesystem::path path = experiment.run.summary();
  if (std::filesystem::exists(path)) {
    const Json before = read_json(path);
    if (before.value("subject", Json()) == subject_of(experiment)) {
      const Json rows = before.value("returns", Json());
      check_rows(path, rows);
      print_table(rows);
      log_rows(experiment.run, rows);
      return;
    }
  }
  const StageTimer timer(experiment.run.times(), "closing table", 0);
  const Json table = play_closing_table(experiment);
  write_json(path, table);
  log_rows(experiment.run, table.at("returns"));
}

}  // namespace reverie
