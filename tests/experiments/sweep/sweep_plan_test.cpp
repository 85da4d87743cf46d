#include "experiments/sweep/sweep_plan.h"

#include "env/error.h"
#include "experiments/sweep/sweep_table.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

const std::filesystem::path kSmoke = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";

std::vector<std::string> names(const SweepPlan& plan) {
  std::vector<std::string> all;
  for (const SweepRun& run : plan.runs) {
    all.push_back(run.name);
  }
  return all;
}

RunRecord scored(const std::map<std::string, std::string>& config, double dream, double game) {
  RunRecord run;
  run.config = config;
  run.scores = {{"game: random policy", {1.0, 1.0, 2}},
                {"game: dream-trained controller", {game, 0.0, 2}},
                {"dream: dream-trained controller", {dream, 2.0, 2}}};
  return run;
}

}  // namespace

TEST_CASE("values are separated by commas outside brackets and quotes", "[experiments]") {
  CHECK(split_values("0.5,1") == std::vector<std::string>{"0.5", "1"});
  CHECK(split_values("[8,4],[8]") == std::vector<std::string>{"[8,4]", "[8]"});
  CHECK(split_values("[8, 4]") == std::vector<std::string>{"[8, 4]"});
  CHECK(split_values("\"a,b\",c") == std::vector<std::string>{"\"a,b\"", "c"});
  CHECK(split_values("1,") == std::vector<std::string>{"1", ""});
}

TEST_CASE("a sweep runs every combination, called by the values as the config has them", "[experiments]") {
  const SweepPlan plan =
      plan_sweep(kSmoke, {"seed=1,2", "iterations=1", "dream.temperature=0.50,5e-2", "vae.epochs=[1],[2,1]"});
  CHECK(plan.keys == std::vector<std::string>{"dream.temperature", "vae.epochs", "seed"});
  CHECK(plan.fixed == std::vector<std::string>{"iterations=1"});
  CHECK(names(plan) ==
        std::vector<std::string>{"temperature=0.5,epochs=1,seed=1", "temperature=0.5,epochs=1,seed=2",
                                 "temperature=0.5,epochs=2_1,seed=1", "temperature=0.5,epochs=2_1,seed=2",
                                 "temperature=0.05,epochs=1,seed=1", "temperature=0.05,epochs=1,seed=2",
                                 "temperature=0.05,epochs=2_1,seed=1", "temperature=0.05,epochs=2_1,seed=2"});
  CHECK(plan.overrides(plan.runs[6]) ==
        std::vector<std::string>{"iterations=1", "dream.temperature=5e-2", "vae.epochs=[2,1]", "seed=1"});
  CHECK(names(plan_sweep(kSmoke, {"vae.epochs=[1],[2]", "mdn_rnn.epochs=[1]", "seed=7"})) ==
        std::vector<std::string>{"epochs=1,seed=7", "epochs=2,seed=7"});
  CHECK(names(plan_sweep(kSmoke, {"vae.epochs=[1],[2]", "mdn_rnn.epochs=[1],[3]"})).front() ==
        "vae.epochs=1,mdn_rnn.epochs=1");
  // One value more for a sweep whose keys are known already, in their order.
  CHECK(names(plan_sweep(kSmoke, {"vae.epochs=[3]", "dream.temperature=2", "seed=3"},
                         {"dream.temperature", "vae.epochs", "seed"})) ==
        std::vector<std::string>{"temperature=2,epochs=3,seed=3"});
}

TEST_CASE("a sweep that says nothing, says it twice or says what is no config is refused", "[experiments]") {
  const auto refusal = [](const std::vector<std::string>& values) {
    return message_of<Error>([&] { plan_sweep(kSmoke, values); });
  };
  CHECK(refusal({"iterations=1"}).find("several values") != std::string::npos);
  CHECK(refusal({"seed"}).starts_with("seed: expected key=value"));
  CHECK(refusal({"seed=1,,2"}).find("found an empty one") != std::string::npos);
  CHECK(refusal({"seed=1,2", "seed=3"}) == "seed: given twice");
  CHECK(refusal({"seed=1,2,1"}) == "seed=1: expected each combination once, found it twice");
  CHECK(refusal({"dream.temperature=0.5,5e-1"}).starts_with("temperature=0.5: expected each combination once"));
  CHECK(refusal({"threads=1,2"}).starts_with("threads: changes nothing that a run keeps"));
  CHECK(refusal({"vea.epochs=[1],[2]"}).find("did you mean vae?") != std::string::npos);
  CHECK(refusal({"dream.temperature=1,-1"}).find("found -1") != std::string::npos);
  CHECK(refusal({"seed=1,2", "evaluate.seed=1"}) == "nothing was thrown");
}

TEST_CASE("sweep.json gives back what was written, and nothing else is taken for it", "[experiments]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "sweep.json";
  CHECK_FALSE(read_sweep(path));
  const SweepPlan plan = plan_sweep(kSmoke, {"seed=1,2", "iterations=1", "vae.epochs=[1],[2,1]"});
  write_sweep(path, {plan, "runs/a:1", "world-model"});
  const std::optional<SweepRecord> read = read_sweep(path);
  REQUIRE(read);
  CHECK(read->plan.keys == plan.keys);
  CHECK(read->plan.fixed == plan.fixed);
  CHECK(names(read->plan) == names(plan));
  CHECK(read->plan.overrides(read->plan.runs[3]) == plan.overrides(plan.runs[3]));
  CHECK(read->from == "runs/a:1");
  CHECK(read->keep == "world-model");
  for (const char* text : {"{}", "[]", R"({"keys": ["seed"], "fixed": [], "from": "", "keep": "", "runs": {"a": []}})",
                           R"({"keys": ["seed"], "fixed": [], "from": "", "keep": "", "runs": {"../a": ["1"]}})"}) {
    write_plainly(path, text);
    CHECK(message_of<Error>([&] { read_sweep(path); }).starts_with(path.string() + ": "));
  }
}

TEST_CASE("a sweep's table has the scores over all episodes of all seeds", "[experiments]") {
  const std::vector<std::string> keys = {"dream.temperature", "seed"};
  const std::vector<RunRecord> runs = {scored({{"dream.temperature", "0.5"}, {"seed", "1"}}, 10, 100),
                                       scored({{"dream.temperature", "0.5"}, {"seed", "2"}}, 14, 300), RunRecord(),
                                       scored({{"dream.temperature", "1"}, {"seed", "1"}}, 0.5, -7)};
  // Four dreams: 10 and 14 with a squared deviation of 4 each, so (4 + 4 + 2 * 4 + 2 * 4) / 3 = 8.
  CHECK(sweep_table(runs, keys) ==
        "| temperature | dream | game | each seed: dream | each seed: game |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| 0.5 | 12.0 ± 2.83 | 200 ± 115 | 10.0 ± 2.00; 14.0 ± 2.00 | 100 ± 0.00; 300 ± 0.00 |\n"
        "| 1 | 0.50 ± 2.00 | -7.00 ± 0.00 | 0.50 ± 2.00 | -7.00 ± 0.00 |\n");
  CHECK(sweep_table({runs[0], runs[3]}, keys).find("each seed") == std::string::npos);
  CHECK(sweep_table({RunRecord()}, keys).empty());
}
