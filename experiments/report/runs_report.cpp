#include "experiments/report/runs_report.h"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/event_file.h"
#include "experiments/report/chart.h"
#include "experiments/report/html.h"
#include "experiments/report/html_page.h"
#include "experiments/report/statistics.h"
#include "experiments/run_directory.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

enum class Against { steps, iterations };  // what a curve is drawn over

// What a page shows of a stage.
struct Quantity {
  const char *section, *stage, *name;
  const char *title, *unit;
  Against against = Against::steps;
  const char *baseline = "", *baseline_words = "";  // a measurement to hold it against
};

constexpr const char* kV = "v";
constexpr const char* kM = "m";
constexpr const char* kDream = "dream";
constexpr const char* kC = "c";
constexpr const char* kData = "data";

const std::vector<Quantity>& quantities() {
  static const std::vector<Quantity> all = {
      {kV, "train-vae", "held_out_reconstruction", "Reconstruction, held-out frames", "squared error a frame",
       Against::steps, "mean_frame_error", "the mean frame"},
      {kV, "train-vae", "held_out_kl", "KL from the prior, held-out frames", "nats"},
      {kM, "train-mdn-rnn", "held_out_latent", "Next latent, held-out episodes", "− log likelihood, nats a dimension",
       Against::steps, "last_latent_gaussian", "around the last latent"},
      {kM, "train-mdn-rnn", "held_out_reward", "Reward, held-out episodes", "loss"},
      {kM, "train-mdn-rnn", "held_out_end", "End, held-out episodes", "loss"},
      {kDream, "open-loop", "dream_error_5", "Error after 5 dreamed steps", "squared error a pixel",
       Against::iterations, "frozen_error_5", "a frozen frame"},
      {kDream, "open-loop", "dream_error_10", "Error after 10 dreamed steps", "squared error a pixel",
       Against::iterations, "frozen_error_10", "a frozen frame"},
      {kDream, "open-loop", "dream_error_20", "Error after 20 dreamed steps", "squared error a pixel",
       Against::iterations, "frozen_error_20", "a frozen frame"},
      {kDream, "open-loop", "dream_reward_20", "Reward in 20 dreamed steps", "sum of rewards", Against::iterations,
       "recorded_reward_20", "recorded"},
      {kC, "train-controller", "mean_fitness", "Fitness, mean of a generation", "return where C is trained"},
      {kC, "train-controller", "best_fitness", "Fitness, best of a generation", "return where C is trained"},
      {kC, "train-controller", "sigma", "CMA-ES's step size", "sigma"},
      {kC, "train-controller", "mean_length", "Length of an episode", "steps"},
      {kData, "collect", "mean_return", "Return of the recorded episodes", "mean return", Against::iterations},
      {kData, "collect", "steps", "Steps recorded", "steps of the game", Against::iterations},
  };
  return all;
}

struct Points {
  std::vector<double> x, y;
};

// None where the run did not measure it.
Points points_of(const RunRecord& run, const Quantity& quantity, const std::string& name) {
  const auto stage = run.curves.find(quantity.stage);
  if (stage == run.curves.end() || stage->second.count(name) == 0) {
    return {};
  }
  const LearningCurve& curve = stage->second.at(name);
  Points points;
  for (std::size_t i = 0; i < curve.value.size(); ++i) {
    points.x.push_back(quantity.against == Against::steps ? curve.x[i] : curve.iteration[i]);
    points.y.push_back(curve.value[i]);
  }
  return points;
}

struct Spread {
  std::vector<double> x;
  std::vector<Statistics> y;
};

// Over the runs of a group that have a finite value there.
Spread spread_of(const std::vector<RunRecord>& runs, const RunGroup& group, const Quantity& quantity,
                 const std::string& name) {
  std::map<double, std::vector<double>> values;
  for (const std::size_t run : group.runs) {
    const Points points = points_of(runs[run], quantity, name);
    for (std::size_t i = 0; i < points.x.size(); ++i) {
      if (std::isfinite(points.y[i])) {
        values[points.x[i]].push_back(points.y[i]);
      }
    }
  }
  Spread spread;
  for (const auto& [x, y] : values) {
    spread.x.push_back(x);
    spread.y.push_back(statistics_of(y));
  }
  return spread;
}

