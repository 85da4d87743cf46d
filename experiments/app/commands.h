// The commands of `reverie`, one file each: what main() parses, and what it calls.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/run/experiment.h"

namespace reverie {

// train and its single stages.
struct StageOptions {
  std::filesystem::path target;        // a config file, or the folder of a run to go on with
  std::vector<std::string> overrides;  // "dream.horizon=3"
  std::filesystem::path run;           // empty: runs/<name of the config file>
  std::string from, keep;              // "RUN:ITERATION", "episodes,world-model": stages/begin_from.h
  std::vector<std::string> command;    // as typed, for run.json

  std::filesystem::path config_file() const;  // target, or its config.yaml
  std::filesystem::path run_folder() const;   // Error (kind usage) where target and run both name one
};

struct ConfigOptions {
  std::filesystem::path target;        // a config file or a run's folder; empty: the defaults
  std::vector<std::string> overrides;  // as in StageOptions
  std::filesystem::path diff;          // a config file or a run's folder to compare with
  bool defaults = false;               // print the defaults, explained
  bool help = false;
  std::string section;  // that help is about; empty: all of them, in short
};

// Without any of the optional ones a run's controller plays the games of the closing table.
struct EvaluateOptions {
  std::filesystem::path run;
  bool in_dream = false;
  bool closing = false;                      // the closing table instead: all its rows
  std::optional<int> num_episodes;           // the config's evaluate.episodes
  std::optional<std::uint64_t> seed;         // of the first episode, the next ones count up; the config's evaluate.seed
  std::vector<std::string> overrides;        // "precision=float32": how to look, not what was trained
  std::string policy = "controller";         // controller, planner, random, zero or constant
  std::vector<float> action;                 // of the constant policy
  bool json = false;                         // one line of JSON on standard output
  std::optional<int> iteration, generation;  // the newest complete one; the chosen one
  bool starts_any = false;                   // in dreams: start at any recorded moment, not at first frames only
  std::optional<int> horizon;                // in dreams: steps; the game's own clock
};

struct CompareOptions {
  std::filesystem::path run;
  std::vector<std::string> overrides;                  // as in EvaluateOptions
  int num_episodes = 32;                               // in the game, and as many in the dream
  int horizon = 64;                                    // steps of open-loop dreams
  std::vector<double> temperatures = {0.5, 1.0, 1.3};  // and the config's
  int planner_episodes = 0;                            // games that the planner plays too
  std::filesystem::path out;                           // FILE.html; empty: report.html in the run's folder
  std::vector<std::string> command;                    // as typed, for the page
};

struct WaistOptions {
  std::filesystem::path run;
  std::vector<std::string> overrides;  // as in EvaluateOptions
  int frames = 5000;                   // looked at, and how far apart in an episode
  int every = 20;
  std::vector<int> keep = {1, 2, 4, 8, 16, 32};  // directions
  int score_episodes = 0;                        // games for each of them; 0: none
  std::filesystem::path out;                     // FILE.html; empty: waist.html in the run's folder
  std::vector<std::string> command;              // as typed, for the page
};

struct AdaptOptions {
  std::filesystem::path run;           // whose world model and controller are to learn a changed game
  std::vector<std::string> overrides;  // what changes: "game.NAME.KEY=VALUE"
  std::filesystem::path out;           // the new run; empty: the run's folder with "-adapted"
  int rank = 4;                        // of the update; 0: whole weights
  int episodes = 20;                   // recorded in the changed game
  int generations = 8;                 // of C's search in the adapted dream; 0: C stays
  bool frames = false;                 // what the game draws has changed, too
  std::vector<std::string> command;    // as typed
};

struct WordsOptions {
  std::filesystem::path run;
  std::vector<std::string> overrides;  // as in EvaluateOptions
  int every = 4;                       // one recorded moment in so many
  int updates = 4000;
  bool own_sentence_alone = false;   // CLIP's loss
  int judge_episodes = 0;            // games in which a goal of words is held against the truth; 0: words are learnt
  std::filesystem::path out;         // FILE.html; empty: words.html in the run's folder
  std::vector<std::string> command;  // as typed, for the page
};

struct TokensOptions {
  std::filesystem::path run;
  std::vector<std::string> overrides;
  int codes = 16, merges = 48, min_count = 50, max_length = 12;
};

struct FindOptions {
  std::filesystem::path run;
  std::string sentence;
  std::vector<std::string> overrides;
  int count = 10, every = 5;
  std::filesystem::path out;  // FILE.png; empty: found.png in the run's folder
};

struct ReportOptions {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path out = "report.html";  // the numbers go into FILE.json
};

struct SweepOptions {
  std::filesystem::path config;      // a file
  std::vector<std::string> values;   // "dream.temperature=0.5,1.0", "seed=1,2", "iterations=1"
  std::filesystem::path run;         // the folder that holds all of it
  std::string from, keep;            // as in StageOptions
  int jobs = 1;                      // runs at a time
  std::vector<std::string> command;  // as typed
};

struct ExportOptions {
  std::filesystem::path run;
  std::filesystem::path out;  // a new folder, or a file that ends in .html
  std::string link = "";      // of a page, back to where it comes from; empty: none
};

struct BenchOptions {
  bool quick = false;  // under a minute, rougher
  std::string only;    // rows whose name holds this
  bool json = false;   // a list of rows on standard output
};

struct InfoOptions {
  bool json = false;
};

// The window.
struct PlayOptions {
  std::vector<std::filesystem::path> targets;  // one or two runs' folders, or config files alone: the plain game
  std::vector<std::string> overrides;          // as in EvaluateOptions
  bool planner = false;                        // it acts, and not the controller
  std::optional<int> recording;                // to open in mode browse, from 0 on
  int at = 0;                                  // its step
  bool fixed = false;                          // stay with the controller that was opened, where the run trains on
  std::string mode;                            // game, dream, locked or browse; empty: game
  std::optional<std::uint64_t> seed;           // of the first episode; else the run's own, see scoring/showcase.h
  bool stay = false;                           // at an episode's end, until a key
  int width = 0, height = 0;                   // pixels; 0: 1280x800, larger on a display of many pixels
  std::optional<double> scale;                 // of text and panels; else by the display
  bool no_card = false;                        // the card of the first start is not shown
  bool headless = false;                       // draw without a display
  std::filesystem::path script;                // timed events that drive the window alone; empty: none
  std::filesystem::path out;                   // folder of screenshots and recordings; empty: play.cpp
  bool pictures_only = false;                  // in films: without plots, panels and bars
  std::filesystem::path record;                // a film from the start: FILE.mp4, FILE.gif, or a folder of PNG files
  std::optional<double> seconds;               // until it ends by itself
  bool show_keys = false;                      // print the table of keys and do nothing else
};

void train(const StageOptions& options);
void train_on(Experiment& experiment);  // every stage that is not done, and the closing table
void adapt(const AdaptOptions& options);
Experiment create_run(const StageOptions& options);
void train_stage(const std::string& name, const StageOptions& options);  // in the first iteration that lacks it
void config(const ConfigOptions& options);
void sweep(const SweepOptions& options);
void evaluate(const EvaluateOptions& options);
void compare(const CompareOptions& options);
void waist(const WaistOptions& options);
void words(const WordsOptions& options);
struct RecordedMoment {
  int recording = 0, step = 0;
};
std::optional<RecordedMoment> find(const FindOptions& options);  // the best; none where nothing was recorded
void tokens(const TokensOptions& options);
void play(const PlayOptions& options);
void report(const ReportOptions& options);
void export_run(const ExportOptions& options);
void export_page(const ExportOptions& options);
void bench(const BenchOptions& options);
void info(const InfoOptions& options);

}  // namespace reverie
