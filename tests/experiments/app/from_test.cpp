// `train --from`: runs that begin with another run's data and models.
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/models/saved.h"
#include "experiments/report/runs_report.h"
#include "experiments/run/stop_flag.h"
#include "experiments/stages/begin_from.h"
#include "experiments/stages/stages.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every file of a run.
std::map<std::string, std::string> everything(const std::filesystem::path& run) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    if (entry.is_regular_file()) {
      files[std::filesystem::relative(entry.path(), run).string()] = contents(entry.path());
    }
  }
  return files;
}

StageOptions smoke(const std::filesystem::path& run, const std::vector<std::string>& overrides = {}) {
  StageOptions options;
  options.target = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
  options.run = run;
  options.overrides = overrides;
  options.command = {"reverie", "train"};
  return options;
}

StageOptions smoke_from(const std::filesystem::path& run, const std::string& from, const std::string& keep = "",
                        const std::vector<std::string>& overrides = {}) {
  StageOptions options = smoke(run, overrides);
  options.from = from;
  options.keep = keep;
  return options;
}

// The stages that left a measurement of the iteration.
std::set<std::string> measured(const std::filesystem::path& run, int iteration) {
  std::set<std::string> stages;
  std::ifstream lines(run / "metrics.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json["iteration"] == iteration) {
      stages.insert(json["stage"].get<std::string>());
    }
  }
  return stages;
}

void check_same(const std::filesystem::path& run, const std::filesystem::path& other, int iteration,
                const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const std::string name = str("iteration-0", iteration, "/", file);
    INFO(name);
    CHECK(contents(run / name).size() > 100);
    CHECK(contents(run / name) == contents(other / name));
  }
}

const std::vector<std::string> kTrained = {"vae.safetensors", "mdn_rnn.safetensors", "start_states.safetensors",
                                           "controller/generation-00003.safetensors"};

const std::set<std::string> kSearch = {"train-controller", "choose-controller"};

}  // namespace

TEST_CASE("a run that begins with another's episodes and world model learns the same controller", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a", {"iterations=1"}));
  const auto before = everything(folder / "a");
  const std::string keep = GENERATE("", "episodes,world-model", "world-model");
  INFO(keep);
  train(smoke_from(folder / "b", (folder / "a").string() + ":0", keep, {"iterations=1"}));
  check_same(folder / "b", folder / "a", 0, kTrained);
  CHECK(contents(folder / "a" / "summary.json") == contents(folder / "b" / "summary.json"));
  CHECK(measured(folder / "b", 0) == kSearch);  // nothing was collected, nor V or M trained
  CHECK((everything(folder / "a") == before));  // the parentheses: not to be printed
  CHECK(std::filesystem::exists(folder / "b" / "iteration-00" / "episodes") == (keep != "world-model"));
}

TEST_CASE("a run that begins with another's episodes alone goes on as that one did", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a"));
  train(smoke_from(folder / "b", (folder / "a").string() + ":0", "episodes"));
  CHECK(measured(folder / "b", 0).count("collect") == 0);
  CHECK(measured(folder / "b", 1).count("collect") == 1);
  check_same(folder / "b", folder / "a", 0, kTrained);
  check_same(folder / "b", folder / "a", 1, kTrained);
  check_same(folder / "b", folder / "a", 1, {"episodes/episode-000003.safetensors"});

  SECTION("another seed learns from the same training episodes") {
    Experiment other = create_run(smoke_from(folder / "c", (folder / "a").string() + ":0", "episodes", {"seed=2"}));
    const Experiment first = Experiment::open(folder / "a");
    CHECK(other.episodes(0).held_out() == first.episodes(0).held_out());
    CHECK(other.split_seed() == first.split_seed());
  }
}

