// The table of commands, and the one place where exceptions are caught.
#include "experiments/app/program.h"

#include <torch/torch.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <new>
#include <string_view>

#include "env/error.h"
#include "env/number_text.h"
#include "experiments/app/commands.h"
#include "experiments/app/import_weights.h"
#include "experiments/app/ranks.h"
#include "experiments/app/standard_streams.h"
#include "experiments/models/model_family.h"
#include "experiments/run/machine.h"
#include "experiments/run/stop_flag.h"
#include "experiments/stages/stages.h"
#include "experiments/trace/trace.h"

namespace reverie {
namespace {

enum ExitCode { kDone = 0, kError = 1, kUsage = 2, kStoppedEarly = 75 };

// Declares a command's arguments and returns what runs it.
using Declare = std::function<std::function<void()>(CLI::App& app, const std::vector<std::string>& command_line)>;

void add_overrides(CLI::App& app, std::vector<std::string>& overrides) {
  app.add_option("overrides", overrides, "changes to the config: section.key=value");
}

void add_from(CLI::App& app, std::string& from, std::string& keep) {
  app.add_option(
      "--from", from,
      "RUN or RUN:ITERATION: begin with the episodes and the world model of another run (default: its newest "
      "world model). Iteration 0 then collects nothing, and trains no world model that it was given");
  app.add_option("--keep", keep,
                 "what to take of it: episodes, world-model or episodes,world-model (default: whatever it has). With "
                 "world-model come the start states of its dreams, so no game is played before the evaluation");
}

Declare declare_training(std::function<void(const StageOptions&)> run) {
  return [run](CLI::App& app, const std::vector<std::string>& command_line) {
    const auto options = std::make_shared<StageOptions>();
    options->command = command_line;
    app.add_option("target", options->target, "a config file, or the folder of a run to go on with")->required();
    add_overrides(app, options->overrides);
    app.add_option("--run", options->run, "the run's folder (default: runs/<name of the config>)");
    add_from(app, options->from, options->keep);
    return [run, options] {
      catch_stop_signals();  // the other commands keep nothing, so a signal may end them at once
      run(*options);
    };
  };
}

std::function<void()> declare_config(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<ConfigOptions>();
  app.add_option("target", options->target, "a config file, or a run's folder");
  add_overrides(app, options->overrides);
  app.add_flag("--defaults", options->defaults, "print a config with every key at its default, explained");
  app.add_option("--diff", options->diff,
                 "print what differs from this config or run (without a target: from its defaults)");
  app.set_help_flag("");
  CLI::Option* const help = app.add_option("-h,--help", options->section, "say what a section's keys mean")
                                ->expected(0, 1)
                                ->type_name("[SECTION]");
  return [options, help] {
    options->help = help->count() > 0;
    config(*options);
  };
}

std::function<void()> declare_evaluate(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<EvaluateOptions>();
  app.add_option("run", options->run, "the run's folder")->required();
  add_overrides(app, options->overrides);
  app.add_option("--action", options->action, "of the constant policy: one number per component")->delimiter(',');
  const auto where = std::make_shared<std::string>("game"), starts = std::make_shared<std::string>("first");
  app.add_option("--in", *where, "game or dream")->check(CLI::IsMember({"game", "dream"}));
  app.add_option("--episodes", options->num_episodes, "how many episodes (default: the config's evaluate.episodes)")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--seed", options->seed,
                 "the first episode's seed; the next ones count up (default: the config's evaluate.seed)");
  app.add_option("--policy", options->policy, "who plays")
      ->check(CLI::IsMember({"controller", "planner", "random", "zero", "constant"}));
  app.add_flag("--json", options->json, "one line of JSON on standard output");
  CLI::Option* const closing = app.add_flag(
      "--closing", options->closing,
      "play the closing table of the run again, all its rows; summary.json is written where the run has none");
  app.add_option("--iteration", options->iteration, "default: the newest complete one")->check(CLI::NonNegativeNumber);
  app.add_option("--generation", options->generation, "default: the chosen one, else the newest")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--starts", *starts, "where dreams start: first (frames) or any (moment)")
      ->check(CLI::IsMember({"first", "any"}));
  app.add_option("--horizon", options->horizon, "steps of a dream (default: the game's clock)")
      ->check(CLI::PositiveNumber);
  for (const char* const other : {"--action", "--in", "--episodes", "--seed", "--policy", "--iteration", "--generation",
                                  "--starts", "--horizon"}) {  // the table has its own games and players
    closing->excludes(app.get_option(other));
  }
  return [options, where, starts] {
    options->in_dream = *where == "dream";
    options->starts_any = *starts == "any";
    if (!options->in_dream && (options->starts_any || options->horizon)) {
      throw Error(ErrorKind::usage, "--starts and --horizon are for dreams: expected --in dream");
    }
    evaluate(*options);
  };
}

// "1280x800".
bool read_size(const std::string& text, int& width, int& height) {
  const std::size_t by = std::min(text.find('x'), text.size());
  const auto within = [](const std::string& number, int& value) {
    return read_number(number, value) == NumberText::good && value >= 320 && value <= 16384;
  };
  return within(text.substr(0, by), width) && by < text.size() && within(text.substr(by + 1), height);
}

std::function<void()> declare_play(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<PlayOptions>();
  const auto size = std::make_shared<std::string>();
  const auto words = std::make_shared<std::vector<std::string>>();
  app.add_option(
      "run", *words,
      "the run's folder, or a config file for the plain game; a second one is shown beside it; then changes to "
      "the config: section.key=value");
  app.add_flag("--planner", options->planner, "the planner acts, and not the controller");
  app.add_option("--recording", options->recording, "open this recorded episode, from 0 on (mode browse)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--at", options->at, "at this step")->check(CLI::NonNegativeNumber);
  app.add_flag("--fixed", options->fixed, "stay with the controller that was opened while the run trains on");
  app.add_option("--mode", options->mode, "what to begin with")
      ->check(CLI::IsMember({"game", "dream", "locked", "browse"}));
  app.add_option("--seed", options->seed, "of the first episode (default: the one that an exported run names, else 0)");
  app.add_flag("--stay", options->stay, "stay at an episode's end, as the key a does, and not go on with the next");
  app.add_option("--size", *size,
                 "of the window in pixels: WIDTHxHEIGHT (default: 1280x800, larger on a large display)");
  app.add_option("--scale", options->scale, "of text and panels (default: by the display)")
      ->check(CLI::Range(0.75, 4.0));
  app.add_flag("--no-card", options->no_card, "without the card of the first start");
  app.add_flag("--headless", options->headless, "draw without a display");
  app.add_option("--script", options->script, "a file of timed events that drives the window");
  app.add_option("--out", options->out,
                 "the folder of screenshots and recordings (default: films in the run's folder; of a config file or a "
                 "script: this one)");
  app.add_option("--record", options->record, "a film from the start: FILE.mp4, FILE.gif or a folder of PNG files");
  app.add_flag("--pictures-only", options->pictures_only, "in films: without plots, panels and bars");
  app.add_option("--seconds", options->seconds, "end after so long")->check(CLI::PositiveNumber);
  app.add_flag("--keys", options->show_keys, "print the table of keys and end");
  return [options, size, words] {
    for (const std::string& word : *words) {
      if (word.find('=') == std::string::npos || std::filesystem::exists(word)) {
        options->targets.push_back(word);
      } else {
        options->overrides.push_back(word);
      }
    }
    const std::size_t count = options->targets.size();
    if (!options->show_keys && (count < 1 || count > 2)) {
      throw Error(ErrorKind::usage,
                  str("play: expected a run folder or a config file, or two to see side by side, found ", count));
    }
    if (!size->empty() && !read_size(*size, options->width, options->height)) {
      throw Error(ErrorKind::usage, str("--size: expected WIDTHxHEIGHT, 320 to 16384 each, found '", *size, "'"));
    }
    play(*options);
  };
}

std::function<void()> declare_compare(CLI::App& app, const std::vector<std::string>& command_line) {
  const auto options = std::make_shared<CompareOptions>();
  options->command = command_line;
  app.add_option("run", options->run, "the run's folder")->required();
  add_overrides(app, options->overrides);
  app.add_option("--episodes", options->num_episodes, "how many episodes in the game, and in the dream")
      ->check(CLI::Range(2, 1000000));
  app.add_option("--horizon", options->horizon, "steps that dreams are held against recorded episodes")
      ->check(CLI::Range(1, 100000));
  app.add_option("--temperatures", options->temperatures, "of dreams, beside the config's: 0.5,1.0,...")
      ->delimiter(',')
      ->check(CLI::Range(0.01, 100.0));
  app.add_option("--planner", options->planner_episodes,
                 "also games of the planner, and what dreams under its actions promise (default: none; a race takes a "
                 "minute)")
      ->check(CLI::Range(1, 100000));
  app.add_option("--out", options->out,
                 "the page, FILE.html; its numbers go into FILE.json (default: RUN/report.html)");
  return [options] {
    for (const std::string& word : options->overrides) {
      if (word.find('=') == std::string::npos) {
        throw Error(ErrorKind::usage,
                    str("compare: expected one run and key=value, found '", word,
                        "' (several runs on one page: reverie report ", options->run.string(), " ", word, ")"));
      }
    }
    compare(*options);
  };
}

std::function<void()> declare_waist(CLI::App& app, const std::vector<std::string>& command_line) {
  const auto options = std::make_shared<WaistOptions>();
  options->command = command_line;
  app.add_option("run", options->run, "the run's folder")->required();
  add_overrides(app, options->overrides);
  app.add_option("--frames", options->frames, "how many frames to look at")->check(CLI::Range(200, 1000000));
  app.add_option("--every", options->every, "one frame in so many, since neighbours in time are alike")
      ->check(CLI::Range(1, 100000));
  app.add_option("--keep", options->keep, "how many directions of z to keep, rising: 1,2,4,...")
      ->delimiter(',')
      ->check(CLI::Range(1, 100000));
  app.add_option("--score", options->score_episodes,
                 "also play so many games with each of --keep (default: none, which takes seconds)")
      ->check(CLI::Range(2, 1000000));
  app.add_option("--out", options->out, "the page, FILE.html; its numbers go into FILE.json (default: RUN/waist.html)");
  return [options] {
    if (!std::is_sorted(options->keep.begin(), options->keep.end(), std::less_equal<>())) {
      throw Error(ErrorKind::usage, "--keep: expected rising numbers");
    }
    waist(*options);
  };
}

std::function<void()> declare_words(CLI::App& app, const std::vector<std::string>& command_line) {
  const auto options = std::make_shared<WordsOptions>();
  options->command = command_line;
  app.add_option("run", options->run, "the run's folder, with recorded episodes")->required();
  add_overrides(app, options->overrides);
  app.add_option("--every", options->every, "learn of one recorded moment in so many (default: 4)")
      ->check(CLI::Range(1, 100000));
  app.add_option("--updates", options->updates, "of 256 pairs of moment and sentence (default: 4000)")
      ->check(CLI::Range(1, 100000000));
  app.add_flag("--own-sentence-alone", options->own_sentence_alone,
               "only a moment's own sentence counts as true of it, as in CLIP; else each that is true");
  app.add_option("--judge", options->judge_episodes,
                 "of a run whose dream.reward is words: play so many games, and say how often the goal is true there")
      ->check(CLI::Range(2, 1000000));
  app.add_option("--out", options->out, "the page, FILE.html; its numbers go into FILE.json (default: RUN/words.html)");
  return [options] { words(*options); };
}

std::function<void()> declare_tokens(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<TokensOptions>();
  app.add_option("run", options->run, "the run's folder, with recorded episodes")->required();
  add_overrides(app, options->overrides);
  app.add_option("--codes", options->codes, "kinds of single actions of a box (default: 16)")
      ->check(CLI::Range(2, 256));
  app.add_option("--merges", options->merges, "tokens of several steps (default: 48)")->check(CLI::Range(0, 4096));
  app.add_option("--min-count", options->min_count, "a pair that occurs less often is no token (default: 50)")
      ->check(CLI::Range(2, 1000000000));
  app.add_option("--max-length", options->max_length, "steps of a token (default: 12)")->check(CLI::Range(1, 1000));
  return [options] { tokens(*options); };
}

std::function<void()> declare_find(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<FindOptions>();
  app.add_option("run", options->run, "the run's folder, after `reverie words`")->required();
  app.add_option("sentence", options->sentence, "\"sharp left bend, fast\"")->required();
  add_overrides(app, options->overrides);
  app.add_option("--count", options->count, "how many moments (default: 10)")->check(CLI::Range(1, 1000));
  app.add_option("--every", options->every, "look at one recorded moment in so many (default: 5)")
      ->check(CLI::Range(1, 100000));
  const auto plays = std::make_shared<bool>(false);
  app.add_flag("--play", *plays, "open the first in the window");
  app.add_option("--out", options->out, "their frames, FILE.png (default: RUN/found.png)");
  return [options, plays] {
    const std::optional<RecordedMoment> best = find(*options);
    if (best && *plays) {
      PlayOptions window;
      window.targets = {options->run};
      window.overrides = options->overrides;
      window.recording = best->recording;
      window.at = best->step;
      play(window);
    }
  };
}

std::function<void()> declare_adapt(CLI::App& app, const std::vector<std::string>& command_line) {
  const auto options = std::make_shared<AdaptOptions>();
  options->command = command_line;
  app.add_option("run", options->run, "the run that is to learn a changed game; it is only read")->required();
  app.add_option("overrides", options->overrides, "what changes: game.NAME.KEY=VALUE, or any other key");
  app.add_option("--run,--out", options->out, "the new run's folder (default: the run's with -adapted)");
  app.add_option("--rank", options->rank, "of the update of each matrix; 0: whole matrices (default: 4)")
      ->check(CLI::Range(0, 8192));
  app.add_option("--episodes", options->episodes, "how many to record in the changed game (default: 20)")
      ->check(CLI::Range(2, 999999));
  app.add_option("--generations", options->generations,
                 "of the search of C in the adapted dream; 0: C stays (default: 8)")
      ->check(CLI::Range(0, 1000000));
  app.add_flag("--frames", options->frames, "what the game draws has changed, too: V's outer layers learn with it");
  return [options] {
    catch_stop_signals();
    adapt(*options);
  };
}

std::function<void()> declare_report(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<ReportOptions>();
  app.add_option("runs", options->runs, "the runs' folders")->required();
  app.add_option("--out", options->out, "the page, FILE.html; its numbers go into FILE.json (default: report.html)");
  return [options] { report(*options); };
}

std::function<void()> declare_sweep(CLI::App& app, const std::vector<std::string>& command_line) {
  const auto options = std::make_shared<SweepOptions>();
  options->command = command_line;
  app.add_option("config", options->config, "a config file")->required();
  app.add_option("values", options->values,
                 "section.key=value,value,... for what is swept over (a comma within brackets separates nothing), "
                 "section.key=value for what is the same in all runs");
  app.add_option("--run", options->run, "the sweep's folder: a run for each combination, and report.html")->required();
  add_from(app, options->from, options->keep);
  app.add_option("--jobs", options->jobs, "runs at a time (default: 1); they share the threads")
      ->check(CLI::Range(1, 1024));
  return [options] {
    catch_stop_signals();
    sweep(*options);
  };
}

std::function<void()> declare_export(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<ExportOptions>();
  app.add_option("run", options->run, "the run's folder")->required();
  app.add_option("out", options->out, "a new folder for the copy, or NAME.html: the dream as one page for a browser")
      ->required();
  app.add_option("--link", options->link, "of a page: the address to link back to");
  return [options] {
    if (options->out.extension() == ".html") {
      export_page(*options);
    } else {
      export_run(*options);
    }
  };
}

std::function<void()> declare_import_weights(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<ImportWeightsOptions>();
  app.add_option("run", options->run, "the run's folder")->required();
  app.add_option(
         "files", options->files,
         "safetensors files that another program saved, called as in the run (generation-00050.safetensors); in "
         "the run's folder or elsewhere")
      ->required();
  app.add_option("--iteration", options->iteration, "of the run that gets them (default: the newest complete one)")
      ->check(CLI::NonNegativeNumber);
  return [options] { import_weights(*options); };
}

std::function<void()> declare_bench(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<BenchOptions>();
  app.add_flag("--json", options->json, "a list of rows on standard output");
  app.add_flag("--quick", options->quick, "under a minute, with rougher figures");
  app.add_option("--only", options->only, "only rows whose name holds this text");
  return [options] { bench(*options); };
}

std::function<void()> declare_trace(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<TraceOptions>();
  app.add_option("--game", options->game, "which game")->required();
  app.add_option("--seed", options->seed, "of the episode");
  app.add_option("--scene,--track", options->scene_file,
                 "a JSON file with what the game takes in place of what the seed draws, such as a track");
  app.add_option("--actions", options->actions_file,
                 "one line a step: a number for each component of the action, or one column with numbers of actions")
      ->required();
  app.add_option("--frames", options->frames, "after how many steps to write the picture: 0,10,...")->delimiter(',');
  app.add_flag("--above", options->above, "pictures from above, where the game has them");
  app.add_option("--out", options->out_file, "the record, FILE.json; pictures go beside it")->required();
  return [options] { trace(*options); };
}

std::function<void()> declare_info(CLI::App& app, const std::vector<std::string>&) {
  const auto options = std::make_shared<InfoOptions>();
  app.add_flag("--json", options->json, "one line of JSON on standard output");
  return [options] { info(*options); };
}

template <typename Number>
std::string number_as_written(std::string& text, const char* expected) {
  Number value{};
  switch (read_number(text, value)) {
    case NumberText::not_a_number:
      return str("expected ", expected, ", found '", text, "'");
    case NumberText::out_of_range:
      return str("expected a number from ", std::numeric_limits<Number>::lowest(), " to ",
                 std::numeric_limits<Number>::max(), ", found '", text, "'");
    case NumberText::good:
      break;
  }
  char buffer[64];
  text.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  return "";
}

// A shell puts the home folder in the place of ~ at the start of a word only, and so not in --run=~/x.
std::string with_home(std::string& text, const char*) {
  if (text != "~" && !text.starts_with("~/")) {
    return text.starts_with("~") ? str("expected a path, or one in your home folder as ~/NAME, found '", text, "'")
                                 : "";
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == 0) {
    return str("expected a path, or HOME to be set, found '", text, "'");
  }
  text.replace(0, 1, home);
  return "";
}

// How all arguments are read. CLI11 would read 010 as 8, and -1 as the largest number. Done before an option's own
// checks.
void settle_arguments(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) {
    const std::string type = option->get_type_name();
    const auto rewrite = [option](std::string (*read)(std::string&, const char*), const char* expected) {
      option->transform(CLI::Validator([=](std::string& text) { return read(text, expected); }, ""));
    };
    if (type.starts_with("UINT")) {
      rewrite(number_as_written<std::uint64_t>, "a whole number in decimal digits");
    } else if (type.starts_with("INT")) {
      rewrite(number_as_written<int>, "a whole number in decimal digits");
    } else if (type.starts_with("FLOAT")) {
      rewrite(number_as_written<double>, "a number like 3, 0.5 or 1e-4");
    } else if (type.starts_with("TEXT")) {
      rewrite(with_home, "");
    }
  }
}

