// sweep: a run for every combination of some values, each a `train` of this program in a process of its own.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <optional>
#include <thread>

#include "env/error.h"
#include "env/number_text.h"
#include "env/processors.h"
#include "env/team.h"
#include "experiments/app/commands.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_writer.h"
#include "experiments/report/run_record.h"
#include "experiments/run/bystander.h"
#include "experiments/run/progress.h"
#include "experiments/run/stop_flag.h"
#include "experiments/stages/begin_from.h"
#include "experiments/sweep/child_process.h"
#include "experiments/sweep/sweep_plan.h"
#include "experiments/sweep/sweep_table.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

struct SweepFolder {
  fs::path folder;

  fs::path record() const { return folder / "sweep.json"; }
  fs::path config() const { return folder / "sweep.yaml"; }
  fs::path run(const SweepRun& each) const { return folder / each.name; }
  fs::path log(const SweepRun& each) const { return folder / (each.name + ".log"); }
  bool has(const SweepRun& each) const { return fs::exists(run(each) / "config.yaml"); }
};

std::string config_text(const fs::path& file, const std::vector<std::string>& overrides) {
  return print_config(load_config(file, overrides));
}

// A folder with anything in it is a sweep's or none of ours.
void check_folder(const SweepFolder& place) {
  if (!fs::is_directory(place.folder) || fs::exists(place.record())) {
    return;
  }
  for (const auto& entry : fs::directory_iterator(place.folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "lock" && name != "sweep.yaml" && !is_bystander(name)) {  // of a sweep that ended at once
      throw Error(ErrorKind::config, str(place.folder.string(), ": is not a sweep's folder: it has no sweep.json"));
    }
  }
}

// The config, the same as before but for amounts that have grown. Asked of the first run of all: a config may be one
// with a run's values only.
void check_config(const SweepFolder& place, const fs::path& config_file, const SweepPlan& plan,
                  const SweepRecord& before) {
  SweepPlan then = before.plan, now = before.plan;
  now.fixed = plan.fixed;
  const SweepRun& first = before.plan.runs.front();
  const std::vector<std::string> overrides = now.overrides(first);
  config_has_grown(place.folder, config_text(place.config(), then.overrides(first)),
                   config_text(config_file, overrides), growing_keys(load_config(config_file, overrides)), free_keys());
}

// Every combination, before the first one starts: each alone, against the run that may be there, and against what it is
// to begin with. Returns what that is.
std::optional<Origin> check_runs(const SweepFolder& place, const fs::path& config_file, const SweepPlan& plan,
                                 const std::optional<OriginRequest>& request) {
  std::optional<Origin> origin;
  for (const SweepRun& run : plan.runs) {
    const ExperimentConfig config = load_config(config_file, plan.overrides(run));
    try {
      Experiment::check(config);
    } catch (const Error& error) {
      throw Error(error.kind(), str(run.name, ": ", error.what()));
    }
    if (place.has(run)) {
      config_has_grown(place.run(run), complete_config_text(place.run(run) / "config.yaml"), print_config(config),
                       growing_keys(config), free_keys());
    } else if (request && !origin) {
      origin = find_origin(*request, config);
    } else if (request) {
      check_fits(*origin, config);
    }
  }
  return origin;
}

std::string words_of(const std::vector<std::string>& keys) {
  std::string words;
  for (const std::string& key : keys) {
    words += (words.empty() ? "" : ", ") + key;
  }
  return words;
}

// What an earlier sweep into the folder says, with what is asked for now. The runs that are asked for are `plan`'s.
SweepRecord joined_record(const SweepFolder& place, const SweepPlan& plan, const SweepOptions& options,
                          const std::optional<SweepRecord>& before) {
  if (!before) {
    return {plan, options.from, options.keep};
  }
  SweepRecord record = *before;
  if (plan.keys != record.plan.keys) {
    throw Error(ErrorKind::config, str(place.folder.string(), ": this sweep is over ", words_of(record.plan.keys), ", ",
                                       words_of(plan.keys), " asked for (name another folder with --run)"));
  }
  if (!options.from.empty()) {
    const OriginRequest asked = parse_origin(options.from, options.keep);
    if (record.from.empty() || !is_same(asked, parse_origin(record.from, record.keep))) {
      throw Error(ErrorKind::config,
                  str(place.folder.string(), ": this sweep began with ",
                      record.from.empty() ? "nothing" : str(record.from, ", ", record.keep),
                      ", another --from asked for (name another folder with --run, or go on without --from)"));
    }
  }
  record.plan.fixed = plan.fixed;
  for (const SweepRun& run : plan.runs) {
    const auto is_it = [&](const SweepRun& other) { return other.name == run.name; };
    if (std::none_of(record.plan.runs.begin(), record.plan.runs.end(), is_it)) {
      record.plan.runs.push_back(run);
    }
  }
  return record;
}

