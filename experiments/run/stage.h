// A stage of an iteration, and how a run knows that it is done.
//
// When a stage ends, iteration-NN/NAME.done.json is written: the identities of what it read, a digest of the config
// that matters to it, and its amount. A stage is done if that equals what the config asks for now; no stage guesses
// from another stage's files. A stage that is done does nothing. Recorded episodes and the controllers that an
// iteration begins with are no inputs: a run that goes on with more generations keeps what later iterations made of the
// old ones.
//
// A stage of iteration 0 whose work was taken from another run (experiments/run/origin.h) has a marker that says so. It
// is done whatever the config says, as long as its files are there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "env/helper.h"
#include "experiments/run/experiment.h"

namespace reverie {

// config, in each of the functions: with the amounts of the iteration.
struct Stage {
  std::string name;                   // also the command's: "train-controller"
  std::string help;                   // the command's, one line
  std::vector<std::string> sections;  // of the config that matter to it, beside its seed and precision
  // How much the config asks for: episodes, epochs, generations. A stage that has done less goes on.
  std::function<int(const ExperimentConfig& config)> amount;
  // Name and identity of what it reads. Error (kind data) where something is missing. What an iteration recorded is
  // not an input: it never changes.
  std::function<std::map<std::string, std::string>(const Experiment& experiment, int iteration)> inputs;
  std::function<std::vector<std::filesystem::path>(const Experiment& experiment, const ExperimentConfig& config,
                                                   int iteration)>
      outputs;
  // Goes on where it stopped. Throws Stopped once everything is saved.
  std::function<void(Experiment& experiment, const ExperimentConfig& config, int iteration)> run;
  // What a helper computes the shards of its training with (experiments/models/trainer.h); none where they are not
  // shared. The experiment, as it was sent, outlives it.
  std::function<std::unique_ptr<Equipment>(const Experiment& experiment, WorkerPool& pool)> equip;
};

bool is_done(const Stage& stage, const Experiment& experiment, int iteration);

// Whether what the stage made last was made of the inputs as they are now. Not so while the stage runs for the first
// time, or when an earlier one has made others since. Error (kind data) where an input is missing.
bool fits_inputs(const Stage& stage, const Experiment& experiment, int iteration);

// Marks a stage of iteration 0 whose files were taken from another run.
void mark_taken(const Stage& stage, const Experiment& experiment, const Origin& origin);

// Runs it where it is not done, and marks it.
void run_stage(const Stage& stage, Experiment& experiment, int iteration);

}  // namespace reverie
