#include "experiments/report/comparison_page.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "env/error.h"
#include "experiments/report/chart.h"
#include "experiments/report/horizon_curves.h"
#include "experiments/report/html.h"
#include "experiments/report/html_page.h"
#include "experiments/report/statistics.h"
#include "experiments/run/machine.h"
#include "experiments/run/palette.h"
#include "experiments/run/text.h"

namespace reverie {
namespace {

// One colour for one thing in all charts, as in the window.
enum Colour {
  kGame = palette::game_series,
  kDream = palette::dream_series,
  kLimit = palette::reconstruction_series,
  kBaseline = palette::baseline_series
};

std::string interval(const Statistics& of) {
  return of.count > 1 ? shown(of.low) + " to " + shown(of.high) : "–";
}

Statistics statistics_of(const Play& play) {
  return reverie::statistics_of(returns_of(play.episodes));
}

std::string one_line(const nlohmann::ordered_json& json) {
  std::string text;
  for (const auto& [name, value] : json.items()) {
    std::string word = value.is_string() ? value.get<std::string>() : value.is_array() ? "" : value.dump();
    for (const auto& item : value.is_array() ? value : nlohmann::ordered_json::array()) {
      word += (word.empty() ? "" : " ") + (item.is_string() ? item.get<std::string>() : item.dump());
    }
    text += (text.empty() ? "" : ", ") + name + " " + word;
  }
  return text;
}

std::string headline(const std::vector<std::pair<std::string, std::string>>& figures) {
  std::string html = "<div class=\"headline\">\n";
  for (const auto& [figure, words] : figures) {
    html += "<div><b>" + escape_html(figure) + "</b><span>" + escape_html(words) + "</span></div>\n";
  }
  return html + "</div>\n";
}

void add_head(HtmlPage& page, const Comparison& comparison) {
  const Statistics game = statistics_of(comparison.game), dream = statistics_of(comparison.dream);
  std::vector<std::pair<std::string, std::string>> figures = {
      {shown(game.mean), str("mean return in the game, 95 %: ", interval(game))},
      {shown(dream.mean), str("mean return in the dream, 95 %: ", interval(dream))},
      {(dream.mean > game.mean ? "+" : "") + shown(dream.mean - game.mean), "exploit gap: dream minus game"}};
  if (!comparison.drifts.empty()) {
    const HorizonCurves curves = horizon_curves(comparison.drifts);
    figures.push_back({horizon_words(curves.divergence, curves.horizon),
                       "divergence horizon: from there on a frozen frame predicts as well"});
  }
  page.add(headline(figures));
  for (const CheatingFinding& finding : comparison.findings) {
    page.add(note(finding.is_cheating                 ? NoteKind::warning
                  : finding.verdict == Verdict::agree ? NoteKind::good
                                                      : NoteKind::plain,
                  finding.words));
  }
  const auto seeds = [](const Play& play) {
    return str(play.first_seed, " to ", play.first_seed + play.episodes.size() - 1);
  };
  std::vector<std::pair<std::string, std::string>> rows = {
      {"run", comparison.run.string()},
      {"game", comparison.game_name},
      {"controller", str("iteration ", comparison.iteration, ", generation ", comparison.generation,
                         ", trained in the ", comparison.trained_in)},
      {"clock", str(comparison.clock, " steps, in game and dream")},
      {"temperature", str(comparison.temperature, comparison.dreams_can_end ? ", dreams end where the model says so"
                                                                            : ", dreams do not end before the clock")},
      {"game seeds", seeds(comparison.game)},
      {"dream seeds", seeds(comparison.dream) + ", from held-out first frames"},
      {"run's seed", str(comparison.run_seed)},
      {"precision", comparison.precision},
      {"trained", comparison.started.empty() ? "–" : comparison.started},
  };
  rows.insert(rows.end(), comparison.highlights.begin(), comparison.highlights.end());
  rows.push_back({"versions", one_line(describe_versions())});
  rows.push_back({"machine", one_line(describe_machine())});
  rows.push_back({"command", command_line(comparison.command)});
  page.add(facts(rows));
  page.add(folded("The whole config", preformatted(comparison.config_text)));
}

void add_returns(HtmlPage& page, const Comparison& comparison) {
  page.begin_section("returns", "Returns: game against dream",
                     "One controller, the same clock in game and dream. The dream begins at first frames that the "
                     "model never trained on, and its rewards count without the pay cap.");
  Table rows{{"where", "episodes", "mean", "deviation", "95 % interval", "lowest", "highest", "mean steps"}, {}};
  Chart bars;
  bars.title = "Mean return with its 95 % interval";
  bars.y_label = "return";
  bars.categories = {"the newest controller"};
  Chart sorted;
  sorted.title = "Every episode, sorted";
  sorted.x_label = "share of episodes below, %";
  sorted.y_label = "return";
  for (const auto& [name, play, colour] :
       {std::tuple("game", comparison.game, kGame), std::tuple("dream", comparison.dream, kDream)}) {
    const Statistics statistics = statistics_of(play);
    std::vector<double> returns = returns_of(play.episodes);
    std::sort(returns.begin(), returns.end());
    double steps = 0.0;
    for (const EpisodeResult& episode : play.episodes) {
      steps += 1.0 * episode.episode_length / statistics.count;
    }
    rows.rows.push_back({name, str(statistics.count), shown(statistics.mean), shown(statistics.deviation),
                         interval(statistics), shown(returns.front()), shown(returns.back()), shown(steps)});
    Series mean;
    mean.name = name;
    mean.colour = colour;
    mean.x = {0.0};
    mean.y = {statistics.mean};
    mean.low = {statistics.low};
    mean.high = {statistics.high};
    bars.series.push_back(mean);
    Series of_episodes;
    of_episodes.name = name;
    of_episodes.colour = colour;
    for (std::size_t i = 0; i < returns.size(); ++i) {
      of_episodes.x.push_back(
          returns.size() > 1 ? 100.0 * static_cast<double>(i) / static_cast<double>(returns.size() - 1) : 50.0);
      of_episodes.y.push_back(returns[i]);
    }
    sorted.series.push_back(of_episodes);
  }
  page.add(table(rows));
  page.add(side_by_side({bar_chart(bars), line_chart(sorted)}));
}

void add_gap(HtmlPage& page, const Comparison& comparison) {
  page.begin_section(
      "gap", "Exploit gap against temperature",
      "The dream's mean return minus the game's. A dream of higher temperature is harder to exploit; one that is "
      "too high is no longer like the game.");
  const Statistics game = statistics_of(comparison.game);
  Table rows{{"temperature", "episodes", "dream's mean", "95 % interval", "gap", "gap, %"}, {}};
  Chart chart;
  chart.title = "Dream's return at each temperature";
  chart.x_label = "temperature";
  chart.y_label = "return";
  Series dream, real;
  dream.name = "dream, 95 % interval";
  real.name = "game, 95 % interval";
  real.dashed = true;
  dream.colour = kDream;
  real.colour = kGame;
  for (const AtTemperature& at : comparison.temperatures) {
    const Statistics statistics = statistics_of(at.dream);
    const double gap = statistics.mean - game.mean;
    rows.rows.push_back({str(at.temperature, at.temperature == comparison.temperature ? " (the run's)" : ""),
                         str(statistics.count), shown(statistics.mean), interval(statistics), shown(gap),
                         game.mean != 0.0 ? shown(100.0 * gap / std::abs(game.mean)) : "–"});
    dream.x.push_back(at.temperature);
    dream.y.push_back(statistics.mean);
    dream.low.push_back(statistics.low);
    dream.high.push_back(statistics.high);
    real.x.push_back(at.temperature);
    real.y.push_back(game.mean);
    real.low.push_back(game.low);
    real.high.push_back(game.high);
  }
  chart.series = {dream, real};
  page.add(side_by_side({line_chart(chart), table(rows)}));
}

void add_controllers(HtmlPage& page, const Comparison& comparison) {
  page.begin_section("controllers", "Controllers of different generations",
                     "Each in the game and in the dream of its own iteration. On the line dream and game agree; a "
                     "high rank correlation means that the dream at least ranks controllers as the game does.");
  Chart chart;
  chart.title = "Mean return of each controller";
  chart.x_label = "return in the dream";
  chart.y_label = "return in the game (95 % interval)";
  Table rows{{"controller", "game", "dream", "gap"}, {}};
  std::vector<double> in_game, in_dream;
  for (const ScoredController& controller : comparison.controllers) {
    const Statistics game = statistics_of(controller.game), dream = statistics_of(controller.dream);
    const std::string name = str("iteration ", controller.iteration, ", generation ", controller.generation);
    const std::string group = str("iteration ", controller.iteration);
    if (chart.series.empty() || chart.series.back().name != group) {
      chart.series.emplace_back().name = group;
    }
    Series& series = chart.series.back();
    series.x.push_back(dream.mean);
    series.y.push_back(game.mean);
    series.low.push_back(game.low);
    series.high.push_back(game.high);
    series.labels.push_back(name);
    rows.rows.push_back({name, shown(game.mean), shown(dream.mean), shown(dream.mean - game.mean)});
    in_game.push_back(game.mean);
    in_dream.push_back(dream.mean);
  }
  const double correlation = rank_correlation(in_game, in_dream);
  page.add(paragraph(std::isfinite(correlation)
                         ? str("Spearman's rank correlation of game and dream: ", shown(correlation), " over ",
                               comparison.controllers.size(), " controllers of ",
                               comparison.controllers.front().game.episodes.size(), " episodes each.")
                         : "Too few different controllers are saved for a rank correlation."));
  page.add(side_by_side({scatter_chart(chart, Diagonal::x_equals_y), table(rows)}));
}

Series band_series(const std::string& name, const BandCurve& curve, Colour colour, bool dashed) {
  Series series;
  series.name = name;
  series.colour = colour;
  series.y = curve.mean;
  series.low = curve.low;
  series.high = curve.high;
  series.dashed = dashed;
  for (std::size_t step = 0; step < curve.mean.size(); ++step) {
    series.x.push_back(static_cast<double>(step) + 1.0);
  }
  return series;
}

// Where nothing ended and no end was expected there is nothing to draw.
std::string calibration(const std::vector<Drift>& drifts) {
  const std::vector<CalibrationBin> bins = end_calibration(drifts);
  const bool expected =
      std::any_of(bins.begin() + 2, bins.end(), [](const CalibrationBin& bin) { return bin.count > 0; });
  const bool ended = std::any_of(bins.begin(), bins.end(), [](const CalibrationBin& bin) { return bin.ended > 0; });
  if (!expected && !ended) {
    int steps = 0;
    double sum = 0.0;
    for (const CalibrationBin& bin : bins) {
      steps += bin.count;
      sum += bin.predicted * bin.count;
    }
    return paragraph(str("None of the ", steps,
                         " dreamed steps ended an episode of the game, and the model expected none of them to: "
                         "its mean probability of an end was ",
                         shown(sum / steps), ", never above 1 in 100."));
  }
  Chart chart;
  chart.title = "End calibration";
  chart.x_label = "predicted probability of an end, mean of each bin";
  chart.y_label = "recorded ends";
  Table rows{{"predicted", "steps", "ends", "mean prediction", "end rate"}, {}};
  Series series;
  series.name = "bin";
  series.colour = kDream;  // whose predictions they are
  for (const CalibrationBin& bin : bins) {
    const double rate = bin.count > 0 ? 1.0 * bin.ended / bin.count : std::nan("");
    rows.rows.push_back({str(bin.low, " to ", bin.high), str(bin.count), str(bin.ended),
                         bin.count > 0 ? shown(bin.predicted) : "–", shown(rate)});
    if (bin.count > 0) {
      series.x.push_back(bin.predicted);
      series.y.push_back(rate);
      series.labels.push_back(str(bin.count, " steps, predicted and recorded"));
    }
  }
  chart.series = {series};
  return side_by_side({scatter_chart(chart, Diagonal::x_equals_y), table(rows)});
}

void add_open_loop(HtmlPage& page, const Comparison& comparison) {
  page.begin_section(
      "horizon", "How long a dream stays true",
      "Dreams from states reached in the game, under the very actions played there, held against what the "
      "game then showed. Lines are means, bands the middle half of all dreams.");
  if (comparison.drifts.empty()) {
    page.add(note(NoteKind::plain, "No recorded episode is long enough to dream from."));
    return;
  }
  const HorizonCurves curves = horizon_curves(comparison.drifts);
  page.add(paragraph(str("Divergence horizon: ", horizon_words(curves.divergence, curves.horizon),
                         ". It is the first step at which the dream's mean pixel error is no longer below that of a "
                         "frozen picture of the dream's start, having been below it before. ",
                         comparison.drifts.size(), " dreams of ", curves.horizon, " steps at temperature ",
                         comparison.temperature, ".")));
  const auto chart = [](const std::string& title, const std::string& y_label, const std::vector<Series>& series) {
    Chart result;
    result.title = title;
    result.x_label = "steps dreamed";
    result.y_label = y_label;
    result.series = series;
    return result;
  };
  Chart error = chart("Pixel error: lower is better", "mean squared error",
                      {band_series("dream", curves.dream_error, kDream, false),
                       band_series("frozen start", curves.frozen_error, kBaseline, true),
                       band_series("the model's picture", curves.reconstruction_error, kLimit, true)});
  error.y_from_zero = true;
  if (curves.divergence > 0) {
    error.marker = {{1.0 * curves.divergence, str("divergence, step ", curves.divergence)}};
  }
  Chart reward = chart("Error of the reward so far: lower is better", "absolute error",
                       {band_series("dream", curves.reward_error, kDream, false),
                        band_series("mean reward before the dream", curves.steady_reward_error, kBaseline, true)});
  reward.y_from_zero = true;
  std::vector<std::string> charts = {
      line_chart(error),
      line_chart(chart("Structural similarity: higher is better", "SSIM",
                       {band_series("dream", curves.dream_ssim, kDream, false),
                        band_series("frozen start", curves.frozen_ssim, kBaseline, true),
                        band_series("the model's picture", curves.reconstruction_ssim, kLimit, true)}))};
  if (!curves.latent_nll.mean.empty()) {  // a model with a BeliefView
    charts.push_back(line_chart(chart("Surprise at the real latent: lower is better", "nats a dimension",
                                      {band_series("dreaming", curves.latent_nll, kDream, false),
                                       band_series("shown every frame before", curves.informed_nll, kLimit, true)})));
  }
  charts.push_back(line_chart(reward));
  page.add(side_by_side(charts));
  page.add("<h3>Does the model predict when the episode ends?</h3>\n");
  page.add(calibration(comparison.drifts));
  page.begin_section("strips", "Film strips",
                     "The same moments in the game, as the model reconstructs them, and in the dream, which was given "
                     "no frame after step 0.");
  for (const Strip& strip : comparison.strips) {
    page.add(film_strip(strip));
  }
  page.begin_section(
      "draws", "Futures of one moment",
      "The same moment dreamed several times under the same actions. What differs between the columns is "
      "what the model does not know; where one picture holds parts of two futures, it draws them apart.");
  page.add(film_strip(comparison.futures));
}

// Dreams under the controller's actions beside dreams under the planner's.
void add_planner(HtmlPage& page, const Comparison& comparison) {
  if (comparison.planner.episodes.empty()) {
    return;
  }
  const Statistics statistics = statistics_of(comparison.planner);
  page.begin_section(
      "planner", "The planner",
      "It plays the game by dreaming ahead in this model. Below: dreams from moments of its own games and "
      "of the controller's, under the actions that were then played. Where the dream pays more under the "
      "planner's actions than the game did, the planner has found what the model gets wrong.");
  page.add(paragraph(str("The planner's mean return in the game: ", shown(statistics.mean), ", 95 % ",
                         interval(statistics), ", over ", statistics.count, " games.")));
  Table rows{
      {"whose actions", "dreams", "steps", "reward, dreamed", "reward, game", "pixel error, share of a frozen frame's"},
      {}};
  for (const Promise& promise : comparison.promises) {
    rows.rows.push_back({promise.whose, str(promise.dreams), str(promise.steps), shown(promise.dreamed),
                         shown(promise.recorded), shown(promise.dream_error / promise.frozen_error)});
  }
  page.add(table(rows));
}

// Which of the game's true numbers a dream still knows.
void add_truth(HtmlPage& page, const Comparison& comparison) {
  if (comparison.truths.empty()) {
    return;
  }
  constexpr double kReadable = 0.5;  // of the spread: a larger error, shown every frame, says that nothing is known
  constexpr std::size_t kMostSeries = 8;
  page.begin_section("truth", "What the dream knows of the game",
                     "The game's own numbers, read off what the controller sees by linear probes that were fitted on "
                     "the other half of "
                     "these episodes. The figures are median absolute errors in the game's units.");
  const std::size_t horizon = comparison.truths.front().dreamed.size();
  std::vector<std::size_t> steps;
  for (const std::size_t step : {1, 5, 10, 20, 50, 100}) {
    if (step <= horizon) {
      steps.push_back(step);
    }
  }
  Table rows{{"number", "spread", "shown every frame"}, {}};
  for (const std::size_t step : steps) {
    rows.columns.push_back(str("dream, ", step, step == 1 ? " step" : " steps"));
  }
  rows.columns.push_back(str("stays as it was, ", steps.back()));
  Chart chart;
  chart.title = "Error of the dream, of the numbers that can be read off at all";
  chart.x_label = "steps dreamed";
  chart.y_label = "median error, share of the spread";
  chart.y_from_zero = true;
  for (const TruthDrift& truth : comparison.truths) {
    std::vector<std::string> row = {truth.name, shown(truth.spread), shown(truth.shown.front())};
    for (const std::size_t step : steps) {
      row.push_back(shown(truth.dreamed[step - 1]));
    }
    row.push_back(shown(truth.frozen[steps.back() - 1]));
    rows.rows.push_back(row);
    if (truth.shown.front() < kReadable * truth.spread && chart.series.size() < kMostSeries) {
      Series series;
      series.name = truth.name;
      for (std::size_t step = 0; step < horizon; ++step) {
        series.x.push_back(static_cast<double>(step) + 1.0);
        series.y.push_back(truth.dreamed[step] / truth.spread);
      }
      chart.series.push_back(series);
    }
  }
  page.add(side_by_side({line_chart(chart), table(rows)}));
}

void add_films(HtmlPage& page, const Comparison& comparison) {
  page.begin_section(
      "episodes", "Best, median and worst episode",
      str("Left the game, right as the model sees it. One frame every ", comparison.frames_every, " steps."));
  page.add(synchronised_players(comparison.films, comparison.frames_every, "game", "as the model sees it"));
}

std::vector<LearningPanel> learning_panels(const Comparison& comparison) {
  std::vector<LearningPanel> panels = {
      {"collect", "Collected episodes", "mean return", {{"mean_return", "mean return"}}}};
  panels.insert(panels.end(), comparison.model_panels.begin(), comparison.model_panels.end());
  const std::vector<LearningPanel> others = {
      {"train-controller",
       "C: fitness in each generation",
       "fitness",
       {{"mean_fitness", "mean"}, {"best_fitness", "best"}, {"worst_fitness", "worst"}}},
      {"train-controller", "C: step size of the evolution", "sigma", {{"sigma", "sigma"}}},
      {"open-loop",
       "Held-out open loop, 20 steps",
       "pixel error",
       {{"dream_error_20", "dream"}, {"frozen_error_20", "frozen start"}}},
  };
  panels.insert(panels.end(), others.begin(), others.end());
  return panels;
}

void add_learning(HtmlPage& page, const Comparison& comparison) {
  page.begin_section("learning", "Learning curves",
                     "All stages, through all iterations: steps of earlier iterations come first.");
  std::vector<std::string> charts;
  for (const LearningPanel& panel : learning_panels(comparison)) {
    const auto stage = comparison.learning.find(panel.stage);
    if (stage == comparison.learning.end()) {
      continue;
    }
    Chart chart;
    chart.title = panel.title;
    chart.y_label = panel.unit;
    const std::string name = panel.stage;
    chart.x_label = name == "train-controller" ? "generation"
                    : name == "collect"        ? "episodes"
                    : name == "open-loop"      ? "iteration"
                                               : "epoch";
    chart.whole_x = true;
    for (const auto& [measurement, words] : panel.measurements) {
      const auto found = stage->second.find(measurement);
      if (found != stage->second.end()) {
        Series series;
        series.name = words;
        if (series.name == "dream") {
          series.colour = kDream;
        } else if (series.name == "frozen start") {
          series.colour = kBaseline;
        }
        series.x = found->second.x;
        series.y = found->second.value;
        chart.series.push_back(series);
      }
    }
    if (!chart.series.empty()) {
      charts.push_back(line_chart(chart));
    }
  }
  page.add(charts.empty() ? note(NoteKind::plain, "The run has no metrics.jsonl.") : side_by_side(charts));
}

}  // namespace

std::string comparison_page(const Comparison& comparison) {
  HtmlPage page(str(comparison.run.filename().string(), ": dream and game"),
                str("How the dreams of a world model of ", comparison.game_name, " compare with the game"));
  add_head(page, comparison);
  add_returns(page, comparison);
  add_gap(page, comparison);
  add_controllers(page, comparison);
  add_open_loop(page, comparison);
  add_truth(page, comparison);
  add_planner(page, comparison);
  add_films(page, comparison);
  add_learning(page, comparison);
  return page.text();
}

}  // namespace reverie
