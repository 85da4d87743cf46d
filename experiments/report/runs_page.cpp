#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "env/error.h"
#include "experiments/report/html.h"
#include "experiments/report/html_page.h"
#include "experiments/report/run_curves.h"
#include "experiments/report/run_groups.h"
#include "experiments/report/runs_charts.h"
#include "experiments/report/runs_report.h"

namespace reverie {
namespace {

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

std::string time_of(const RunRecord& run, const std::vector<std::string>& stages) {
  double sum = 0.0;
  for (const auto& [stage, seconds] : run.seconds) {
    if (stages.empty() || std::find(stages.begin(), stages.end(), stage) != stages.end()) {
      sum += seconds;
    }
  }
  return run.seconds.empty() ? "–" : duration(sum);
}

std::string last_value(const CurvePoints& points) {
  return points.y.empty() ? "–" : shown(points.y.back());
}

void add_runs(HtmlPage& page, const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups) {
  page.begin_section(
      "runs", "Runs",
      "Times are the wall time of the stages, from times.json in the run's folder; an older run has "
      "none. Steps: those recorded from the game, and those in which C learnt, in dream or game. Runs of one group "
      "have the same config except for the seed.");
  Table content;
  content.columns = {"run", "seed", "group", "iterations", "started", "wall time"};
  const bool from_others =
      std::any_of(runs.begin(), runs.end(), [](const RunRecord& run) { return !run.origin.empty(); });
  if (from_others) {
    content.columns.emplace_back("began with");
  }
  std::vector<std::string> stages;  // of any of the runs
  for (const RunRecord& run : runs) {
    for (const auto& [stage, seconds] : run.seconds) {
      if (std::find(stages.begin(), stages.end(), stage) == stages.end()) {
        stages.push_back(stage);
      }
    }
  }
  content.columns.insert(content.columns.end(), stages.begin(), stages.end());
  content.columns.insert(content.columns.end(), {"steps recorded", "C's steps"});
  for (const RunGroup& group : groups) {
    for (const std::size_t at : group.runs) {
      const RunRecord& run = runs[at];
      content.rows.push_back({run.name, run.setting("seed"), group.name, run.setting("iterations"),
                              run.started.empty() ? "–" : run.started.substr(0, 10), time_of(run, {})});
      if (from_others) {
        content.rows.back().push_back(run.origin.empty() ? "–" : run.origin);
      }
      for (const std::string& stage : stages) {
        content.rows.back().push_back(time_of(run, {stage}));
      }
      content.rows.back().push_back(counted(run.recorded_steps));
      content.rows.back().push_back(counted(run.controller_steps));
    }
  }
  page.add(table(content));
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
  by_run.rows.push_back({"played"});
  for (const RunRecord& run : runs) {
    by_run.rows.back().push_back(run.played.empty() ? "–" : run.played);
  }
  page.add(side_by_side({chart_of_scores(runs, groups, "game: ", "Return in the game"),
                         chart_of_scores(runs, groups, "dream: ", "Return in the dream")}));
  page.add(table(by_run));
  page.add(table(over_seeds));
}

void add_configs(HtmlPage& page, const std::vector<RunRecord>& runs) {
  const std::vector<std::string> keys = differing_keys(runs);
  page.begin_section("configs", "Configs", "What differs between these runs, apart from the seed.");
  if (keys.empty()) {
    page.add(paragraph("No difference: all runs have the same config."));
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

void add_curves(HtmlPage& page, const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups,
                const ShownSection& section) {
  const bool seeds =
      std::any_of(groups.begin(), groups.end(), [](const RunGroup& group) { return group.runs.size() > 1; });
  page.begin_section(section.name, section.heading,
                     section.lead + (seeds ? " Bands are one deviation over seeds." : ""));
  Table last;
  last.columns = {"last value"};
  for (const RunRecord& run : runs) {
    last.columns.push_back(run.name);
  }
  std::vector<std::string> charts;
  for (const ShownQuantity& quantity : section.quantities) {
    last.rows.push_back({quantity.title});
    bool measured = false;
    for (const RunRecord& run : runs) {
      const CurvePoints points = points_of(run, quantity, quantity.name);
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
    page.add(note(NoteKind::plain, "None of these runs has measured this yet."));
    return;
  }
  page.add(side_by_side(charts));
  page.add(table(last));
}

}  // namespace

std::string runs_page(const std::vector<RunRecord>& runs) {
  const std::vector<RunGroup> groups = group_runs(runs);
  const auto plural = [](std::size_t count, const std::string& word) {
    return str(count, " ", word, count == 1 ? "" : "s");
  };
  HtmlPage page(runs.size() == 1 ? runs[0].name : "Runs side by side",
                str(plural(runs.size(), "run"), " of ", plural(groups.size(), "config")));
  add_runs(page, runs, groups);
  add_scores(page, runs, groups);
  for (const ShownSection& section : shown_sections(runs)) {
    add_curves(page, runs, groups, section);
  }
  add_configs(page, runs);
  return page.text();
}

}  // namespace reverie
