#include "experiments/waist/waist.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/report/recorded_play.h"
#include "experiments/run/progress.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/waist/intrinsic_dimension.h"
#include "experiments/waist/projected_model.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/lead.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr int kAtOnce = 16;  // episodes in memory
constexpr int kMostEpisodes = 512;
constexpr int kNeighbours = 20;
constexpr int kFilmFrames = 126;
constexpr int kColumns = 8;  // moments in the strip
constexpr double kEnough = 0.95;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// What is kept of some frames.
struct Frames {
  std::vector<Tensor> latent, feature;  // [1, ...] each
  std::vector<double> kl, surprise;     // nats; NaN where there is nothing to say

  void append(Frames&& more) {
    const auto move_all = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    move_all(latent, more.latent);
    move_all(feature, more.feature);
    move_all(kl, more.kl);
    move_all(surprise, more.surprise);
  }
};

double kl_of(const LatentDistribution& latent) {
  return 0.5 * (latent.mean.square() + latent.log_variance.exp() - 1.0 - latent.log_variance).sum().item<double>();
}

Frames look_at(const WorldModel& model, const RecordedEpisode& recorded, int every) {
  torch::NoGradGuard no_grad;
  Frames frames;
  const EmbeddedEpisode episode = embed_episode(model, recorded);
  const LatentView& view = *model.latent();
  Rng rng(derive_seed(recorded.seed, Stream::waist));
  lead(model, episode, episode.num_steps(), [&](std::int64_t t, const ModelState& state) {
    if (t % every != 0) {
      return;
    }
    const LatentDistribution latent = view.latent_distribution(episode.embedding.slice(t, t + 1));
    frames.latent.push_back(latent.mean);
    frames.feature.push_back(model.features(state));
    // A deviation that is the same everywhere is none of the encoder's: its code is exact, and has no such cost.
    const bool exact = (latent.log_variance == latent.log_variance[0][0]).all().item<bool>();
    frames.kl.push_back(exact ? kNothing : kl_of(latent));
    frames.surprise.push_back(kNothing);
    if (model.belief() != nullptr && !exact && t < episode.num_steps()) {
      Tensor normals = torch::empty({1, view.latent_size()});
      rng.fill_normal(numbers_in(normals));
      const LatentDistribution next = view.latent_distribution(episode.embedding.slice(t + 1, t + 2));
      frames.surprise.back() =
          model.belief()->surprise(state, episode.action.slice(0, t, t + 1), next, normals).item<double>();
    }
  });
  return frames;
}

// Of the values that are there; NaN where none is.
double mean_of(const std::vector<double>& values) {
  double sum = 0.0, count = 0.0;
  for (const double value : values) {
    sum += std::isnan(value) ? 0.0 : value;
    count += std::isnan(value) ? 0.0 : 1.0;
  }
  return count > 0.0 ? sum / count : kNothing;
}

DimensionEstimate estimate(const Tensor& points) {
  const Tensor nearest = nearest_distances(points, kNeighbours);
  return {static_cast<int>(nearest.size(0)), two_nn(nearest), levina_bickel(nearest)};
}

void estimate_dimension(Waist& waist, const Tensor& latent) {
  for (const int thin : {1, 2, 4, 8}) {
    const Tensor points = latent.slice(0, 0, latent.size(0), thin);
    if (points.size(0) >= 10 * kNeighbours) {
      waist.dimension.emplace_back(thin, estimate(points));
    }
  }
  for (const int size : {2, 5, 10, 20, 32}) {
    Tensor points = torch::empty({latent.size(0), size});
    Rng(derive_seed(static_cast<std::uint64_t>(size), Stream::waist)).fill_normal(numbers_in(points));
    waist.calibration.emplace_back(size, estimate(points));
  }
}

void look_at_weights(Waist& waist, const Experiment& experiment) {
  for (const WeightFile& file :
       family_of(experiment.config).weights(experiment.config, experiment.run, waist.iteration)) {
    for (const auto& [name, tensor] : read_tensor_file(file.path, file.kind).tensors) {
      if (tensor.dim() >= 2 && tensor.flatten(1).size(1) > 1 && tensor.any().item<bool>()) {
        waist.spectra.push_back(summary_of(str(file.path.stem().string(), " ", name), matrix_spectrum(tensor)));
      }
    }
  }
}

