#include "experiments/words/learn_words.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/report/html.h"
#include "experiments/report/html_page.h"
#include "experiments/run/progress.h"
#include "experiments/run/text.h"
#include "worldmodel/linear_probe.h"
#include "worldmodel/nn/adam.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr double kRate = 1e-3, kRateEnd = 1e-4;
constexpr int kLastUpdates = 100;  // whose mean loss is reported
constexpr int kRankedSentences = 200;

// One in five of the combinations of all attributes is not trained on.
bool is_kept_back(const Saying& values) {
  std::uint64_t code = 0;
  for (const int value : values) {
    code = 16 * code + static_cast<std::uint64_t>(value);
  }
  return Rng(derive_seed(code, Stream::words)).below(5) == 0;
}

Tensor rows_of(const Tensor& tensor, const std::vector<std::int64_t>& rows) {
  return tensor.index_select(0, torch::tensor(rows, torch::kInt64));
}

// Mean over the values that occur of the share of their moments where `told` is right; NaN where there is no moment.
double balanced_accuracy(const std::vector<int>& told, const std::vector<int>& so, int values) {
  double sum = 0.0, occurring = 0.0;
  for (int value = 0; value < values; ++value) {
    double right = 0.0, all = 0.0;
    for (std::size_t i = 0; i < so.size(); ++i) {
      all += so[i] == value ? 1.0 : 0.0;
      right += so[i] == value && told[i] == value ? 1.0 : 0.0;
    }
    sum += all > 0.0 ? right / all : 0.0;
    occurring += all > 0.0 ? 1.0 : 0.0;
  }
  return occurring > 0.0 ? sum / occurring : std::nan("");
}

std::vector<int> largest_of(const Tensor& scores) {
  const Tensor best = scores.argmax(1).contiguous();
  return {best.data_ptr<std::int64_t>(), best.data_ptr<std::int64_t>() + best.numel()};
}

class WordsLearner {
 public:
  WordsLearner(const Experiment& experiment, const Moments& train, const Moments& held_out,
               const WordsQuestion& question)
      : attributes_(find_game(experiment.config.game.name).attributes),
        seed_(experiment.config.seed),
        train_(train),
        held_out_(held_out),
        question_(question),
        space_(train.features.size(1), derive_seed(experiment.config.seed, Stream::words)) {
    torch::NoGradGuard no_grad;
    space_->feature_mean.copy_(train.features.mean(0));
    space_->feature_deviation.copy_(train.features.std(0, false).clamp_min(1e-3));
  }

