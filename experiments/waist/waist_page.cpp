#include <cmath>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/report/chart.h"
#include "experiments/report/comparison.h"
#include "experiments/report/html.h"
#include "experiments/report/html_page.h"
#include "experiments/report/statistics.h"
#include "experiments/run/machine.h"
#include "experiments/run/text.h"
#include "experiments/scoring/arena.h"
#include "experiments/waist/waist.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

double bytes_of(double nats) {
  return nats / std::log(2.0) / 8.0;
}

// The share of all variance in the first k directions, k from 1 on.
Series share_series(const std::string& name, const std::vector<double>& variances) {
  Series series;
  series.name = name;
  double all = 0.0, sum = 0.0;
  for (const double variance : variances) {
    all += variance;
  }
  for (std::size_t k = 0; k < variances.size(); ++k) {
    sum += variances[k];
    series.x.push_back(static_cast<double>(k) + 1.0);
    series.y.push_back(100.0 * sum / all);
  }
  return series;
}

void add_information(HtmlPage& page, const Waist& waist) {
  page.begin_section("bytes", "Bytes a frame",
                     "What it takes to say a frame's z as finely as the encoder sees it: to somebody who knows nothing "
                     "of the game, and to somebody who has seen the frames before and dreams along.");
  Table rows{{"what is sent", "nats", "bytes", "of the picture, one part in"}, {}};
  const auto add = [&](const std::string& what, double nats) {
    rows.rows.push_back({what, shown(nats), shown(bytes_of(nats)), shown(waist.frame_bytes / bytes_of(nats))});
  };
  rows.rows.push_back({"the picture itself", "–", shown(waist.frame_bytes), "1"});
  if (std::isfinite(waist.kl_nats)) {
    add("z, to a stranger (KL from a standard normal)", waist.kl_nats);
  }
  if (std::isfinite(waist.surprise_nats)) {
    add("z, to a dreamer (surprise, less what the encoder itself is unsure of)", waist.surprise_nats);
  }
  page.add(table(rows));
  page.add(paragraph(str("Active units: ", waist.active_units, " of ", waist.latent_size,
                         " dimensions of z have a mean that varies by more than 0.01. Where the encoder was trained "
                         "with a floor under its KL, the floor sets these figures, not the game: compare runs of "
                         "different floors.")));
}

void add_spectra(HtmlPage& page, const Waist& waist) {
  page.begin_section("spectra", "Directions in use",
                     "Principal components of z and of what the controller sees, and singular values of each matrix of "
                     "weights. The participation ratio counts equally used directions; k is how many hold that share "
                     "of all variance. Variance is not use: a small thing can decide the game.");
  Chart chart;
  chart.title = "Variance in the first directions";
  chart.x_label = "directions";
  chart.y_label = "share of all variance, %";
  chart.whole_x = true;
  chart.y_from_zero = true;
  Series of_features = share_series("what C sees", waist.feature_variances);
  const std::size_t drawn = std::min(of_features.x.size(), 2 * waist.latent_variances.size());
  of_features.x.resize(drawn);
  of_features.y.resize(drawn);
  chart.series = {share_series("z", waist.latent_variances), of_features};
  Table rows{{"", "directions", "participation ratio", "effective rank", "k 50 %", "90 %", "95 %", "99 %"}, {}};
  for (const SpectrumSummary& of : waist.spectra) {
    rows.rows.push_back({of.name, str(of.size), shown(of.participation_ratio), shown(of.effective_rank), str(of.k_50),
                         str(of.k_90), str(of.k_95), str(of.k_99)});
  }
  page.add(side_by_side({line_chart(chart), table(rows)}));
}

void add_dimension(HtmlPage& page, const Waist& waist) {
  page.begin_section("dimension", "Intrinsic dimension",
                     "How many numbers say where on the cloud of all z a frame lies, from distances to its neighbours. "
                     "Below, the same of as many normal points whose dimension is known: both estimators read low "
                     "where it is high.");
  Table rows{{"points", "count", "TwoNN", "Levina and Bickel, 20 neighbours"}, {}};
  const auto add = [&](const std::string& name, const DimensionEstimate& of) {
    rows.rows.push_back({name, str(of.points), shown(of.two_nn), shown(of.levina_bickel)});
  };
  for (const auto& [thin, of] : waist.dimension) {
    add(thin == 1 ? "z" : str("z, one frame in ", thin), of);
  }
  for (const auto& [size, of] : waist.calibration) {
    add(str("normal points in ", size, " dimensions"), of);
  }
  page.add(table(rows));
}

