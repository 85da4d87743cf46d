#include "experiments/report/runs_charts.h"

#include <limits>

#include "env/error.h"
#include "experiments/report/chart.h"
#include "experiments/run/palette.h"

namespace reverie {
namespace {

Chart chart_of(const ShownQuantity& quantity, const std::string& title) {
  Chart chart;
  chart.title = title;
  chart.y_label = quantity.unit;
  chart.whole_x = true;
  const std::string stage = quantity.stage;
  chart.x_label = quantity.against == Against::iterations ? "iteration"
                  : stage == "train-controller"           ? "generations, of all iterations"
                                                          : "epochs, of all iterations";
  return chart;
}

int colour_of(std::size_t run) {
  return static_cast<int>(run % palette::kSeries.size());
}

}  // namespace

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

std::string chart_of_runs(const std::vector<RunRecord>& runs, const ShownQuantity& quantity) {
  constexpr std::size_t kMaxWithBaselines = 3;
  Chart chart = chart_of(quantity, quantity.title);
  for (std::size_t at = 0; at < runs.size(); ++at) {
    const RunRecord& run = runs[at];
    const CurvePoints points = points_of(run, quantity, quantity.name);
    if (!points.x.empty()) {
      chart.series.push_back({run.name, points.x, points.y});
      chart.series.back().colour = colour_of(at);
    }
    const CurvePoints baseline = points_of(run, quantity, quantity.baseline);
    if (!baseline.x.empty() && runs.size() <= kMaxWithBaselines) {
      chart.series.push_back({run.name + ": " + quantity.baseline_words, baseline.x, baseline.y});
      chart.series.back().dashed = true;
      chart.series.back().colour = colour_of(at);
    }
  }
  return line_chart(chart);
}

std::string chart_of_groups(const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups,
                            const ShownQuantity& quantity) {
  Chart chart = chart_of(quantity, str(quantity.title, ": mean over seeds"));
  for (const RunGroup& group : groups) {
    const SeedSpread spread = spread_of(runs, group, quantity, quantity.name);
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
    const SeedSpread baseline = spread_of(runs, group, quantity, quantity.baseline);
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

}  // namespace reverie