  // Returns the mean loss of the last updates.
  double learn() {
    Adam adam(*space_);
    Rng rng(derive_seed(seed_, Stream::words, 1));
    const auto batch = static_cast<std::size_t>(question_.batch_size);
    Progress progress("words", "updates", question_.updates);
    double last = 0.0;
    for (int update = 0; update < question_.updates; ++update) {
      std::vector<std::int64_t> rows;
      std::vector<Saying> sayings;
      std::vector<std::string> sentences;
      for (std::size_t i = 0; i < batch; ++i) {
        rows.push_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(train_.size()))));
        sayings.push_back(part_of(train_.values[static_cast<std::size_t>(rows.back())], rng));
        sentences.push_back(worded(attributes_, sayings.back(), Wordings::usual, rng));
      }
      Tensor positives = torch::eye(question_.batch_size);
      for (std::size_t i = 0; i < batch && !question_.own_sentence_alone; ++i) {
        float* const row = positives.data_ptr<float>() + i * batch;
        for (std::size_t j = 0; j < batch; ++j) {
          row[j] = is_true(sayings[j], train_.values[static_cast<std::size_t>(rows[i])]) ? 1.0f : 0.0f;
        }
      }
      const Tensor products =
          torch::mm(space_->moments(rows_of(train_.features, rows)), space_->sentences(sentences).t());
      const Tensor loss = contrastive_loss(space_->scale() * products, positives);
      const double value = loss.item<double>();
      if (!std::isfinite(value)) {
        throw Error(ErrorKind::other, str("words: the loss is ", value, " at update ", update));
      }
      loss.backward();
      adam.step(cosine_schedule(kRate, kRateEnd, static_cast<double>(update) / question_.updates));
      last += update >= question_.updates - kLastUpdates ? value / kLastUpdates : 0.0;
      progress.update(update + 1, str("loss ", value));
    }
    return last;
  }

  std::vector<AttributeScore> score_attributes() const {
    torch::NoGradGuard no_grad;
    const Tensor places = space_->moments(held_out_.features);
    std::vector<AttributeScore> scores;
    for (std::size_t a = 0; a < attributes_.size(); ++a) {
      AttributeScore score;
      score.name = attributes_[a].name;
      score.values = attributes_[a].num_values();
      const std::vector<int> so = values(held_out_, a);
      score.probe = balanced_accuracy(probed(a), so, score.values);
      const std::vector<int> told = largest_of(torch::mm(places, prompts(a, Wordings::usual).t()));
      score.words = balanced_accuracy(told, so, score.values);
      score.kept_back =
          balanced_accuracy(largest_of(torch::mm(places, prompts(a, Wordings::kept_back).t())), so, score.values);
      std::vector<int> told_there, so_there;
      for (std::size_t i = 0; i < so.size(); ++i) {
        if (is_kept_back(held_out_.values[i])) {
          told_there.push_back(told[i]);
          so_there.push_back(so[i]);
        }
      }
      score.combinations = balanced_accuracy(told_there, so_there, score.values);
      scores.push_back(score);
    }
    return scores;
  }

  void rank(WordsReport& report) const {
    torch::NoGradGuard no_grad;
    const Tensor places = space_->moments(held_out_.features);
    Rng rng(derive_seed(seed_, Stream::words, 2));
    const double n = static_cast<double>(held_out_.size());
    const double harmonic = std::log(n) + 0.5772156649 + 0.5 / n;
    double count = 0.0;
    for (int i = 0; i < kRankedSentences; ++i) {
      const auto of = static_cast<std::size_t>(rng.below(static_cast<std::uint64_t>(held_out_.size())));
      const Saying saying = part_of(held_out_.values[of], rng);
      const std::string sentence = worded(attributes_, saying, Wordings::usual, rng);
      const Tensor order = torch::mv(places, space_->sentences({&sentence, 1})[0]).argsort(0, true).contiguous();
      std::vector<std::uint8_t> right;
      double num_right = 0.0;
      for (std::int64_t k = 0; k < order.numel(); ++k) {
        const auto at = static_cast<std::size_t>(order.data_ptr<std::int64_t>()[k]);
        right.push_back(is_true(saying, held_out_.values[at]) ? 1 : 0);
        num_right += right.back();
      }
      report.mean_average_precision += average_precision(right);
      // Of a random ranking with m right ones of n: ((m - 1) / (n - 1) (n - H) + H) / n.
      report.chance_precision += ((num_right - 1.0) / (n - 1.0) * (n - harmonic) + harmonic) / n;
      count += 1.0;
    }
    report.mean_average_precision /= count;
    report.chance_precision /= count;
  }

  const WordSpace& space() const { return space_; }

 private:
  static std::vector<int> values(const Moments& moments, std::size_t attribute) {
    std::vector<int> result;
    for (const Saying& all : moments.values) {
      result.push_back(all[attribute]);
    }
    return result;
  }

  // Where the values of an attribute lie: the mean over the ways to say each.
  Tensor prompts(std::size_t attribute, Wordings wordings) const {
    std::vector<Tensor> rows;
    for (const std::vector<std::string>& ways : attributes_[attribute].wordings) {
      const std::span<const std::string> all(ways);
      const std::span<const std::string> chosen =
          wordings == Wordings::kept_back || ways.size() == 1 ? all.last(1) : all.first(ways.size() - 1);
      const Tensor mean = space_->sentences(chosen).mean(0);
      rows.push_back(mean / mean.norm());
    }
    return torch::stack(rows);
  }

  std::vector<int> probed(std::size_t attribute) const {
    const std::vector<int> so = values(train_, attribute);
    const Tensor classes = torch::one_hot(torch::tensor(so, torch::kInt64), attributes_[attribute].num_values());
    // Of each value as much as of any other, so that rare ones are told, too.
    const Tensor share = classes.to(torch::kFloat64).mean(0).clamp_min(1e-6);
    const LinearProbe probe(train_.features, classes.to(torch::kFloat32));
    return largest_of(probe(held_out_.features).to(torch::kFloat64) / share.sqrt());
  }

  const std::vector<GameAttribute>& attributes_;
  std::uint64_t seed_;
  const Moments& train_;
  const Moments& held_out_;
  const WordsQuestion& question_;
  WordSpace space_;
};

Moments chosen(const Moments& all, const std::function<bool(std::size_t)>& is_wanted, std::size_t most) {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < all.values.size(); ++i) {
    if (is_wanted(i)) {
      rows.push_back(static_cast<std::int64_t>(i));
    }
  }
  const std::size_t stride = std::max<std::size_t>(1, (rows.size() + most - 1) / most);
  Moments some;
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < rows.size(); i += stride) {
    const auto row = static_cast<std::size_t>(rows[i]);
    kept.push_back(rows[i]);
    some.values.push_back(all.values[row]);
    some.episode.push_back(all.episode[row]);
    some.step.push_back(all.step[row]);
  }
  some.features = kept.empty() ? all.features.slice(0, 0, 0) : rows_of(all.features, kept);
  return some;
}