struct Command {
  std::string name, help;
  Declare declare;
};

std::vector<Command> make_commands() {
  std::vector<Command> table = {
      {"train", "runs every stage of a config, or goes on with a run", declare_training(train)}};
  const auto add = [&table](const Stage& stage) {
    const auto known = [&stage](const Command& command) { return command.name == stage.name; };
    if (std::none_of(table.begin(), table.end(), known)) {
      table.push_back({stage.name, stage.help, declare_training([name = stage.name](const StageOptions& options) {
                         train_stage(name, options);
                       })});
    }
  };
  add(collect_stage());
  for (const auto& family : model_families()) {
    for (const Stage& stage : family->stages()) {
      add(stage);
    }
  }
  add(train_controller_stage());
  const std::vector<Command> others = {
      {"sweep", "train a run for every combination of some values, and report over them", declare_sweep},
      {"config", "say what a config can hold, what one holds, or how two differ", declare_config},
      {"evaluate", "score a run's controller in the game or in its dream", declare_evaluate},
      {"play", "watch and drive the agent in a window: game, dream, or both in step", declare_play},
      {"compare", "a page about how far a run's dream is from the game", declare_compare},
      {"adapt", "teach a run's world model and controller a changed game from a few episodes", declare_adapt},
      {"words", "learn sentences about a run's moments, and a page about what they know", declare_words},
      {"tokens", "a run's actions as a vocabulary of byte pairs, for its planner", declare_tokens},
      {"find", "recorded moments by a sentence, as pictures", declare_find},
      {"waist", "a page about how many numbers a frame of the game needs", declare_waist},
      {"report", "a page with the curves and scores of several runs and seeds", declare_report},
      {"export", "a small copy of a run to give away, or its dream as one page for a browser", declare_export},
      {"import-weights", "take weights that another program changed into a run", declare_import_weights},
      {"trace", "play a file of actions and record what the game does", declare_trace},
      {"bench", "measure the speed of each part", declare_bench},
      {"info", "versions, processor and the speed of matrix products here", declare_info},
  };
  table.insert(table.end(), others.begin(), others.end());
  return table;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> table = make_commands();
  return table;
}

