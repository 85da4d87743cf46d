#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/run/run_directory.h"

namespace reverie {

std::filesystem::path StageOptions::config_file() const {
  return std::filesystem::is_directory(target) ? RunDirectory::open(run_folder()).config() : target;
}

std::filesystem::path StageOptions::run_folder() const {
  if (!std::filesystem::is_directory(target)) {
    return run.empty() ? std::filesystem::path("runs") / target.stem() : run;
  }
  if (!run.empty()) {
    throw Error(ErrorKind::usage, str("two run folders given: ", target.string(), " and --run ", run.string()));
  }
  return target;
}

}  // namespace reverie