std::string percent(double share) {
  return std::isnan(share) ? "–" : str(std::llround(100.0 * share), " %");
}

}  // namespace

WordsReport learn_words(const Experiment& experiment, int iteration, const WordsQuestion& question) {
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
  const EpisodeStore episodes = experiment.episodes(iteration);
  const std::unique_ptr<EmbeddedEpisodes> source =
      family_of(experiment.config).embedded(experiment, *model, episodes, iteration);
  constexpr std::size_t kHeldOut = 4000;
  const Moments seen = moments_of(experiment, *model, *source, episodes.train(), question.every);
  const Moments held_out = chosen(
      moments_of(experiment, *model, *source, episodes.held_out(), question.every), [](std::size_t) { return true; },
      kHeldOut);
  const Moments train = chosen(
      seen, [&](std::size_t i) { return !is_kept_back(seen.values[i]); }, static_cast<std::size_t>(question.moments));
  if (train.size() < question.batch_size || held_out.size() < 2) {
    throw Error(ErrorKind::data, str(experiment.run.folder().string(), ": expected at least ", question.batch_size,
                                     " recorded moments to learn from and 2 held out, found ", train.size(), " and ",
                                     held_out.size(), ": try a smaller --every"));
  }
  WordsLearner learner(experiment, train, held_out, question);
  WordsReport report;
  report.run = experiment.run.folder();
  report.iteration = iteration;
  report.train_moments = train.size();
  report.held_out_moments = held_out.size();
  report.own_sentence_alone = question.own_sentence_alone;
  report.loss = learner.learn();
  report.attributes = learner.score_attributes();
  learner.rank(report);
  torch::NoGradGuard no_grad;
  std::vector<std::int64_t> flat;
  for (const Saying& values : held_out.values) {
    flat.insert(flat.end(), values.begin(), values.end());
  }
  save_words(experiment, iteration,
             {learner.space(), learner.space()->moments(held_out.features),
              torch::tensor(flat, torch::kInt64).view({held_out.size(), -1})});
  return report;
}

std::string words_in_short(const WordsReport& report) {
  std::ostringstream text;
  text << "balanced accuracy on " << report.held_out_moments << " held-out moments (learnt from "
       << report.train_moments << "):\n";
  for (const AttributeScore& score : report.attributes) {
    text << "  " << score.name << ", " << score.values << " values: words " << percent(score.words) << ", new wordings "
         << percent(score.kept_back) << ", new combinations " << percent(score.combinations) << ", probe "
         << percent(score.probe) << ", chance " << percent(score.chance()) << "\n";
  }
  text << "average precision of " << kRankedSentences << " sentences: " << shown(report.mean_average_precision)
       << ", of a random ranking " << shown(report.chance_precision) << "\n";
  return text.str();
}

std::string words_page(const WordsReport& report) {
  HtmlPage page("Words for moments", report.run.string());
  page.begin_section("attributes", "What the words know",
                     "How often an attribute of a held-out moment is told right, the mean over its values: by the "
                     "nearest sentence, and by a read-out that was made for this attribute and knows no words.");
  Table content{{"attribute", "values", "words", "new wordings", "new combinations", "probe", "chance"}, {}};
  for (const AttributeScore& score : report.attributes) {
    content.rows.push_back({score.name, std::to_string(score.values), percent(score.words), percent(score.kept_back),
                            percent(score.combinations), percent(score.probe), percent(score.chance())});
  }
  page.add(table(content));
  page.add(
      facts({{"moments learnt from, and held out", str(report.train_moments, ", ", report.held_out_moments)},
             {"average precision of 200 sentences", shown(report.mean_average_precision)},
             {"of a random ranking", shown(report.chance_precision)},
             {"what counts as true of a moment", report.own_sentence_alone ? "its own sentence" : "each true sentence"},
             {"command", command_line(report.command)}}));
  return page.text();
}

nlohmann::ordered_json to_json(const WordsReport& report) {
  nlohmann::ordered_json json = {{"run", report.run.string()},
                                 {"iteration", report.iteration},
                                 {"command", report.command},
                                 {"train_moments", report.train_moments},
                                 {"held_out_moments", report.held_out_moments},
                                 {"own_sentence_alone", report.own_sentence_alone},
                                 {"loss", report.loss},
                                 {"mean_average_precision", report.mean_average_precision},
                                 {"chance_precision", report.chance_precision}};
  for (const AttributeScore& score : report.attributes) {
    json["attributes"][score.name] = {{"words", score.words},
                                      {"kept_back_wordings", score.kept_back},
                                      {"kept_back_combinations", score.combinations},
                                      {"probe", score.probe},
                                      {"chance", score.chance()}};
  }
  return json;
}

}  // namespace reverie
