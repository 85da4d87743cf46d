// A run of configs/smoke.yaml, trained once a process.
#pragma once

#include "experiments/app/commands.h"
#include "tests/temporary_folder.h"

namespace reverie {

inline std::filesystem::path smoke_config() {
  return std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
}

inline const std::filesystem::path& smoke_run() {
  static const TemporaryFolder folder;
  static const std::filesystem::path run = [] {
    StageOptions options;
    options.target = smoke_config();
    options.run = folder / "run";
    options.overrides = {"evaluate.episodes=2", "evaluate.baselines=false"};
    options.command = {"reverie", "train"};
    train(options);
    return options.run;
  }();
  return run;
}

}  // namespace reverie
