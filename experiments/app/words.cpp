// words: sentences about a run's moments. find: recorded moments by a sentence.
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/app/page_and_numbers.h"
#include "experiments/run/png.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/words/find.h"
#include "experiments/words/learn_words.h"

namespace reverie {

void words(const WordsOptions& options) {
  const Experiment experiment = Experiment::open(options.run, options.overrides);
  if (options.judge_episodes > 0) {
    std::cout << goal_in_short(measure_goal(experiment, newest_complete_iteration(experiment), options.judge_episodes))
              << "\n";
    return;
  }
  const PageAndNumbers files(options.out.empty() ? experiment.run.folder() / "words.html" : options.out);
  files.make_ready();
  WordsQuestion question;
  question.every = options.every;
  question.updates = options.updates;
  question.own_sentence_alone = options.own_sentence_alone;
  WordsReport report = learn_words(experiment, newest_iteration_with_model(experiment), question);
  report.command = options.command;
  files.write(words_page(report), to_json(report));
  std::cout << words_in_short(report);
}

std::optional<RecordedMoment> find(const FindOptions& options) {
  const Experiment experiment = Experiment::open(options.run, options.overrides);
  const std::filesystem::path out = options.out.empty() ? experiment.run.folder() / "found.png" : options.out;
  check_writable(out);
  const FoundMoments found =
      find_moments(experiment, newest_iteration_with_model(experiment), options.sentence, options.count, options.every);
  write_png(out, found.height, found.width, found.strip);
  for (const FoundMoment& moment : found.best) {
    std::cout << "recording " << moment.recording << ", step " << moment.step << ", " << moment.fit << ": "
              << moment.truth << "\n";
  }
  std::cerr << "wrote " << out.string() << "\n";
  if (found.best.empty()) {
    return std::nullopt;
  }
  std::cerr << "to open the first, and dream on from there by d: reverie play " << options.run.string()
            << " --recording " << found.best.front().recording << " --at " << found.best.front().step << "\n";
  return RecordedMoment{found.best.front().recording, found.best.front().step};
}

}  // namespace reverie
