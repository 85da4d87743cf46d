#include "experiments/report/truth_drift.h"

#include <cmath>

#include "env/error.h"
#include "experiments/report/statistics.h"
#include "worldmodel/lead.h"
#include "worldmodel/linear_probe.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

using torch::Tensor;

// Of the cases of one half: 0 the even ones, 1 the odd ones.
LinearProbe probe_of_half(const std::vector<TruthCase>& cases, std::size_t half) {
  std::vector<Tensor> features, truth;
  for (std::size_t i = half; i < cases.size(); i += 2) {
    features.push_back(cases[i].seen);
    truth.push_back(cases[i].truth);
  }
  return {torch::cat(features), torch::cat(truth)};
}

double median_of(const std::vector<Tensor>& errors, std::int64_t truth) {
  std::vector<double> values;
  for (const Tensor& error : errors) {
    values.push_back(std::abs(error[truth].item<double>()));
  }
  return quantile(values, 0.5);
}

}  // namespace

TruthCase make_truth_case(const WorldModel& model, const DriftCase& drift_case, const std::vector<Drift>& drifts,
                          const Tensor& truth) {
  TruthCase result;
  result.truth = truth;
  result.starts = drift_case.starts;
  if (!drift_case.starts.empty()) {
    // With the noise of play. A probe of the means would lean on dimensions that a dream fills with noise.
    const EmbeddedEpisode& episode = drift_case.embedded;
    Noise noise = make_noise(static_cast<int>(episode.num_steps()) + 1, model.spec().observe_normals,
                             model.spec().observe_uniforms);
    Rng rng(derive_seed(drift_case.episode->seed, Stream::open_loop));
    rng.fill_normal(numbers_in(noise.normals));
    rng.fill_uniform(numbers_in(noise.uniforms));
    std::vector<Tensor> seen;
    lead(model, {&episode, 1}, {&noise, 1}, episode.num_steps(),
         [&](std::int64_t, const ModelState& state) { seen.push_back(model.features(state)); });
    result.seen = torch::cat(seen);
  }
  for (const Drift& drift : drifts) {
    result.dreams.push_back(drift.features);
  }
  return result;
}

std::vector<TruthDrift> truth_drift(const std::vector<std::string>& names, const std::vector<TruthCase>& cases,
                                    int horizon) {
  std::vector<TruthDrift> drifts;
  if (cases.size() < 2 || names.empty()) {
    return drifts;
  }
  const LinearProbe probes[] = {probe_of_half(cases, 0), probe_of_half(cases, 1)};
  std::vector<Tensor> all;
  for (const TruthCase& of : cases) {
    all.push_back(of.truth);
  }
  const Tensor spread = torch::cat(all).std(0, false);
  for (std::size_t k = 0; k < names.size(); ++k) {
    drifts.push_back({names[k], spread[static_cast<std::int64_t>(k)].item<double>(), {}, {}, {}});
  }
  for (int step = 0; step < horizon; ++step) {
    std::vector<Tensor> dreamed, shown, frozen;  // errors, [truths] each
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const TruthCase& of = cases[i];
      const LinearProbe& probe = probes[1 - i % 2];
      for (std::size_t dream = 0; dream < of.starts.size(); ++dream) {
        const std::int64_t now = of.starts[dream] + step + 1;
        const Tensor& truth = of.truth[now];
        dreamed.push_back(probe(of.dreams[dream].slice(0, step, step + 1))[0] - truth);
        shown.push_back(probe(of.seen.slice(0, now, now + 1))[0] - truth);
        frozen.push_back(of.truth[of.starts[dream]] - truth);
      }
    }
    for (std::size_t k = 0; k < names.size() && !dreamed.empty(); ++k) {
      const auto truth = static_cast<std::int64_t>(k);
      drifts[k].dreamed.push_back(median_of(dreamed, truth));
      drifts[k].shown.push_back(median_of(shown, truth));
      drifts[k].frozen.push_back(median_of(frozen, truth));
    }
  }
  std::erase_if(drifts, [](const TruthDrift& drift) { return drift.spread < 1e-9 || drift.dreamed.empty(); });
  return drifts;
}

}  // namespace reverie
