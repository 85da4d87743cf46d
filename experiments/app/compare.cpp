// compare: how far is a run's dream from the game? Measures, then writes the numbers and a page about them.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "agent/plan/plan_dreams.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/app/page_and_numbers.h"
#include "experiments/models/saved.h"
#include "experiments/models/tokens.h"
#include "experiments/report/comparison_page.h"
#include "experiments/report/drift.h"
#include "experiments/report/recorded_play.h"
#include "experiments/report/statistics.h"
#include "experiments/report/truth_drift.h"
#include "experiments/run/progress.h"
#include "experiments/run/text.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/scoring/replayed_truth.h"
#include "worldmodel/lead.h"

namespace reverie {
namespace {

constexpr int kControllers = 8;   // in the scatter
constexpr int kRecorded = 12;     // episodes that are dreamed again
constexpr int kFilmFrames = 126;  // at most, of one film
constexpr int kFutures = 16;

Play play_game(const Experiment& experiment, const WorldModel& model, const SavedPolicy& policy,
               std::uint64_t first_seed, int episodes) {
  return {first_seed, Arena::game(experiment, model, experiment.config.evaluate.batch_size)
                          .play(policy, evaluation_seeds(first_seed, episodes))};
}

Play play_dream(const Experiment& experiment, const WorldModel& model, int iteration, const SavedPolicy& policy,
                std::uint64_t first_seed, int episodes, double temperature) {
  return {first_seed, play_in_dream(experiment, model, iteration, policy, false, experiment.game.max_episode_steps,
                                    evaluation_seeds(first_seed, episodes), temperature)};
}

// Rising, each once, the config's among them.
std::vector<double> temperatures_of(const CompareOptions& options, double own) {
  std::vector<double> temperatures = options.temperatures;
  temperatures.push_back(own);
  std::sort(temperatures.begin(), temperatures.end());
  temperatures.erase(std::unique(temperatures.begin(), temperatures.end()), temperatures.end());
  return temperatures;
}

struct SavedPoint {
  int iteration = 0, generation = 0;
};

// At most `count` of the controllers whose world model and dream are still there, spread evenly, the newest among them.
std::vector<SavedPoint> controllers_to_score(const Experiment& experiment, int last_iteration, int count) {
  std::vector<SavedPoint> all, chosen;
  for (const int k : experiment.run.iterations()) {
    const bool whole =
        k <= last_iteration && has_model(experiment, k) && std::filesystem::exists(experiment.run.start_states(k));
    for (const int generation : whole ? experiment.run.generations(k) : std::vector<int>()) {
      all.push_back({k, generation});
    }
  }
  const std::size_t wanted = std::min(all.size(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < wanted; ++i) {
    chosen.push_back(all[wanted > 1 ? i * (all.size() - 1) / (wanted - 1) : all.size() - 1]);
  }
  return chosen;
}

std::vector<ScoredController> score_controllers(const Experiment& experiment, int last_iteration, std::uint64_t seed,
                                                int episodes) {
  std::vector<ScoredController> scored;
  const std::vector<SavedPoint> points = controllers_to_score(experiment, last_iteration, kControllers);
  Progress progress("controllers of other generations", "controllers", static_cast<int>(points.size()));
  for (const SavedPoint& point : points) {
    const SavedPolicy policy = load_controller(experiment, point.iteration, point.generation).policy;
    const std::unique_ptr<WorldModel> model = load_world_model(experiment, point.iteration);
    scored.push_back(
        {point.iteration, point.generation, play_game(experiment, *model, policy, seed, episodes),
         play_dream(experiment, *model, point.iteration, policy, seed, episodes, experiment.config.dream.temperature)});
    progress.update(static_cast<int>(scored.size()));
  }
  return scored;
}

// Places of episodes by return: the worst first.
std::vector<std::size_t> by_return(const Play& play) {
  std::vector<std::size_t> order(play.episodes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return play.episodes[a].episode_return < play.episodes[b].episode_return;
  });
  return order;
}

// `count` of the places or all, spread evenly; worst, median and best among them.
std::vector<std::size_t> spread(const std::vector<std::size_t>& order, std::size_t count) {
  std::vector<std::size_t> chosen = {order.front(), order[(order.size() - 1) / 2], order.back()};
  for (std::size_t i = 0; i < count; ++i) {
    chosen.push_back(order[i * (order.size() - 1) / (count - 1)]);
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

Film make_film(const WorldModel& model, const RecordedEpisode& episode, int every, const std::string& caption) {
  torch::NoGradGuard no_grad;
  Film film;
  film.caption = caption;
  film.height = episode.height;
  film.width = episode.width;
  double sum = 0.0;
  lead(model, embed_episode(model, episode), episode.num_steps(), [&](std::int64_t t, const ModelState& state) {
    sum += t > 0 ? static_cast<double>(episode.rewards[static_cast<std::size_t>(t) - 1]) : 0.0;
    if (t % every == 0 || t == episode.num_steps()) {
      film.top.push_back(frame_bytes(frame_tensor(episode, t)));
      film.beside.push_back(frame_bytes(model.decode(state)));
      film.returns.push_back(sum);
    }
  });
  return film;
}

DriftConfig drift_config(const Comparison& comparison, const std::vector<RecordedEpisode>& episodes, int horizon) {
  DriftConfig config;
  config.temperature = static_cast<float>(comparison.temperature);
  int longest = 0;
  for (const RecordedEpisode& episode : episodes) {
    longest = std::max(longest, episode.num_steps());
  }
  config.horizon = std::min(horizon, longest - config.warm_up);
  return config;
}

// The planner's games, and what the dream promised under its actions for as long as its plans are. Beside it the same
// of the controller's dreams, which are measured before.
void measure_planner(Comparison& comparison, const Experiment& experiment, const WorldModel& model, int episodes) {
  const ExperimentConfig now = experiment.config.at(comparison.iteration);
  const int steps = now.planner.horizon * now.planner.hold;
  const std::uint64_t seed = now.evaluate.seed + kReportSeedOffset;
  const std::vector<RecordedEpisode> recorded =
      play_and_record(experiment, model, planner_of(experiment, now.planner, now.dream, comparison.iteration),
                      evaluation_seeds(seed, episodes));
  comparison.planner.first_seed = seed;
  for (const RecordedEpisode& episode : recorded) {
    EpisodeResult result;
    result.episode_length = episode.num_steps();
    result.terminated = episode.terminated.back() != 0;
    for (const float reward : episode.rewards) {
      result.episode_return += static_cast<double>(reward);
    }
    comparison.planner.episodes.push_back(result);
  }
  if (comparison.drifts.empty()) {
    return;
  }
  const int dreamed = static_cast<int>(comparison.drifts.front().trace.dream_reward.size());
  const DriftConfig config = drift_config(comparison, recorded, std::min(steps, dreamed));
  if (config.horizon < 1) {
    return;
  }
  std::vector<std::vector<Drift>> measured(recorded.size());
  experiment.pool->run(static_cast<int>(recorded.size()), [&](int task, int) {
    const std::size_t i = static_cast<std::size_t>(task);
    measured[i] = measure_drift(model, make_drift_case(model, recorded[i], config), config);
  });
  std::vector<Drift> drifts;
  for (std::vector<Drift>& more : measured) {
    std::move(more.begin(), more.end(), std::back_inserter(drifts));
  }
  const PlanObjective objective = plan_objective(now.dream);
  DreamPay pay;
  pay.ends = objective.ends;
  if (objective.reward == DreamReward::constant) {
    pay.constant = objective.constant_reward;
  }
  comparison.promises.push_back(promise_of("controller", comparison.drifts, config.horizon, pay));
  if (!drifts.empty()) {
    comparison.promises.push_back(promise_of("planner", drifts, config.horizon, pay));
  }
}

// Dreams from the recorded episodes, and strips of one that held, a typical one and one that drifted.
void measure_open_loop(Comparison& comparison, const Experiment& experiment, const WorldModel& model,
                       const std::vector<RecordedEpisode>& episodes, int horizon) {
  const DriftConfig config = drift_config(comparison, episodes, horizon);
  if (config.horizon < 1) {
    return;  // every episode ends before a dream could begin
  }
  std::vector<DriftCase> cases(episodes.size());
  std::vector<std::vector<Drift>> measured(episodes.size());
  std::vector<TruthCase> truths(episodes.size());
  experiment.pool->run(static_cast<int>(episodes.size()), [&](int task, int) {
    const std::size_t i = static_cast<std::size_t>(task);
    cases[i] = make_drift_case(model, episodes[i], config);
    measured[i] = measure_drift(model, cases[i], config);
    truths[i] = make_truth_case(model, cases[i], measured[i], replay_truth(experiment.make_game, episodes[i]));
  });
  std::erase_if(truths, [](const TruthCase& of) { return of.dreams.empty(); });
  comparison.truths = truth_drift(experiment.make_game()->truth_names(), truths, config.horizon);
  struct Dream {
    double error = 0;  // mean over the horizon
    std::size_t episode = 0;
    std::int64_t start = 0;
  };
  std::vector<Dream> dreams;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    for (Drift& drift : measured[i]) {
      dreams.push_back({statistics_of(drift.trace.dream_error).mean, i, drift.trace.start});
      comparison.drifts.push_back(std::move(drift));
    }
  }
  std::stable_sort(dreams.begin(), dreams.end(), [](const Dream& a, const Dream& b) { return a.error < b.error; });
  const std::vector<int> steps = {1, 2, 4, 8, 16, 32, 64, 128, 256};
  const auto at = [&](double place) -> const Dream& {
    return dreams[static_cast<std::size_t>(place * static_cast<double>(dreams.size() - 1))];
  };
  const auto add_strip = [&](double place, const char* words) {
    const Dream& dream = at(place);
    comparison.strips.push_back(
        drift_strip(model, cases[dream.episode], config, dream.start, steps,
                    str(words, ": seed ", episodes[dream.episode].seed, ", from step ", dream.start)));
  };
  add_strip(0.1, "A dream that held (a tenth of all are nearer)");
  add_strip(0.5, "A typical dream (the median)");
  add_strip(0.9, "A dream that drifted (a tenth of all are farther)");
  const Dream& typical = at(0.5);
  comparison.futures = draws_strip(model, cases[typical.episode], config, typical.start, steps, kFutures);
}

// recorded[i] is the game's episode number places[i].
void make_films(Comparison& comparison, const WorldModel& model, const std::vector<RecordedEpisode>& recorded,
                const std::vector<std::size_t>& places, const std::vector<std::size_t>& order) {
  comparison.frames_every = 1 + comparison.clock / kFilmFrames;
  const auto add = [&](std::size_t place, const char* words) {
    const auto at = std::find(places.begin(), places.end(), place) - places.begin();
    const RecordedEpisode& episode = recorded[static_cast<std::size_t>(at)];
    comparison.films.push_back(make_film(model, episode, comparison.frames_every,
                                         str(words, ": ", std::lround(comparison.game.episodes[place].episode_return),
                                             ", seed ", episode.seed, ", ", episode.num_steps(), " steps")));
  };
  add(order.back(), "Best");
  add(order[(order.size() - 1) / 2], "Median");
  add(order.front(), "Worst");
}

// How C learnt, in words.
std::pair<std::string, std::string> learner(const Experiment& experiment) {
  const TrainControllerConfig& training = experiment.config.train_controller;
  if (training.method == TrainMethod::policy_gradient) {
    const PpoConfig& ppo = training.policy_gradient;
    return {"policy gradient", str(ppo.updates, " updates a generation, each of ", ppo.steps, " steps in ",
                                   training.batch_size * ppo.shards, " episodes side by side")};
  }
  if (training.method == TrainMethod::imagination) {
    const ImaginationConfig& c = training.imagination;
    return {"imagination", str(c.updates, " updates a generation, each of ", training.batch_size * c.shards,
                               " dreams of ", c.horizon, " steps")};
  }
  return {"evolution", str("population ", population_size(training.cma_es, num_controller_parameters(experiment)), ", ",
                           training.episodes, " episodes each")};
}

std::vector<std::pair<std::string, std::string>> highlights(const Experiment& experiment) {
  const ExperimentConfig& config = experiment.config;
  std::vector<std::pair<std::string, std::string>> words = family_of(config).highlights(config);
  const std::vector<std::pair<std::string, std::string>> others = {
      {"C", str(num_controller_parameters(experiment), " parameters from ", config.model.config->feature_size(),
                " features")},
      {"iterations", str(config.iterations, ", generations ", joined(config.train_controller.generations.values()))},
      learner(experiment),
      {"recorded", str(joined(config.collect.episodes.values()), " episodes")}};
  words.insert(words.end(), others.begin(), others.end());
  if (experiment.origin) {
    words.emplace_back("began with", experiment.origin->words());
  }
  return words;
}

std::string started(const Experiment& experiment) {
  const std::vector<std::string> starts = session_starts(experiment.run.folder() / "run.json");
  return starts.empty() ? "" : starts.back();
}

Comparison measure(const Experiment& experiment, const CompareOptions& options) {
  const ExperimentConfig& config = experiment.config;
  const std::uint64_t seed = config.evaluate.seed + kReportSeedOffset;
  Comparison result;
  result.run = experiment.run.folder();
  result.command = options.command;
  result.game_name = config.game.name;
  result.precision = to_string(config.precision);
  result.config_text = read_file(experiment.run.config());
  result.started = started(experiment);
  result.highlights = highlights(experiment);
  result.run_seed = config.seed;
  result.clock = experiment.game.max_episode_steps;
  result.best_return = experiment.game.best_return;
  result.temperature = config.dream.temperature;
  result.dreams_can_end = config.dream.end != DreamEnd::never;
  result.learning = read_learning_curves(experiment.run.metrics());
  result.model_panels = family_of(config).learning_panels();

  result.iteration = newest_complete_iteration(experiment);
  result.trained_in = config.train_controller.in.at(result.iteration) == TrainIn::dream ? "dream" : "game";
  const SavedController controller = load_controller(experiment, result.iteration, -1);
  result.generation = controller.generation;
  const std::unique_ptr<WorldModel> loaded = load_world_model(experiment, result.iteration);
  const WorldModel& model = *loaded;
  result.game = play_game(experiment, model, controller.policy, seed, options.num_episodes);
  const std::vector<double> temperatures = temperatures_of(options, result.temperature);
  Progress progress("dreams", "temperatures", static_cast<int>(temperatures.size()));
  for (const double temperature : temperatures) {
    const bool own = temperature == result.temperature;
    const int episodes = own ? options.num_episodes : std::max(2, options.num_episodes / 2);
    result.temperatures.push_back(
        {temperature, play_dream(experiment, model, result.iteration, controller.policy, seed, episodes, temperature)});
    if (own) {
      result.dream = result.temperatures.back().dream;
    }
    progress.update(static_cast<int>(result.temperatures.size()));
  }
  result.controllers = score_controllers(experiment, result.iteration, seed, std::max(2, options.num_episodes / 4));

  const std::vector<std::size_t> order = by_return(result.game);
  const std::vector<std::size_t> places = spread(order, kRecorded);
  std::vector<std::uint64_t> seeds;
  for (const std::size_t place : places) {
    seeds.push_back(seed + place);
  }
  {
    const std::vector<RecordedEpisode> recorded = play_and_record(experiment, model, controller.policy, seeds);
    measure_open_loop(result, experiment, model, recorded, options.horizon);
    make_films(result, model, recorded, places, order);
  }
  if (options.planner_episodes > 0) {
    measure_planner(result, experiment, model, options.planner_episodes);
  }

  CheatingEvidence evidence{
      returns_of(result.game.episodes), returns_of(result.dream.episodes), result.best_return, {}, {}};
  for (const ScoredController& scored : result.controllers) {
    evidence.controllers_game.push_back(statistics_of(returns_of(scored.game.episodes)).mean);
    evidence.controllers_dream.push_back(statistics_of(returns_of(scored.dream.episodes)).mean);
  }
  result.findings = look_for_cheating(evidence);
  return result;
}

}  // namespace

void compare(const CompareOptions& options) {
  const Experiment experiment = Experiment::open(options.run, options.overrides);
  const PageAndNumbers files(options.out.empty() ? experiment.run.folder() / "report.html" : options.out);
  files.make_ready();
  const Comparison comparison = measure(experiment, options);
  for (const CheatingFinding& finding : comparison.findings) {
    std::cerr << finding.words << "\n";
  }
  files.write(comparison_page(comparison), to_json(comparison));
}

}  // namespace reverie