std::vector<std::string> score_names(const std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) {
    for (const auto& [name, score] : run.scores) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

std::optional<RunScore> score_of(const RunRecord& run, const std::string& name) {
  for (const auto& [known, score] : run.scores) {
    if (known == name) {
      return score;
    }
  }
  return std::nullopt;
}

// Over the runs of a group: each run's mean is one value.
std::optional<Statistics> score_of(const std::vector<RunRecord>& runs, const RunGroup& group, const std::string& name) {
  std::vector<double> means;
  for (const std::size_t run : group.runs) {
    if (const auto score = score_of(runs[run], name)) {
      means.push_back(score->mean);
    }
  }
  return means.empty() ? std::nullopt : std::optional(statistics_of(means));
}

Json read_json(const fs::path& path) {
  if (!fs::exists(path)) {
    return nullptr;
  }
  Json json = Json::parse(read_file(path), nullptr, false);
  if (!json.is_object()) {
    throw Error(ErrorKind::data, str(path.string(), ": expected a JSON object"));
  }
  return json;
}

void read_scores(RunRecord& run, const fs::path& summary) {
  const Json json = read_json(summary);
  if (json.is_null()) {
    return;
  }
  try {
    for (const auto& [name, row] : json.at("returns").items()) {
      if (row.at("mean").is_number()) {  // null: not finite
        run.scores.emplace_back(
            name, RunScore{row.at("mean").get<double>(), row.at("std").get<double>(), row.at("episodes").get<int>()});
      }
    }
  } catch (const Json::exception&) {
    throw Error(ErrorKind::data, str(summary.string(), ": expected returns with mean, std and episodes"));
  }
}

std::vector<std::string> session_starts(const fs::path& path) {
  const Json json = read_json(path);
  std::vector<std::string> starts;
  if (json.is_object() && json.contains("sessions") && json["sessions"].is_array()) {
    for (const Json& session : json["sessions"]) {
      if (session.is_object() && session.contains("started") && session["started"].is_string()) {
        starts.push_back(session["started"].get<std::string>());
      }
    }
  }
  return starts;
}

// Seconds since 1970 of "2026-11-24T18:28:32Z".
std::optional<double> to_seconds(const std::string& utc) {
  std::tm parts{};
  const char* end = ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return end != nullptr && *end == '\0' ? std::optional(static_cast<double>(::timegm(&parts))) : std::nullopt;
}

// The time before a measurement, back to the one before or to the session's start, was spent on its stage. What a
// stopped session lost counts for nothing.
std::map<std::string, double> stage_seconds(const fs::path& events, const std::vector<std::string>& starts) {
  std::vector<std::pair<double, std::string>> marks;  // time, stage; sessions have none
  for (const std::string& start : starts) {
    if (const auto seconds = to_seconds(start)) {
      marks.emplace_back(*seconds, "");
    }
  }
  for (const fs::path& path : event_files(events)) {
    for (const ReadEvent& event : read_events(path)) {
      if (!event.values.empty()) {
        marks.emplace_back(event.wall_time, event.values[0].tag.substr(0, event.values[0].tag.find('/')));
      }
    }
  }
  std::sort(marks.begin(), marks.end());
  std::map<std::string, double> seconds;
  for (std::size_t i = 1; i < marks.size(); ++i) {
    if (!marks[i].second.empty()) {
      seconds[marks[i].second] += marks[i].first - marks[i - 1].first;
    }
  }
  return seconds;
}

std::optional<double> number_in(const RunRecord& run, const std::string& key) {
  const std::string text = run.setting(key);
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

void count_steps(RunRecord& run) {
  const auto sum = [&](const char* stage, const char* name) {
    std::optional<double> total;
    if (run.curves.count(stage) > 0 && run.curves.at(stage).count(name) > 0) {
      for (const double value : run.curves.at(stage).at(name).value) {
        total = total.value_or(0.0) + (std::isfinite(value) ? value : 0.0);
      }
    }
    return total;
  };
  run.recorded_steps = sum("collect", "steps");
  const auto lengths = sum("train-controller", "mean_length");
  const auto population = number_in(run, "train_controller.cma_es.population_size");
  const auto episodes = number_in(run, "train_controller.episodes");
  if (lengths && episodes && population.value_or(0.0) > 0.0) {  // 0: chosen by CMA-ES itself
    run.controller_steps = *lengths * *population * *episodes;
  }
}

// The last `parts` names of a path.
std::string tail(const fs::path& path, int parts) {
  fs::path end;
  fs::path rest = path;
  for (int i = 0; i < parts && !rest.filename().empty(); ++i, rest = rest.parent_path()) {
    end = end.empty() ? rest.filename() : rest.filename() / end;
  }
  return end.string();
}

void name_runs(std::vector<RunRecord>& runs) {
  const auto clean = [](const RunRecord& run) { return fs::weakly_canonical(run.folder); };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    int parts = 1;
    for (std::size_t j = 0; j < runs.size(); ++j) {
      if (i != j && clean(runs[i]) == clean(runs[j])) {
        throw Error(ErrorKind::config, str(runs[i].folder.string(), ": this run was given twice"));
      }
      while (i != j && tail(clean(runs[i]), parts) == tail(clean(runs[j]), parts)) {
        ++parts;
      }
    }
    runs[i].name = tail(clean(runs[i]), parts);
  }
}

// What the names of a group have in common, where that says something.
std::string group_name(const std::vector<RunRecord>& runs, const RunGroup& group) {
  std::string common = runs[group.runs.front()].name;
  std::string joined;
  for (const std::size_t run : group.runs) {
    const std::string& name = runs[run].name;
    common.resize(static_cast<std::size_t>(std::mismatch(common.begin(), common.end(), name.begin(), name.end()).first -
                                           common.begin()));
    joined += (joined.empty() ? "" : ", ") + name;
  }
  if (group.runs.size() == 1) {
    return joined;
  }
  const auto ends_with = [&](const std::string& word) { return common.ends_with(word); };
  while (!common.empty() && std::string("-_. /").find(common.back()) != std::string::npos) {
    common.pop_back();
  }
  for (const char* word : {"seed", "-s", "_s"}) {
    if (ends_with(word)) {
      common.resize(common.size() - std::string(word).size());
    }
  }
  while (!common.empty() && std::string("-_. /").find(common.back()) != std::string::npos) {
    common.pop_back();
  }
  if (common.size() < 3) {
    common = group.runs.size() < 3 ? joined : runs[group.runs.front()].name + " and others";
  }
  return str(common, " (", group.runs.size(), " seeds)");
}

Json to_json(const Statistics& statistics) {
  return {{"count", statistics.count},
          {"mean", statistics.mean},
          {"deviation", statistics.deviation},
          {"low", statistics.low},
          {"high", statistics.high}};
}

// Keys whose values differ between the runs, but for the seed.
std::vector<std::string> differing_keys(const std::vector<RunRecord>& runs) {
  std::set<std::string> keys;
  for (const RunRecord& run : runs) {
    for (const auto& [key, value] : run.config) {
      keys.insert(key);
    }
  }
  std::vector<std::string> differing;
  for (const std::string& key : keys) {
    const bool same = std::all_of(runs.begin(), runs.end(),
                                  [&](const RunRecord& run) { return run.setting(key) == runs[0].setting(key); });
    if (!same && key != "seed") {
      differing.push_back(key);
    }
  }
  return differing;
}

std::string duration(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 120) {
    return str(whole, " s");
  }
  const long minutes = (whole + 30) / 60;
  return minutes < 120 ? str(minutes, " min") : str(minutes / 60, " h ", minutes % 60, " min");
}