TEST_CASE("the episodes of all iterations up to the one that is named become those of iteration 0", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a"));
  const Experiment a = Experiment::open(folder / "a");
  train(smoke_from(folder / "b", (folder / "a").string()));  // the newest iteration, all that it has
  const Experiment b = Experiment::open(folder / "b");
  REQUIRE(b.origin);
  CHECK(b.origin->iteration == 1);
  CHECK(b.num_episodes(0) == 10);
  const EpisodeStore before = a.episodes(1), after = b.episodes(0);
  REQUIRE(after.size() == 10);
  struct stat there {
  }, here{};
  for (int i = 0; i < 10; ++i) {
    CHECK(after.checksum(i) == before.checksum(i));
    if (after.is_held_out(i)) {
      CHECK(before.is_held_out(i));  // M has learnt from none of these
    }
    REQUIRE(::stat(before.path(i).c_str(), &there) == 0);
    REQUIRE(::stat(after.path(i).c_str(), &here) == 0);
    CHECK(there.st_ino == here.st_ino);  // one copy on the disk
  }
  REQUIRE(::stat((folder / "b" / "iteration-00" / "vae.safetensors").c_str(), &here) == 0);
  CHECK(here.st_nlink == 1);
  CHECK(contents(folder / "b" / "iteration-00" / "mdn_rnn.safetensors") ==
        contents(folder / "a" / "iteration-01" / "mdn_rnn.safetensors"));

  SECTION("what it collects later are games that nobody has recorded") {
    std::set<std::uint64_t> seeds;
    const EpisodeStore all = b.episodes(1);
    for (int i = 0; i < all.size(); ++i) {
      seeds.insert(all.seed(i));
    }
    CHECK(all.size() == 14);
    CHECK(seeds.size() == 14);
  }

  SECTION("the same command, and the run's folder alone, change nothing") {
    const auto made = [&] {
      auto files = everything(folder / "b");
      files.erase("run.json");
      return files;
    };
    const auto whole = made();
    train(smoke_from(folder / "b", (folder / "a").string()));
    train(smoke_from(folder / "b", (folder / "a").string() + "/:1", "episodes,world-model"));
    train(smoke(folder / "b"));
    std::filesystem::rename(folder / "a", folder / "moved");  // all was brought
    train(smoke(folder / "b"));
    CHECK((made() == whole));
  }

  SECTION("going on with another one is refused") {
    const auto refusal = [&](const std::string& from, const std::string& keep, const std::string& run = "b") {
      return message_of<Error>([&] { train(smoke_from(folder / run, from, keep)); });
    };
    const std::string path_a = (folder / "a").string(), path_b = (folder / "b").string();
    const std::string began =
        path_b + ": this run began with " + path_a + ":1, episodes and world model, another --from asked for";
    CHECK(refusal(path_a + ":0", "").starts_with(began));
    CHECK(refusal(path_b, "").starts_with(began));
    CHECK(refusal(path_a, "episodes").starts_with(began));
    CHECK(refusal(path_b, "", "a").starts_with(path_a + ": this run began with nothing, another --from asked for"));
  }

  SECTION("its report says what it began with, and it is no seed of a run that began otherwise") {
    const std::vector<RunRecord> runs = read_runs({folder / "a", folder / "b"});
    CHECK(runs[0].origin.empty());
    CHECK(runs[1].origin == "a:1 (episodes and world model)");
    CHECK(group_runs(runs).size() == 2);
    CHECK(runs_page(runs).find("a:1 (episodes and world model)") != std::string::npos);
    CHECK(runs_json(runs)["runs"][1]["began_with"] == "a:1 (episodes and world model)");
  }
}

