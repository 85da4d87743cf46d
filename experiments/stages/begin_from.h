// `train --from RUN`: a run whose iteration 0 begins with the recorded episodes or the world model of another run.
//
// Episodes: the recordings of the other run's iterations 0 to ITERATION are the new run's of iteration 0, as hard links
// where the file system allows and else as copies; the same ones are held out. World model: the weights of ITERATION
// and the moments where its dreams begin are iteration 0's. The new run collects nothing in iteration 0 and trains no
// world model that it was given; so with a world model alone it plays no game before its controller is evaluated. Later
// iterations go on as always. The other run is only read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "experiments/run/experiment.h"

namespace reverie {

// What is asked for. Of what it leaves open, the newest world model is taken (or the newest recordings, where only
// these are wanted or there), and of the two whatever there is.
struct OriginRequest {
  std::filesystem::path run;
  std::optional<int> iteration;
  bool episodes = true, world_model = true;
  bool all = false;  // both must be there if both are wanted
  // For a run that goes on in a changed game (`reverie adapt`): the controller too, and no key of the game but its name
  // and action_repeat must be the same.
  bool controller_and_changed_game = false;
};

// from: "RUN" or "RUN:ITERATION"; keep: "", "episodes", "world-model" or both with a comma between. Error (kind usage).
OriginRequest parse_origin(const std::string& from, const std::string& keep);

// Whether it repeats what `before` says, or leaves it open.
bool is_same(const OriginRequest& asked, const OriginRequest& before);

// Looks for it, and writes nothing. Error (kind config) where the run does not fit `config`: another game or another
// world model; (kind data) where something is missing or damaged.
Origin find_origin(const OriginRequest& request, const ExperimentConfig& config);

// Whether a run of that config can begin with it, too. Error (kind config) where it cannot.
void check_fits(const Origin& origin, const ExperimentConfig& config);

// As PrepareRun of a run that begins with `origin`: it is written into a new run. One that is there must have begun
// with what is asked for; Error (kind config). request: none where nothing is asked for, and then what a run began with
// holds.
void settle_origin(const RunDirectory& run, bool is_new, const std::optional<OriginRequest>& request,
                   const std::optional<Origin>& origin);

// Brings what origin.json names and is not there yet. Error (kind data) where the other run has gone or has changed
// before all was brought; Stopped.
void bring_origin(const Experiment& experiment);

}  // namespace reverie