// 1234567 as "1,234,567".
std::string counted(const std::optional<double>& value) {
  if (!value) {
    return "–";
  }
  std::string text = std::to_string(std::llround(*value));
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, ",");
  }
  return text;
}

std::string time_of(const RunRecord& run, const std::vector<const char*>& stages) {
  double sum = 0.0;
  for (const auto& [stage, seconds] : run.seconds) {
    if (stages.empty() || std::find(stages.begin(), stages.end(), stage) != stages.end()) {
      sum += seconds;
    }
  }
  return run.seconds.empty() ? "–" : duration(sum);
}

std::string last_value(const Points& points) {
  return points.y.empty() ? "–" : shown(points.y.back());
}

void add_runs(HtmlPage& page, const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups) {
  page.begin_section(
      "runs", "Runs",
      "Times are wall time up to the last measurement, from events/ in the run's folder; an older run has "
      "none. Steps are the game's that were recorded, and those that C was evolved on. Runs of one group "
      "share a config but for the seed.");
  Table content;
  content.columns = {"run",     "seed", "group", "iterations", "started",        "wall time",
                     "collect", "V",    "M",     "C",          "steps recorded", "C's steps"};
  for (const RunGroup& group : groups) {
    for (const std::size_t at : group.runs) {
      const RunRecord& run = runs[at];
      content.rows.push_back({run.name, run.setting("seed"), group.name, run.setting("iterations"),
                              run.started.empty() ? "–" : run.started.substr(0, 10), time_of(run, {}),
                              time_of(run, {"collect"}), time_of(run, {"train-vae"}),
                              time_of(run, {"train-mdn-rnn", "open-loop"}), time_of(run, {"train-controller"}),
                              counted(run.recorded_steps), counted(run.controller_steps)});
    }
  }
  page.add(table(content));
}

