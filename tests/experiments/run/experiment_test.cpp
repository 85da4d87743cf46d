#include "experiments/run/experiment.h"

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("a run that was made before a key was thought of goes on with the key's default", "[experiments]") {
  const TemporaryFolder folder;
  StageOptions options;
  options.target = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
  options.run = folder / "run";
  options.command = {"reverie", "train", "smoke.yaml"};
  create_run(options);
  const std::filesystem::path file = folder.path() / "run" / "config.yaml";
  std::string old = read_file(file);
  for (const std::string key : {"    gradient_clip_norm: ", "  kl_floor: "}) {
    const std::size_t begin = old.find(key);
    REQUIRE(begin != std::string::npos);
    old.erase(begin, old.find('\n', begin) + 1 - begin);
  }
  write_file_atomically(file, old);

  SECTION("from the config file that made it") {}
  SECTION("from the folder itself") {
    options.target = options.run;
    options.run.clear();
  }
  const auto refusal = [&options] { return message_of<Error>([&options] { create_run(options); }); };
  CHECK(refusal() == "nothing was thrown");
  CHECK(read_file(file) == old);  // nothing was asked for that it did not say
  CHECK(Experiment::open(folder / "run").config.train_controller.policy_gradient.gradient_clip_norm == 0.0);

  options.overrides = {"train_controller.policy_gradient.gradient_clip_norm=0.5"};
  const std::string other = refusal();
  CHECK(other.find("train_controller.policy_gradient.gradient_clip_norm is 0") != std::string::npos);
  CHECK(other.find(", 0.5 asked for") != std::string::npos);
  CHECK(read_file(file) == old);
  options.overrides = {"iterations=9"};
  CHECK(refusal() == "nothing was thrown");
  CHECK(Experiment::open(folder / "run").config.iterations == 9);
  CHECK(read_file(file).find("gradient_clip_norm: ") != std::string::npos);  // what is written anew is whole
}
