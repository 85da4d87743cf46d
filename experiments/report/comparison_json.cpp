#include <cmath>
#include <nlohmann/json.hpp>

#include "experiments/report/comparison.h"
#include "experiments/report/horizon_curves.h"
#include "experiments/report/statistics.h"
#include "experiments/run/machine.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

Json play_json(const Play& play) {
  const Statistics statistics = statistics_of(returns_of(play.episodes));
  Json json = {{"episodes", statistics.count},
               {"first_seed", play.first_seed},
               {"mean", statistics.mean},
               {"std", statistics.deviation},
               {"standard_error", statistics.standard_error},
               {"interval_95", {statistics.low, statistics.high}}};
  for (const EpisodeResult& episode : play.episodes) {
    json["returns"].push_back(episode.episode_return);
    json["lengths"].push_back(episode.episode_length);
    json["terminated"].push_back(episode.terminated);
  }
  return json;
}

// The exploit gap: how much more the dream pays than the game.
Json gap_json(double dream, double game) {
  return {{"absolute", dream - game}, {"relative", game != 0.0 ? Json((dream - game) / std::abs(game)) : Json()}};
}

Json curve_json(const BandCurve& curve) {
  return {{"mean", curve.mean}, {"quarter", curve.low}, {"three_quarters", curve.high}};
}

Json open_loop_json(const std::vector<Drift>& drifts) {
  Json json = {{"dreams", drifts.size()}};
  if (drifts.empty()) {
    return json;
  }
  const HorizonCurves curves = horizon_curves(drifts);
  json["horizon"] = curves.horizon;
  json["divergence_horizon"] = curves.divergence > 0 ? Json(curves.divergence) : Json();
  json["curves"] = {{"dream_pixel_error", curve_json(curves.dream_error)},
                    {"frozen_pixel_error", curve_json(curves.frozen_error)},
                    {"reconstruction_pixel_error", curve_json(curves.reconstruction_error)},
                    {"dream_ssim", curve_json(curves.dream_ssim)},
                    {"frozen_ssim", curve_json(curves.frozen_ssim)},
                    {"reconstruction_ssim", curve_json(curves.reconstruction_ssim)},
                    {"latent_nll", curve_json(curves.latent_nll)},
                    {"informed_latent_nll", curve_json(curves.informed_nll)},
                    {"reward_error", curve_json(curves.reward_error)},
                    {"steady_reward_error", curve_json(curves.steady_reward_error)}};
  for (const CalibrationBin& bin : end_calibration(drifts)) {
    json["end_calibration"].push_back({{"from", bin.low},
                                       {"to", bin.high},
                                       {"steps", bin.count},
                                       {"ended", bin.ended},
                                       {"predicted", bin.count > 0 ? Json(bin.predicted) : Json()},
                                       {"rate", bin.count > 0 ? Json(1.0 * bin.ended / bin.count) : Json()}});
  }
  for (const Drift& drift : drifts) {
    const OpenLoopTrace& trace = drift.trace;
    json["raw"].push_back({{"seed", drift.seed},
                           {"start", trace.start},
                           {"dream_pixel_error", trace.dream_error},
                           {"frozen_pixel_error", trace.frozen_error},
                           {"reconstruction_pixel_error", trace.reconstruction_error},
                           {"dream_ssim", drift.dream_ssim},
                           {"frozen_ssim", drift.frozen_ssim},
                           {"reconstruction_ssim", drift.reconstruction_ssim},
                           {"latent_nll", trace.latent_nll},
                           {"informed_latent_nll", trace.informed_nll},
                           {"dream_reward", trace.dream_reward},
                           {"recorded_reward", trace.recorded_reward},
                           {"pay_before", drift.pay_before},
                           {"end_probability", trace.end_probability},
                           {"terminated", trace.terminated}});
  }
  return json;
}

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::agree:
      return "agree";
    case Verdict::disagree:
      return "disagree";
    case Verdict::too_few:
      return "too few to say";
  }
  return "";
}

}  // namespace

std::vector<double> returns_of(const std::vector<EpisodeResult>& episodes) {
  std::vector<double> returns;
  for (const EpisodeResult& episode : episodes) {
    returns.push_back(episode.episode_return);
  }
  return returns;
}

nlohmann::ordered_json to_json(const Comparison& comparison) {
  const double game = statistics_of(returns_of(comparison.game.episodes)).mean;
  Json json = {{"run", comparison.run.string()},
               {"command", comparison.command},
               {"game", comparison.game_name},
               {"iteration", comparison.iteration},
               {"generation", comparison.generation},
               {"trained_in", comparison.trained_in},
               {"clock", comparison.clock},
               {"temperature", comparison.temperature},
               {"precision", comparison.precision},
               {"run_seed", comparison.run_seed},
               {"best_return", std::isfinite(comparison.best_return) ? Json(comparison.best_return) : Json()},
               {"versions", describe_versions()},
               {"machine", describe_machine()}};
  json["returns"] = {{"game", play_json(comparison.game)}, {"dream", play_json(comparison.dream)}};
  json["exploit_gap"] = gap_json(statistics_of(returns_of(comparison.dream.episodes)).mean, game);
  json["temperatures"] = Json::array();
  for (const AtTemperature& at : comparison.temperatures) {
    json["temperatures"].push_back({{"temperature", at.temperature},
                                    {"exploit_gap", gap_json(statistics_of(returns_of(at.dream.episodes)).mean, game)},
                                    {"dream", play_json(at.dream)}});
  }
  std::vector<double> in_game, in_dream;
  json["controllers"] = Json::array();
  for (const ScoredController& controller : comparison.controllers) {
    in_game.push_back(statistics_of(returns_of(controller.game.episodes)).mean);
    in_dream.push_back(statistics_of(returns_of(controller.dream.episodes)).mean);
    json["controllers"].push_back({{"iteration", controller.iteration},
                                   {"generation", controller.generation},
                                   {"game", play_json(controller.game)},
                                   {"dream", play_json(controller.dream)}});
  }
  const double correlation = rank_correlation(in_game, in_dream);
  json["rank_correlation"] = std::isfinite(correlation) ? Json(correlation) : Json();
  json["open_loop"] = open_loop_json(comparison.drifts);
  if (!comparison.planner.episodes.empty()) {
    json["planner"] = play_json(comparison.planner);
  }
  for (const Promise& promise : comparison.promises) {
    json["promises"].push_back({{"whose", promise.whose},
                                {"dreams", promise.dreams},
                                {"steps", promise.steps},
                                {"reward_dreamed", promise.dreamed},
                                {"reward_recorded", promise.recorded},
                                {"dream_pixel_error", promise.dream_error},
                                {"frozen_pixel_error", promise.frozen_error}});
  }
  for (const TruthDrift& truth : comparison.truths) {
    json["truth"].push_back({{"name", truth.name},
                             {"spread", truth.spread},
                             {"median_error_dreamed", truth.dreamed},
                             {"median_error_shown", truth.shown},
                             {"median_error_frozen", truth.frozen}});
  }
  for (const CheatingFinding& finding : comparison.findings) {
    json["cheating"].push_back({{"kind", finding.kind},
                                {"verdict", to_string(finding.verdict)},
                                {"is_cheating", finding.is_cheating},
                                {"words", finding.words}});
  }
  return json;
}

}  // namespace reverie