void add_scores(HtmlPage& page, const Waist& waist) {
  if (waist.kept.empty()) {
    return;
  }
  page.begin_section("scores", "What the controller needs",
                     "The same controller in the same games, where z is cut down to its first directions before the "
                     "model and the controller see it. Neither was trained for that.");
  Chart chart;
  chart.title = "Mean return with its 95 % interval";
  chart.x_label = "directions of z";
  chart.y_label = "return";
  chart.whole_x = true;
  Series cut, whole;
  cut.name = "first directions";
  whole.name = "all of z";
  whole.dashed = true;
  const Statistics all = statistics_of(returns_of(waist.whole));
  Table rows{{"directions", "games", "mean", "deviation", "95 % interval", "of the whole, %"}, {}};
  const auto add = [&](const std::string& name, const Statistics& of) {
    rows.rows.push_back({name, str(of.count), shown(of.mean), shown(of.deviation),
                         shown(of.low) + " to " + shown(of.high),
                         whole_score(waist) > 0.0 ? shown(100.0 * of.mean / all.mean) : "–"});
  };
  for (const KeptScore& kept : waist.kept) {
    const Statistics of = statistics_of(returns_of(kept.episodes));
    add(str(kept.directions), of);
    cut.x.push_back(kept.directions);
    cut.y.push_back(of.mean);
    cut.low.push_back(of.low);
    cut.high.push_back(of.high);
    whole.x.push_back(kept.directions);
    whole.y.push_back(all.mean);
    whole.low.push_back(all.low);
    whole.high.push_back(all.high);
  }
  add("all", all);
  chart.series = {cut, whole};
  page.add(side_by_side({line_chart(chart), table(rows)}));
}

Json estimate_json(const char* name, int value, const DimensionEstimate& of) {
  return {{name, value}, {"points", of.points}, {"two_nn", of.two_nn}, {"levina_bickel", of.levina_bickel}};
}

Json score_json(const std::vector<EpisodeResult>& episodes) {
  const Statistics of = statistics_of(returns_of(episodes));
  return {{"mean", of.mean},
          {"std", of.deviation},
          {"standard_error", of.standard_error},
          {"returns", returns_of(episodes)}};
}

}  // namespace

std::string waist_words(const Waist& waist) {
  std::string words =
      str("A frame of ", waist.game_name, " takes ",
          std::isfinite(waist.kl_nats) ? shown(bytes_of(waist.kl_nats)) + " bytes as z" : std::string("z"),
          " in place of ", shown(waist.frame_bytes));
  if (std::isfinite(waist.surprise_nats)) {
    words += str(", and ", shown(bytes_of(waist.surprise_nats)), " for whoever dreams along");
  }
  words += str("; ", waist.spectra.front().k_95, " of ", waist.latent_size, " directions hold 95 % of its variance");
  if (const int enough = enough_directions(waist)) {
    words += str(", ", enough, " are enough for 95 % of the score");
  } else if (whole_score(waist) > 0.0) {
    words += str(", none of the numbers tried is enough for 95 % of the score");
  }
  return words + ".";
}

nlohmann::ordered_json to_json(const Waist& waist) {
  Json json = {{"run", waist.run.string()},
               {"command", waist.command},
               {"game", waist.game_name},
               {"precision", waist.precision},
               {"iteration", waist.iteration},
               {"generation", waist.generation},
               {"first_seed", waist.first_seed},
               {"episodes", waist.episodes},
               {"every", waist.every},
               {"frames", waist.frames},
               {"versions", describe_versions()},
               {"machine", describe_machine()},
               {"words", waist_words(waist)},
               {"frame_bytes", waist.frame_bytes},
               {"kl_nats", std::isfinite(waist.kl_nats) ? Json(waist.kl_nats) : Json()},
               {"surprise_nats", std::isfinite(waist.surprise_nats) ? Json(waist.surprise_nats) : Json()},
               {"active_units", waist.active_units},
               {"latent_variances", waist.latent_variances},
               {"feature_variances", waist.feature_variances}};
  for (const SpectrumSummary& of : waist.spectra) {
    json["spectra"].push_back({{"name", of.name},
                               {"size", of.size},
                               {"participation_ratio", of.participation_ratio},
                               {"effective_rank", of.effective_rank},
                               {"k_50", of.k_50},
                               {"k_90", of.k_90},
                               {"k_95", of.k_95},
                               {"k_99", of.k_99}});
  }
  for (const auto& [thin, of] : waist.dimension) {
    json["dimension"].push_back(estimate_json("one_frame_in", thin, of));
  }
  for (const auto& [size, of] : waist.calibration) {
    json["calibration"].push_back(estimate_json("dimension", size, of));
  }
  if (!waist.kept.empty()) {
    const int enough = enough_directions(waist);
    json["score"] = {{"whole", score_json(waist.whole)}, {"enough_directions", enough > 0 ? Json(enough) : Json()}};
    for (const KeptScore& kept : waist.kept) {
      json["score"]["kept"].push_back({{"directions", kept.directions}, {"score", score_json(kept.episodes)}});
    }
  }
  return json;
}

std::string waist_page(const Waist& waist) {
  HtmlPage page(str(waist.run.filename().string(), ": the waist"), "How many numbers does a frame of this game need?");
  page.add(note(NoteKind::plain, waist_words(waist)));
  page.add(facts({{"run", waist.run.string()},
                  {"game", waist.game_name},
                  {"controller", str("iteration ", waist.iteration, ", generation ", waist.generation)},
                  {"looked at", str(waist.frames, " frames, one in ", waist.every, " of ", waist.episodes,
                                    " games of the controller, seeds from ", waist.first_seed, " on")},
                  {"precision", waist.precision},
                  {"command", command_line(waist.command)}}));
  add_information(page, waist);
  add_spectra(page, waist);
  add_dimension(page, waist);
  add_scores(page, waist);
  page.begin_section("pictures", "Pictures from the first directions",
                     "The decoder's picture of z with all but its first directions set to their mean.");
  page.add(film_strip(waist.strip));
  page.add(synchronised_players(waist.films, waist.film_every, "game", "from the directions kept"));
  return page.text();
}

}  // namespace reverie