// The frame from the first directions of its latent.
std::vector<std::uint8_t> picture_from(const WorldModel& model, const PrincipalAxes& axes, const Tensor& latent,
                                       int k) {
  return frame_bytes(model.latent()->decode_latent(axes.keep(latent, k)));
}

void make_pictures(Waist& waist, const WorldModel& model, const PrincipalAxes& axes, const RecordedEpisode& episode,
                   const std::vector<int>& keep) {
  torch::NoGradGuard no_grad;
  const Tensor latents = model.latent()->latent_distribution(embed_episode(model, episode).embedding).mean;
  const auto latent_at = [&latents](std::int64_t t) { return latents.slice(0, t, t + 1); };
  Strip& strip = waist.strip;
  strip.caption = str("Moments of the game of seed ", episode.seed);
  strip.height = episode.height;
  strip.width = episode.width;
  strip.names = {"game"};
  for (const int k : keep) {
    strip.names.push_back(str(k, k == 1 ? " direction" : " directions"));
  }
  strip.frames.resize(strip.names.size());
  for (int column = 0; column < kColumns; ++column) {
    const std::int64_t t = std::int64_t{episode.num_steps()} * column / (kColumns - 1);
    strip.headings.push_back(str("step ", t));
    strip.frames[0].push_back(frame_bytes(frame_tensor(episode, t)));
    const Tensor latent = latent_at(t);
    for (std::size_t i = 0; i < keep.size(); ++i) {
      strip.frames[i + 1].push_back(picture_from(model, axes, latent, keep[i]));
    }
  }
  waist.film_every = 1 + episode.num_steps() / kFilmFrames;
  // Two of them: about a quarter and three quarters of the way through the list.
  for (const std::size_t place : std::set<std::size_t>{keep.size() / 4, 3 * keep.size() / 4}) {
    const int k = keep[std::min(place, keep.size() - 1)];
    Film film;
    film.caption = str("From the first ", k, k == 1 ? " direction" : " directions");
    film.height = episode.height;
    film.width = episode.width;
    double sum = 0.0;
    for (int t = 0; t <= episode.num_steps(); ++t) {
      sum += t > 0 ? static_cast<double>(episode.rewards[static_cast<std::size_t>(t) - 1]) : 0.0;
      if (t % waist.film_every == 0) {
        film.top.push_back(frame_bytes(frame_tensor(episode, t)));
        film.beside.push_back(picture_from(model, axes, latent_at(t), k));
        film.returns.push_back(sum);
      }
    }
    waist.films.push_back(std::move(film));
  }
}

void play_for_scores(Waist& waist, const Experiment& experiment, const WorldModel& model, const PrincipalAxes& axes,
                     const SavedPolicy& policy, const WaistQuestion& question) {
  const std::vector<std::uint64_t> seeds =
      evaluation_seeds(experiment.config.evaluate.seed + kReportSeedOffset, question.score_episodes);
  const int batch = experiment.config.evaluate.batch_size;
  Progress progress("games with fewer numbers", "scores", static_cast<std::int64_t>(question.keep.size()) + 1);
  // Cut down to all of its directions, too: what else the cut changes, such as a draw, is then the same.
  const ProjectedModel all(model, axes, waist.latent_size);
  waist.whole = Arena::game(experiment, all, batch).play(policy, seeds);
  for (const int k : question.keep) {
    progress.update(static_cast<std::int64_t>(waist.kept.size()) + 1);
    if (k == waist.latent_size) {
      waist.kept.push_back({k, waist.whole});
      continue;
    }
    const ProjectedModel projected(model, axes, k);
    waist.kept.push_back({k, Arena::game(experiment, projected, batch).play(policy, seeds)});
  }
}

}  // namespace

SpectrumSummary summary_of(const std::string& name, const std::vector<double>& variances) {
  std::vector<double> deviations;
  for (const double variance : variances) {
    deviations.push_back(std::sqrt(variance));
  }
  return {name,
          static_cast<int>(variances.size()),
          participation_ratio(variances),
          effective_rank(deviations),
          directions_for(variances, 0.5),
          directions_for(variances, 0.9),
          directions_for(variances, 0.95),
          directions_for(variances, 0.99)};
}

double whole_score(const Waist& waist) {
  return waist.whole.empty() ? 0.0 : score_of(waist.whole).mean;
}

