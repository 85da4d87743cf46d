// How many numbers does a frame of this game need? Measured on a run's world model, without training.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/rollout.h"
#include "experiments/report/player.h"
#include "experiments/run/experiment.h"

namespace reverie {

struct WaistQuestion {
  int frames = 5000;                             // that are looked at
  int every = 20;                                // of an episode's; neighbours in time would pass for neighbours
  std::vector<int> keep = {1, 2, 4, 8, 16, 32};  // directions of z, rising
  int score_episodes = 0;                        // games for each of `keep`; 0: no scores
};

// Of a cloud's covariance, or of a matrix.
struct SpectrumSummary {
  std::string name;
  int size = 0;                                // directions there are
  double participation_ratio = 0;              // of the variances
  double effective_rank = 0;                   // of the deviations, or singular values
  int k_50 = 0, k_90 = 0, k_95 = 0, k_99 = 0;  // directions that hold that share of all variance
};
SpectrumSummary summary_of(const std::string& name, const std::vector<double>& variances);  // falling

// Of `points` points.
struct DimensionEstimate {
  int points = 0;
  double two_nn = 0, levina_bickel = 0;
};

// C's games where it sees z's first k directions alone.
struct KeptScore {
  int directions = 0;
  std::vector<EpisodeResult> episodes;
};

struct Waist {
  std::filesystem::path run;
  std::vector<std::string> command;
  std::string game_name, precision;
  int iteration = 0, generation = 0;
  int episodes = 0, frames = 0, every = 0;  // games of C; frames of them that were looked at
  std::uint64_t first_seed = 0;             // of those games
  double frame_bytes = 0;                   // of the picture
  int latent_size = 0;

  double kl_nats = 0;        // to say a frame's z as finely as the encoder does, knowing nothing: mean KL from N(0, 1)
  double surprise_nats = 0;  // the same for whoever dreams along; NaN without a BeliefView; both NaN for an exact code
  int active_units = 0;      // dimensions of z whose mean varies by more than 0.01 (Burda et al. 2016)

  std::vector<double> latent_variances, feature_variances;     // falling
  std::vector<SpectrumSummary> spectra;                        // z, features, then each matrix of weights
  std::vector<std::pair<int, DimensionEstimate>> dimension;    // of z, of one frame in so many
  std::vector<std::pair<int, DimensionEstimate>> calibration;  // of as many normal points of that dimension

  std::vector<EpisodeResult> whole;  // C's games with all of z; empty without scores, as the next
  std::vector<KeptScore> kept;

  int film_every = 1;       // steps between two frames of the films
  std::vector<Film> films;  // game, and the picture from some of z's directions
  Strip strip;
};

double whole_score(const Waist& waist);  // mean return with all of z; 0 without scores
// The least number of directions from which on every number tried has at least 95 % of that; 0 where none has, without
// scores, or where that is not above 0.
int enough_directions(const Waist& waist);
// The answer in a sentence.
std::string waist_words(const Waist& waist);

// Error (kind data) where the model has no latent, or where too few frames are found.
Waist measure_waist(const Experiment& experiment, const WaistQuestion& question);

nlohmann::ordered_json to_json(const Waist& waist);
std::string waist_page(const Waist& waist);

}  // namespace reverie