// How the runs are doing, on standard error: lines that redraw themselves on a terminal, a line now and then elsewhere.
class Board {
 public:
  Board() : terminal_(::isatty(STDERR_FILENO) == 1), shown_at_(steady_seconds()) {}

  // A line that stays.
  void say(const std::string& line) {
    clear();
    std::cerr << line << "\n";
  }

  bool is_due() const { return steady_seconds() - shown_at_ >= (terminal_ ? 0.5 : 10.0); }

  // One line a run that is at work.
  void show(const std::vector<std::string>& lines) {
    shown_at_ = steady_seconds();
    clear();
    winsize window{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20;
    const std::size_t width = known ? window.ws_col - 1u : 79u;
    for (const std::string& line : lines) {
      if (terminal_) {
        std::cerr << line.substr(0, width) << "\n";
      } else if (std::find(shown_.begin(), shown_.end(), line) == shown_.end()) {  // what is new
        std::cerr << line << "\n";
      }
    }
    drawn_ = terminal_ ? lines.size() : 0;
    shown_ = lines;
  }

 private:
  void clear() {
    if (drawn_ > 0) {
      std::cerr << "\033[" << drawn_ << "A\033[J";
      drawn_ = 0;
    }
  }

  bool terminal_;
  double shown_at_;
  std::vector<std::string> shown_;
  std::size_t drawn_ = 0;  // lines that stand on the terminal and may be drawn over
};

struct Working {
  const SweepRun* run;
  ChildProcess process;
  double begun;
};

struct Outcome {
  bool stopped = false;
  std::map<std::string, std::string> failed;  // name of the run, and why
};

// Runs them, `jobs` at a time. arguments: of `train`.
Outcome run_all(const SweepFolder& place, const std::vector<SweepRun>& runs, int jobs, const std::string& program,
                const std::function<std::vector<std::string>(const SweepRun& run)>& arguments) {
  constexpr int kStoppedEarly = 75;  // main()'s exit code
  Outcome outcome;
  Board board;
  std::list<Working> working;
  std::size_t next = 0, finished = 0;
  bool told = false;  // the children, that they are to stop
  const auto say = [&](const SweepRun& run, const std::string& what) {
    board.say(str("[", finished, "/", runs.size(), "] ", run.name, ": ", what));
  };
  while (!working.empty() || (next < runs.size() && !stop_requested())) {
    if (stop_requested() && !told) {
      told = true;
      for (Working& each : working) {
        each.process.ask_to_stop();
      }
    }
    while (!stop_requested() && next < runs.size() && static_cast<int>(working.size()) < jobs) {
      const SweepRun& run = runs[next++];
      working.push_back({&run, ChildProcess(program, arguments(run), place.log(run)), steady_seconds()});
      say(run, "begins");
    }
    for (auto each = working.begin(); each != working.end();) {
      const std::optional<int> code = each->process.ended();
      if (!code) {
        ++each;
        continue;
      }
      const SweepRun& run = *each->run;
      const auto seconds = static_cast<long>(steady_seconds() - each->begun);
      each = working.erase(each);
      if (*code == 0) {
        ++finished;
        say(run, str("finished, ", seconds, " s"));
      } else if (*code == kStoppedEarly || (told && *code == -SIGTERM)) {
        outcome.stopped = true;
        say(run, "stopped");
      } else {
        const std::string said = last_line(place.log(run));
        const std::string why = *code < 0      ? str("killed by signal ", -*code)
                                : said.empty() ? str("exit code ", *code)
                                               : said;
        outcome.failed[run.name] = why;
        say(run, "failed: " + why);
      }
    }
    if (board.is_due()) {
      std::vector<std::string> lines;
      for (const Working& each : working) {
        lines.push_back(str("  ", each.run->name, ": ", last_line(place.log(*each.run))));
      }
      board.show(lines);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  outcome.stopped = outcome.stopped || stop_requested();
  return outcome;
}

// Which run this process is for, where it is one of a Slurm job array: 0 for the array's first task.
std::optional<int> array_task() {
  const char* const id = std::getenv("SLURM_ARRAY_TASK_ID");
  if (id == nullptr) {
    return std::nullopt;
  }
  const char* const first = std::getenv("SLURM_ARRAY_TASK_MIN");
  int task = 0, from = 0;
  if (read_number(id, task) != NumberText::good || (first != nullptr && read_number(first, from) != NumberText::good) ||
      task < from) {
    throw Error(ErrorKind::usage,
                str("SLURM_ARRAY_TASK_ID: expected a number from SLURM_ARRAY_TASK_MIN on, found ", id));
  }
  return task - from;
}

// The tasks of an array begin at once, and each holds the folder for a moment.
RunLock wait_for_folder(const fs::path& folder) {
  constexpr int kTries = 600;
  for (int tries = 1;; ++tries) {
    try {
      return lock_folder(folder);
    } catch (const Error&) {
      if (tries == kTries || stop_requested()) {
        throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

}  // namespace

void sweep(const SweepOptions& options) {
  if (options.from.empty() && !options.keep.empty()) {
    throw Error(ErrorKind::usage, "--keep says what to keep of another run: expected --from RUN");
  }
  if (const Team* const team = team_of_this_process()) {
    throw Error(ErrorKind::usage, str("sweep: expected one process, which begins others, found ", team->size(),
                                      " ranks: share the runs by a job array, or set --jobs"));
  }
  const SweepFolder place{options.run};
  const std::optional<int> task = array_task();
  check_folder(place);
  RunLock lock;
  if (task) {  // before anything is read, since another task may be writing it
    make_folder(place.folder);
    lock = wait_for_folder(place.folder);
  }
  const std::optional<SweepRecord> before = read_sweep(place.record());
  const SweepPlan plan =
      plan_sweep(options.config, options.values, before ? before->plan.keys : std::vector<std::string>());
  SweepRecord record = joined_record(place, plan, options, before);
  if (before) {
    check_config(place, options.config, plan, *before);
  }
  std::optional<OriginRequest> request;
  if (!record.from.empty()) {
    request = parse_origin(record.from, record.keep);
  }
  const std::optional<Origin> origin = check_runs(place, options.config, plan, request);
  if (origin) {  // all begin with the same, though the other run may go on meanwhile
    record.from = str(origin->run.string(), ":", origin->iteration);
    record.keep = origin->keep_option();
  }

  if (!task) {
    make_folder(place.folder);
    lock = lock_folder(place.folder);
  } else if (*task >= static_cast<int>(plan.runs.size())) {
    throw Error(ErrorKind::usage, str("this sweep has ", plan.runs.size(),
                                      " runs: expected a job array of as many, found task ", *task + 1, " of it"));
  }
  write_file_atomically(place.config(), read_config_text(options.config));  // it may be edited while this works
  write_sweep(place.record(), record);
  check_writable(place.folder / "report.html");  // now, not after all the runs
  check_writable(place.folder / "report.json");

  std::vector<SweepRun> mine = plan.runs;
  if (task) {
    mine = {plan.runs[static_cast<std::size_t>(*task)]};
    lock = RunLock();  // the other tasks begin, too
  }
  const int jobs = std::min(options.jobs, static_cast<int>(mine.size()));
  const int threads = std::max(1, usable_threads() / jobs);
  const Outcome outcome = run_all(place, mine, jobs, options.command.front(), [&](const SweepRun& run) {
    std::vector<std::string> words = {"train", place.config().string()};
    const std::vector<std::string> overrides = plan.overrides(run);
    words.insert(words.end(), overrides.begin(), overrides.end());
    const bool free_to_share = std::none_of(overrides.begin(), overrides.end(),
                                            [](const std::string& text) { return text.starts_with("threads="); });
    if (jobs > 1 && free_to_share && load_config(place.config(), overrides).threads == 0) {
      words.push_back(str("threads=", threads));
    }
    words.insert(words.end(), {"--run", place.run(run).string()});
    if (!record.from.empty()) {
      words.insert(words.end(), {"--from", record.from, "--keep", record.keep});
    }
    return words;
  });
  if (outcome.stopped) {
    throw Stopped();
  }

  std::vector<fs::path> folders;
  for (const SweepRun& run : record.plan.runs) {
    if (place.has(run) && outcome.failed.count(run.name) == 0) {  // one that failed may hold what cannot be read
      folders.push_back(place.run(run));
    }
  }
  if (task) {
    const auto finished = [&](const SweepRun& run) { return fs::exists(place.run(run) / "summary.json"); };
    const auto count = std::count_if(record.plan.runs.begin(), record.plan.runs.end(), finished);
    std::cerr << count << " of " << record.plan.runs.size() << " runs of the sweep are finished\n";
    if (count < static_cast<std::ptrdiff_t>(record.plan.runs.size())) {
      folders.clear();  // the last task reports
    } else {
      lock = wait_for_folder(place.folder);
    }
  }
  if (!folders.empty()) {
    report({folders, place.folder / "report.html"});
    std::cout << sweep_table(read_runs(folders), record.plan.keys) << std::flush;
  }
  if (!outcome.failed.empty()) {
    for (const auto& [name, why] : outcome.failed) {
      std::cerr << "failed: " << name << ": " << why << "\n";
    }
    throw Error(ErrorKind::other, str(outcome.failed.size(), " of ", mine.size(), " runs failed: see ",
                                      (place.folder / "NAME.log").string()));
  }
}

}  // namespace reverie