int enough_directions(const Waist& waist) {
  int enough = 0;
  for (auto kept = waist.kept.rbegin(); kept != waist.kept.rend() && whole_score(waist) > 0.0; ++kept) {
    if (score_of(kept->episodes).mean < kEnough * whole_score(waist)) {
      break;
    }
    enough = kept->directions;
  }
  return enough;
}

Waist measure_waist(const Experiment& experiment, const WaistQuestion& question) {
  Waist waist;
  waist.run = experiment.run.folder();
  waist.game_name = experiment.config.game.name;
  waist.precision = to_string(experiment.config.precision);
  waist.iteration = newest_complete_iteration(experiment);
  const SavedController controller = load_controller(experiment, waist.iteration, -1);
  waist.generation = controller.generation;
  waist.every = question.every;
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, waist.iteration);
  if (model->latent() == nullptr || model->recorded() == nullptr) {
    throw Error(ErrorKind::data, str(waist.run.string(), ": expected a world model with a latent vector, found ",
                                     experiment.config.model.kind, ", which has none"));
  }
  waist.latent_size = model->latent()->latent_size();

  Frames frames;
  std::optional<RecordedEpisode> shown;
  waist.first_seed = experiment.config.evaluate.seed + kReportSeedOffset;
  Progress progress("games", "frames", question.frames);
  while (static_cast<int>(frames.latent.size()) < question.frames && waist.episodes < kMostEpisodes) {
    std::vector<std::uint64_t> seeds =
        evaluation_seeds(waist.first_seed + static_cast<std::uint64_t>(waist.episodes), kAtOnce);
    std::vector<RecordedEpisode> recorded = play_and_record(experiment, *model, controller.policy, seeds);
    waist.episodes += kAtOnce;
    std::vector<Frames> of_episode(recorded.size());
    experiment.pool->run(static_cast<int>(recorded.size()), [&](int task, int) {
      const std::size_t i = static_cast<std::size_t>(task);
      of_episode[i] = look_at(*model, recorded[i], question.every);
    });
    for (Frames& more : of_episode) {
      frames.append(std::move(more));
    }
    if (!shown) {
      waist.frame_bytes = static_cast<double>(recorded.front().frame_size());
      shown = std::move(recorded.front());
    }
    progress.update(std::min(static_cast<int>(frames.latent.size()), question.frames));
  }
  const std::size_t most = std::min(frames.latent.size(), static_cast<std::size_t>(question.frames));
  waist.frames = static_cast<int>(most);
  for (std::vector<Tensor>* rows : {&frames.latent, &frames.feature}) {
    rows->resize(most);
  }
  for (std::vector<double>* values : {&frames.kl, &frames.surprise}) {
    values->resize(most);
  }
  const Tensor latent = torch::cat(frames.latent);
  const std::int64_t different = std::get<0>(torch::unique_dim(latent, 0)).size(0);
  if (different < 10 * kNeighbours) {
    throw Error(ErrorKind::data,
                str(waist.run.string(), ": expected ", 10 * kNeighbours, " different frames or more, found ", different,
                    " in ", waist.episodes, " games: try a smaller --every"));
  }
  waist.kl_nats = mean_of(frames.kl);
  waist.surprise_nats = mean_of(frames.surprise);
  waist.active_units = static_cast<int>((latent.var(0, false) > 0.01).sum().item<std::int64_t>());
  const PrincipalAxes axes = principal_axes(latent);
  waist.latent_variances = axes.variances;
  waist.feature_variances = principal_axes(torch::cat(frames.feature)).variances;
  waist.spectra = {summary_of("z", waist.latent_variances), summary_of("what C sees", waist.feature_variances)};
  look_at_weights(waist, experiment);
  estimate_dimension(waist, latent);

  std::vector<int> keep;
  for (const int k : question.keep) {
    keep.push_back(std::min(k, waist.latent_size));
  }
  keep.erase(std::unique(keep.begin(), keep.end()), keep.end());
  make_pictures(waist, *model, axes, *shown, keep);
  if (question.score_episodes > 0) {
    WaistQuestion possible = question;
    possible.keep = keep;
    play_for_scores(waist, experiment, *model, axes, controller.policy, possible);
  }
  return waist;
}

}  // namespace reverie