TEST_CASE("a run that is stopped while it takes over goes on, with --from or without", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a", {"iterations=1"}));
  const std::string a = (folder / "a").string();
  request_stop();
  CHECK_THROWS_AS(create_run(smoke_from(folder / "b", a, "", {"iterations=1"})), Stopped);
  clear_stop();
  CHECK(Experiment::open(folder / "b").origin);
  CHECK_FALSE(std::filesystem::exists(folder / "b" / "iteration-00" / "collect.done.json"));

  SECTION("to the same controller") {
    train(smoke_from(folder / "b", GENERATE(true, false) ? a : "", "", {"iterations=1"}));
    check_same(folder / "b", folder / "a", 0, kTrained);
    CHECK(measured(folder / "b", 0) == kSearch);
  }

  SECTION("but not where the other run has changed or gone by then") {
    const std::filesystem::path taken = folder / "a" / "iteration-00" / "vae.safetensors";
    const std::string others = contents(taken);
    train(smoke(folder / "other", {"iterations=1", "seed=2"}));
    write_plainly(taken, contents(folder / "other" / "iteration-00" / "vae.safetensors"));
    CHECK(message_of<Error>([&] { create_run(smoke(folder / "b", {"iterations=1"})); }).find("iteration-00") !=
          std::string::npos);
    write_plainly(taken, others);
    std::filesystem::rename(folder / "a", folder / "moved");
    CHECK(message_of<Error>([&] { create_run(smoke(folder / "b", {"iterations=1"})); }) == a + ": no such run folder");
    std::filesystem::rename(folder / "moved", folder / "a");
    train(smoke(folder / "b", {"iterations=1"}));
    check_same(folder / "b", folder / "a", 0, kTrained);
  }
}

TEST_CASE("a session that ended before its run was made leaves nothing to begin with", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a", {"iterations=1"}));
  { create_run(smoke_from(folder / "b", (folder / "a").string(), "world-model", {"iterations=1"})); }
  make_folder(folder / "c");
  std::filesystem::copy_file(folder / "b" / "origin.json", folder / "c" / "origin.json");
  CHECK_FALSE(create_run(smoke(folder / "c", {"iterations=1"})).origin);
}

TEST_CASE("with a world model alone no game is played before the evaluation", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a", {"iterations=1"}));
  const std::filesystem::path run = folder / "b";
  const StageOptions options = smoke_from(run, (folder / "a").string(), "world-model", {"evaluate.baselines=true"});
  {
    Experiment experiment = create_run(options);
    const GameFactory game = experiment.make_game;
    experiment.make_game = []() -> std::unique_ptr<Game> { throw std::logic_error("the game was touched"); };
    for (const Stage& stage : stages_of(experiment.config)) {
      CHECK_NOTHROW(run_stage(stage, experiment, 0));
    }
  }
  CHECK(measured(run, 0) == kSearch);
  train(options);  // iteration 1 collects, and trains on what it collected alone
  const Experiment experiment = Experiment::open(run);
  CHECK(experiment.num_episodes(0) == 0);
  CHECK(experiment.episodes(1).size() == 4);
  CHECK(measured(run, 1).count("train-mdn-rnn") == 1);
  const auto summary = nlohmann::json::parse(contents(run / "summary.json"));
  CHECK(summary["returns"].contains("game: dream-trained controller"));
  CHECK(summary["returns"].contains("game: evolved in an untrained M's dream"));

  SECTION("and the baseline that needs recordings is left out where there are none") {
    train(
        smoke_from(folder / "c", (folder / "a").string(), "world-model", {"iterations=1", "evaluate.baselines=true"}));
    const auto returns = nlohmann::json::parse(contents(folder / "c" / "summary.json"))["returns"];
    CHECK(returns.contains("game: random policy"));
    CHECK_FALSE(returns.contains("game: evolved in an untrained M's dream"));
    CHECK(message_of<Error>([&] { Experiment::open(folder / "c").episodes(0); }).find("found none") !=
          std::string::npos);
  }
}

