// waist: how many numbers does a frame need? Measures a run, then writes the numbers and a page about them.
#include "experiments/waist/waist.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/app/page_and_numbers.h"

namespace reverie {

void waist(const WaistOptions& options) {
  const Experiment experiment = Experiment::open(options.run, options.overrides);
  const PageAndNumbers files(options.out.empty() ? experiment.run.folder() / "waist.html" : options.out);
  files.make_ready();
  Waist measured = measure_waist(experiment, {options.frames, options.every, options.keep, options.score_episodes});
  measured.command = options.command;
  files.write(waist_page(measured), to_json(measured));
  std::cout << waist_words(measured) << "\n";
}

}  // namespace reverie