// CLI11 would only say that some command is required.
void check_command(int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') {
    return;
  }
  std::string known;
  for (const Command& command : commands()) {
    if (std::string(argv[1]) == command.name) {
      return;
    }
    known += str(known.empty() ? "" : ", ", command.name);
  }
  throw Error(ErrorKind::usage, str("unknown command '", argv[1], "' (known: ", known, ")"));
}

int run(int argc, char** argv) {
  CLI::App app("Reverie: an agent trained inside its own dream");
  app.name("reverie");
  app.require_subcommand(1);
  app.set_version_flag("--version", REVERIE_VERSION);
  const std::vector<std::string> command_line(argv, argv + argc);
  std::vector<std::pair<CLI::App*, std::function<void()>>> declared;
  for (const Command& command : commands()) {
    CLI::App* subcommand = app.add_subcommand(command.name, command.help);
    declared.emplace_back(subcommand, command.declare(*subcommand, command_line));
    settle_arguments(*subcommand);
  }
  check_command(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      return app.exit(error);
    }
    throw Error(ErrorKind::usage, str(error.what(), " (see reverie --help)"));
  }
  for (const auto& [subcommand, act] : declared) {
    if (subcommand->parsed()) {
      act();
    }
  }
  return kDone;
}

constexpr std::string_view kNoMemory = "the system gives no more memory";