// Of the scores whose names begin so.
std::string chart_of_scores(const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups,
                            const std::string& prefix, const std::string& title) {
  Chart chart;
  chart.title = title;
  chart.y_label = "return, mean over seeds ± deviation";
  for (const RunGroup& group : groups) {
    chart.categories.push_back(group.name);
  }
  for (const std::string& name : score_names(runs)) {
    if (!name.starts_with(prefix)) {
      continue;
    }
    Series series;
    series.name = name.substr(prefix.size());
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const auto score = score_of(runs, groups[g], name);
      const double none = std::numeric_limits<double>::quiet_NaN();
      const bool several = score && score->count > 1;
      series.x.push_back(static_cast<double>(g));
      series.y.push_back(score ? score->mean : none);
      series.low.push_back(several ? score->mean - score->deviation : none);
      series.high.push_back(several ? score->mean + score->deviation : none);
    }
    chart.series.push_back(series);
  }
  return bar_chart(chart);
}

void add_scores(HtmlPage& page, const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups) {
  page.begin_section("scores", "Scores",
                     "Returns of the closing evaluation (summary.json). Over seeds each run's mean is one value; the "
                     "interval is Student's, for the mean over seeds.");
  const std::vector<std::string> names = score_names(runs);
  if (names.empty()) {
    page.add(note(NoteKind::plain, "None of these runs has a summary.json yet."));
    return;
  }
  Table over_seeds, by_run;
  over_seeds.columns = {"score", "group", "seeds", "mean", "deviation", "95 % interval"};
  by_run.columns = {"mean ± deviation over episodes"};
  for (const RunRecord& run : runs) {
    by_run.columns.push_back(run.name);
  }
  for (const std::string& name : names) {
    for (const RunGroup& group : groups) {
      if (const auto score = score_of(runs, group, name)) {
        const bool several = score->count > 1;
        over_seeds.rows.push_back({name, group.name, std::to_string(score->count), shown(score->mean),
                                   several ? shown(score->deviation) : "–",
                                   several ? shown(score->low) + " to " + shown(score->high) : "–"});
      }
    }
    by_run.rows.push_back({name});
    for (const RunRecord& run : runs) {
      const auto score = score_of(run, name);
      by_run.rows.back().push_back(score ? shown(score->mean) + " ± " + shown(score->deviation) : "–");
    }
  }
  page.add(side_by_side({chart_of_scores(runs, groups, "game: ", "Return in the game"),
                         chart_of_scores(runs, groups, "dream: ", "Return in the dream")}));
  page.add(table(by_run));
  page.add(table(over_seeds));
}

void add_configs(HtmlPage& page, const std::vector<RunRecord>& runs) {
  const std::vector<std::string> keys = differing_keys(runs);
  page.begin_section("configs", "Configs", "What differs between these runs, but for the seed.");
  if (keys.empty()) {
    page.add(paragraph("Nothing: the same config throughout."));
    return;
  }
  Table content;
  content.columns = {"key"};
  for (const RunRecord& run : runs) {
    content.columns.push_back(run.name);
  }
  for (const std::string& key : keys) {
    content.rows.push_back({key});
    for (const RunRecord& run : runs) {
      content.rows.back().push_back(run.setting(key));
    }
  }
  constexpr std::size_t kShort = 16;
  page.add(keys.size() <= kShort ? table(content) : folded(str(keys.size(), " settings differ"), table(content)));
}

Chart chart_of(const Quantity& quantity, const std::string& title) {
  Chart chart;
  chart.title = title;
  chart.y_label = quantity.unit;
  const std::string stage = quantity.stage;
  chart.x_label = quantity.against == Against::iterations ? "iteration"
                  : stage == "train-controller"           ? "generations, of all iterations"
                                                          : "epochs, of all iterations";
  return chart;
}