TEST_CASE("a run that was given away holds a world model to begin with, and no episodes", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a", {"iterations=1"}));
  export_run({folder / "a", folder / "copy"});
  const std::string copy = (folder / "copy").string();
  const auto refusal = [&](const std::string& from, const std::string& keep) {
    return message_of<Error>([&] { train(smoke_from(folder / "b", from, keep, {"iterations=1"})); });
  };
  CHECK(refusal(copy, "episodes") == copy + ": expected recorded episodes, found none");
  const std::string missing = copy + "/iteration-00: --keep episodes: expected recorded episodes there and in each ";
  CHECK(refusal(copy + ":0", "episodes").starts_with(missing));
  CHECK(refusal(copy, "episodes,world-model").starts_with(missing));
  CHECK_FALSE(std::filesystem::exists(folder / "b"));
  train(smoke_from(folder / "b", copy, "", {"iterations=1"}));
  CHECK(Experiment::open(folder / "b").origin->kept() == "world model");
  CHECK(measured(folder / "b", 0) == kSearch);
}

TEST_CASE("what does not fit is refused in one line before anything is written", "[experiments]") {
  const TemporaryFolder folder;
  train(smoke(folder / "a", {"iterations=1"}));
  const std::string a = (folder / "a").string();
  const auto refusal = [&](const std::string& from, const std::string& keep,
                           const std::vector<std::string>& overrides) {
    const std::string message = message_of<Error>([&] { train(smoke_from(folder / "b", from, keep, overrides)); });
    CHECK_FALSE(std::filesystem::exists(folder / "b"));
    CHECK(message.find('\n') == std::string::npos);
    return message;
  };
  const std::string unfit = a + ": does not fit this config: ";
  CHECK(refusal(a, "", {"vae.latent_size=16"}) == unfit + "vae.latent_size: expected 16, found 8");
  CHECK(refusal(a, "", {"mdn_rnn.hidden_size=24", "mdn_rnn.mixtures=3"}) ==
        unfit + "mdn_rnn.hidden_size: expected 24, found 16; mdn_rnn.mixtures: expected 3, found 5");
  CHECK(refusal(a, "episodes", {"game.action_repeat=2"}) == unfit + "game.action_repeat: expected 2, found 1");
  CHECK(refusal(a, "", {"game.name=take_cover", "controller.squash=[tanh]"}) ==
        unfit + "game.name: expected take_cover, found car_racing");
  CHECK(refusal(a + ":7", "", {}) ==
        a + "/iteration-07: expected a trained world model or recorded episodes there, found neither");
  CHECK(refusal(a + ":7", "world-model", {}).find("--keep world-model: expected the weights") != std::string::npos);
  CHECK(refusal(a + ":x", "", {}).find("or RUN:ITERATION") != std::string::npos);
  CHECK(refusal(a, "controllers", {}).find("--keep controllers: expected episodes") != std::string::npos);
  CHECK(refusal(a, "episodes,episodes", {}).find("expected episodes, world-model") != std::string::npos);
  CHECK(refusal("", "episodes", {}).find("expected --from RUN") != std::string::npos);
  CHECK(refusal((folder / "none").string(), "", {}) == (folder / "none").string() + ": no such run folder");

  const std::filesystem::path vae = folder / "a" / "iteration-00" / "vae.safetensors";
  const std::string whole = contents(vae);
  std::string flipped = whole;
  flipped[whole.size() - 5] = static_cast<char>(flipped[whole.size() - 5] ^ 4);
  write_plainly(vae, flipped);
  CHECK(refusal(a, "", {}).find(vae.string()) != std::string::npos);
  write_plainly(vae, whole);
  std::filesystem::remove(folder / "a" / "iteration-00" / "start_states.safetensors");
  CHECK(refusal(a, "world-model", {}).find("needs start states beside it, found none") != std::string::npos);
  create_run(smoke_from(folder / "c", a));  // they are made from the episodes
  write_plainly(folder / "c" / "origin.json", "{}");
  CHECK(message_of<Error>([&] { Experiment::open(folder / "c"); }) ==
        (folder / "c" / "origin.json").string() +
            ": expected what `reverie train --from` writes, found something else");
}