std::terminate_handler terminate_otherwise = nullptr;

// Memory may end where no exception can be caught: in a destructor, in a thread of a library.
[[noreturn]] void end_without_memory() {
  try {
    if (const std::exception_ptr current = std::current_exception()) {
      std::rethrow_exception(current);
    }
  } catch (const std::bad_alloc&) {
    for (const std::string_view part : {std::string_view("error: "), kNoMemory, std::string_view("\n")}) {
      [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, part.data(), part.size());
    }
    ::_exit(kError);
  } catch (...) {
  }
  terminate_otherwise();
  std::abort();
}

// What went wrong, on one line.
int report(std::string message, ExitCode code) {
  for (char& c : message) {
    c = c == '\n' || c == '\r' ? ' ' : c;
  }
  std::cerr << "error: " << message << "\n";
  return code;
}

// What `act` returns, or the exit code for what it throws.
int guarded(const std::function<int()>& act) {
  try {
    return act();
  } catch (const Stopped& stopped) {
    std::cerr << stopped.what() << "\n";
    return kStoppedEarly;
  } catch (const Error& error) {
    return report(error.what(),
                  error.kind() == ErrorKind::usage || error.kind() == ErrorKind::config ? kUsage : kError);
  } catch (const c10::Error& error) {
    return report(error.what_without_backtrace(), kError);
  } catch (const std::bad_alloc&) {
    return report(std::string(kNoMemory), kError);
  } catch (const std::exception& error) {
    return report(error.what(), kError);
  }
}

}  // namespace

int run_program(int argc, char** argv) {
  terminate_otherwise = std::set_terminate(end_without_memory);
  StandardStreams streams;
  keep_freed_memory();
  const auto prepare = [] {
    use_one_thread();
    at::set_num_interop_threads(1);
    return 0;
  };
  const auto work = [&] {
    const int done = run(argc, argv);
    streams.flush();
    return done;
  };
  int code = guarded(prepare);
  code = code == kDone ? run_on_ranks(work, guarded) : code;
  return code == kDone && streams.lost_messages() ? kError : code;
}

}  // namespace reverie