// Of a run; a group has its first run's.
int colour_of(std::size_t run) {
  constexpr std::size_t kColours = 8;
  return static_cast<int>(run % kColours);
}

std::string chart_of_runs(const std::vector<RunRecord>& runs, const Quantity& quantity) {
  constexpr std::size_t kMaxWithBaselines = 3;
  Chart chart = chart_of(quantity, quantity.title);
  for (std::size_t at = 0; at < runs.size(); ++at) {
    const RunRecord& run = runs[at];
    const Points points = points_of(run, quantity, quantity.name);
    if (!points.x.empty()) {
      chart.series.push_back({run.name, points.x, points.y});
      chart.series.back().colour = colour_of(at);
    }
    const Points baseline = points_of(run, quantity, quantity.baseline);
    if (!baseline.x.empty() && runs.size() <= kMaxWithBaselines) {
      chart.series.push_back({run.name + ": " + quantity.baseline_words, baseline.x, baseline.y});
      chart.series.back().dashed = true;
      chart.series.back().colour = colour_of(at);
    }
  }
  return line_chart(chart);
}

std::string chart_of_groups(const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups,
                            const Quantity& quantity) {
  Chart chart = chart_of(quantity, str(quantity.title, ": mean over seeds"));
  for (const RunGroup& group : groups) {
    const Spread spread = spread_of(runs, group, quantity, quantity.name);
    if (spread.x.empty()) {
      continue;
    }
    Series series{group.name, spread.x, {}};
    series.colour = colour_of(group.runs.front());
    for (const Statistics& y : spread.y) {
      series.y.push_back(y.mean);
      series.low.push_back(y.mean - y.deviation);
      series.high.push_back(y.mean + y.deviation);
    }
    chart.series.push_back(series);
    const Spread baseline = spread_of(runs, group, quantity, quantity.baseline);
    if (!baseline.x.empty()) {
      Series dashed{group.name + ": " + quantity.baseline_words, baseline.x, {}};
      dashed.dashed = true;
      dashed.colour = series.colour;
      for (const Statistics& y : baseline.y) {
        dashed.y.push_back(y.mean);
      }
      chart.series.push_back(dashed);
    }
  }
  return line_chart(chart);
}

void add_curves(HtmlPage& page, const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups,
                const char* section, const char* heading, const char* lead) {
  const bool seeds =
      std::any_of(groups.begin(), groups.end(), [](const RunGroup& group) { return group.runs.size() > 1; });
  page.begin_section(section, heading, lead + std::string(seeds ? " Bands are one deviation over seeds." : ""));
  Table last;
  last.columns = {"last value"};
  for (const RunRecord& run : runs) {
    last.columns.push_back(run.name);
  }
  std::vector<std::string> charts;
  for (const Quantity& quantity : quantities()) {
    if (quantity.section != std::string(section)) {
      continue;
    }
    last.rows.push_back({quantity.title});
    bool measured = false;
    for (const RunRecord& run : runs) {
      const Points points = points_of(run, quantity, quantity.name);
      measured = measured || !points.x.empty();
      last.rows.back().push_back(last_value(points));
    }
    if (!measured) {
      last.rows.pop_back();
      continue;
    }
    charts.push_back(chart_of_runs(runs, quantity));
    if (seeds) {
      charts.push_back(chart_of_groups(runs, groups, quantity));
    }
  }
  if (charts.empty()) {
    page.add(note(NoteKind::plain, "None of these runs has come so far."));
    return;
  }
  page.add(side_by_side(charts));
  page.add(table(last));
}

}  // namespace

std::string RunRecord::setting(const std::string& key) const {
  const auto found = config.find(key);
  return found == config.end() ? "–" : found->second;
}

std::vector<RunRecord> read_runs(const std::vector<fs::path>& folders) {
  std::vector<RunRecord> runs;
  for (const fs::path& folder : folders) {
    const RunDirectory directory = RunDirectory::open(folder);
    RunRecord run;
    run.folder = folder;
    run.config = flat_config(directory.config());
    run.curves = read_learning_curves(directory.metrics());
    read_scores(run, directory.summary());
    const std::vector<std::string> starts = session_starts(folder / "run.json");
    run.started = starts.empty() ? "" : starts.front();
    run.seconds = stage_seconds(folder / "events", starts);
    count_steps(run);
    runs.push_back(std::move(run));
  }
  name_runs(runs);
  return runs;
}

