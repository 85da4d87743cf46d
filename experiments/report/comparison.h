// Everything that `reverie compare` measures, as plain data: what report.json holds and the page shows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/rollout.h"
#include "experiments/models/shown.h"
#include "experiments/report/cheating.h"
#include "experiments/report/learning_curves.h"
#include "experiments/report/player.h"
#include "worldmodel/open_loop.h"

namespace reverie {

// Some episodes of one controller, with equal clocks in game and dream. Seeds count up.
struct Play {
  std::uint64_t first_seed = 0;
  std::vector<EpisodeResult> episodes;
};

struct AtTemperature {
  double temperature = 0;
  Play dream;
};

// One saved controller, in the game and in the dream of its own iteration's world model.
struct ScoredController {
  int iteration = 0, generation = 0;
  Play game, dream;
};

// One open-loop dream, and which episode it comes from.
struct Drift {
  std::uint64_t seed = 0;                       // of the game's episode
  OpenLoopTrace trace;                          // [horizon] each
  std::vector<double> dream_ssim, frozen_ssim;  // [horizon], with the recorded frame
  std::vector<double> reconstruction_ssim;
  double pay_before = 0;   // mean reward a step before the moment, without the first step: what the baseline predicts
  torch::Tensor features;  // [horizon, feature], of the dreamed states
};

// How well one of the game's true numbers can be read off the model's features: median absolute errors, [horizon].
struct TruthDrift {
  std::string name;
  double spread = 0;            // its deviation over the recorded moments
  std::vector<double> dreamed;  // in the dream
  std::vector<double> shown;    // by the model that is shown every frame
  std::vector<double> frozen;   // of saying that it stays as it was where the dream began
};

// How a dream pays where it does not pay the model's own reward without an end.
struct DreamPay {
  std::optional<double> constant = {};  // a step, in place of the model's reward
  bool ends = false;                    // each step counts as likely as the dream has not ended before
};

// What dreams under somebody's own actions promise: means over dreams from moments of their games.
struct Promise {
  std::string whose;
  int dreams = 0, steps = 0;                 // steps of each that are summed
  double dreamed = 0, recorded = 0;          // reward over these steps
  double dream_error = 0, frozen_error = 0;  // of the picture after them
};
Promise promise_of(const std::string& whose, const std::vector<Drift>& drifts, int steps,  // at most the horizon
                   const DreamPay& pay);

struct Comparison {
  // What was looked at.
  std::filesystem::path run;
  std::vector<std::string> command;
  std::string game_name, precision, trained_in, config_text, started;  // started: of the run's newest session
  std::uint64_t run_seed = 0;
  int iteration = 0, generation = 0;
  int clock = 0;           // steps, in game and dream
  double best_return = 0;  // the most that an episode can pay; infinity where the game sets no bound
  double temperature = 0;  // the config's
  bool dreams_can_end = false;

  std::vector<std::pair<std::string, std::string>> highlights;  // of the config, in words

  // What was measured.
  Play game, dream;
  std::vector<AtTemperature> temperatures;    // rising
  std::vector<ScoredController> controllers;  // oldest first
  std::vector<Drift> drifts;
  std::vector<TruthDrift> truths;
  Play planner;                   // its games; none where it was not asked for
  std::vector<Promise> promises;  // of the controller's games, and of the planner's
  std::vector<CheatingFinding> findings;
  LearningCurves learning;
  std::vector<LearningPanel> model_panels;  // what the page shows of the world model's own stages

  // Pictures, for the page alone.
  int frames_every = 1;     // steps of the game between two frames of a film
  std::vector<Film> films;  // best, median, worst
  std::vector<Strip> strips;
  Strip futures;  // of one moment
};

std::vector<double> returns_of(const std::vector<EpisodeResult>& episodes);

// The numbers, with every raw one that they come from.
nlohmann::ordered_json to_json(const Comparison& comparison);

}  // namespace reverie