std::vector<RunGroup> group_runs(const std::vector<RunRecord>& runs) {
  std::vector<RunGroup> groups;
  std::vector<std::map<std::string, std::string>> configs;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    std::map<std::string, std::string> config = runs[run].config;
    for (const char* key : {"seed", "threads"}) {
      config.erase(key);
    }
    const auto at = static_cast<std::size_t>(std::find(configs.begin(), configs.end(), config) - configs.begin());
    if (at == configs.size()) {
      configs.push_back(config);
      groups.emplace_back();
    }
    groups[at].runs.push_back(run);
  }
  for (RunGroup& group : groups) {
    group.name = group_name(runs, group);
  }
  return groups;
}

Json runs_json(const std::vector<RunRecord>& runs) {
  Json json = {{"runs", Json::array()}, {"groups", Json::array()}, {"config_differences", Json::object()}};
  for (const RunRecord& run : runs) {
    Json scores = Json::object(), curves = Json::object();
    for (const auto& [name, score] : run.scores) {
      scores[name] = {{"mean", score.mean}, {"deviation", score.deviation}, {"episodes", score.episodes}};
    }
    for (const Quantity& quantity : quantities()) {
      const Points points = points_of(run, quantity, quantity.name);
      if (!points.x.empty()) {
        curves[quantity.stage][quantity.name] = {{"x", points.x}, {"y", points.y}};
      }
    }
    Json entry = {{"name", run.name},
                  {"folder", run.folder.string()},
                  {"seed", run.setting("seed")},
                  {"started", run.started},
                  {"scores", scores},
                  {"seconds", run.seconds},
                  {"curves", curves}};
    entry["recorded_steps"] = run.recorded_steps ? Json(*run.recorded_steps) : Json();
    entry["controller_steps"] = run.controller_steps ? Json(*run.controller_steps) : Json();
    json["runs"].push_back(entry);
  }
  for (const RunGroup& group : group_runs(runs)) {
    Json names = Json::array(), scores = Json::object(), curves = Json::object();
    for (const std::size_t run : group.runs) {
      names.push_back(runs[run].name);
    }
    for (const std::string& name : score_names(runs)) {
      if (const auto score = score_of(runs, group, name)) {
        scores[name] = to_json(*score);
      }
    }
    for (const Quantity& quantity : quantities()) {
      const Spread spread = spread_of(runs, group, quantity, quantity.name);
      for (std::size_t i = 0; i < spread.x.size(); ++i) {
        Json point = to_json(spread.y[i]);
        point["x"] = spread.x[i];
        curves[quantity.stage][quantity.name].push_back(point);
      }
    }
    json["groups"].push_back({{"name", group.name}, {"runs", names}, {"scores", scores}, {"curves", curves}});
  }
  for (const std::string& key : differing_keys(runs)) {
    for (const RunRecord& run : runs) {
      json["config_differences"][key][run.name] = run.setting(key);
    }
  }
  return json;
}

std::string runs_page(const std::vector<RunRecord>& runs) {
  const std::vector<RunGroup> groups = group_runs(runs);
  const auto plural = [](std::size_t count, const std::string& word) {
    return str(count, " ", word, count == 1 ? "" : "s");
  };
  HtmlPage page(runs.size() == 1 ? runs[0].name : "Runs side by side",
                str(plural(runs.size(), "run"), " of ", plural(groups.size(), "config")));
  add_runs(page, runs, groups);
  add_scores(page, runs, groups);
  add_curves(page, runs, groups, kC, "C: the controller", "How the evolution went.");
  add_curves(page, runs, groups, kDream, "The dream against reality",
             "Dreams from held-out moments under the recorded actions, after each iteration's training of M.");
  add_curves(page, runs, groups, kM, "M: the MDN-RNN", "How well M predicts episodes that it was not trained on.");
  add_curves(page, runs, groups, kV, "V: the VAE", "How well V compresses frames that it was not trained on.");
  add_curves(page, runs, groups, kData, "Data", "What was recorded for each iteration.");
  add_configs(page, runs);
  return page.text();
}

}  // namespace reverie
