#include "experiments/trace/trace.h"

#include <unistd.h>

#include <cmath>
#include <fstream>

#include "env/atomic_file.h"
#include "env/error.h"
#include "tests/env/car_racing/reference.h"
#include "tests/test.hpp"
#include "tests/toy/toy_game.h"

using namespace reverie;
using nlohmann::json;

namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("reverie_trace_test_" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

json read_json(const std::filesystem::path& path) {
  return json::parse(read_file(path));
}

}  // namespace

TEST_CASE("trace reproduces the reference run", "[experiments]") {
  const Folder folder;
  const json reference = read_reference(42);
  const json& run = reference["runs"][0];
  std::string actions;
  for (const json& action : run["actions"]) {
    actions += action[0].dump() + "," + action[1].dump() + ", " + action[2].dump() + "\n";
  }
  TraceOptions options;
  options.seed = 42;
  options.actions_file = folder.path / "actions.csv";
  options.frames = {0, 60};
  options.out_file = folder.path / "out.json";
  write_file_atomically(options.actions_file, actions);
  trace(options);

  const json record = read_json(options.out_file);
  for (const auto& [key, value] : reference.items()) {
    CHECK(record.contains(key));
  }
  CHECK(record["schema"] == 1);
  CHECK(record["env"] == reference["env"]);
  CHECK(record["seed"] == 42);
  CHECK(record["versions"].contains("reverie"));
  CHECK(record["versions"].contains("box2d"));
  CHECK(record["track"] == reference["track"]);
  CHECK(record["border"] == reference["border"]);
  REQUIRE(record["runs"].size() == 1);
  const json& traced = record["runs"][0];
  CHECK(traced["name"] == "trace");
  for (const auto& [key, value] : run.items()) {
    REQUIRE(traced.contains(key));
    if (value.is_array() && key != "frame_steps") {
      CHECK(traced[key].size() == value.size());
    }
  }
  CHECK(traced["actions"].get<std::vector<std::vector<float>>>() ==
        run["actions"].get<std::vector<std::vector<float>>>());
  CHECK(traced["tiles_visited"] == run["tiles_visited"]);
  CHECK(traced["first_visit"] == run["first_visit"]);
  CHECK(traced["terminated"] == run["terminated"]);
  CHECK(traced["score"].get<double>() == Approx(run["score"].get<double>()).margin(1e-6));
  for (const std::size_t k : {0, 50, 400}) {
    CHECK(traced["hull"][k][0].get<double>() == Approx(run["hull"][k][0].get<double>()).margin(0.05));
    CHECK(traced["hull"][k][1].get<double>() == Approx(run["hull"][k][1].get<double>()).margin(0.05));
    CHECK(traced["wheels"][k][2].size() == 4);
  }
  CHECK(traced["frame_steps"] == json({0, 60}));
  CHECK(read_png(folder.path / "out_step_000.png").size() == 96 * 96 * 3);
  CHECK(read_png(folder.path / "out_step_060.png") != read_png(folder.path / "out_step_000.png"));
}

TEST_CASE("a single column holds discrete actions, and a track may come from a file", "[experiments]") {
  const Folder folder;
  TraceOptions options;
  options.seed = 5;
  options.scene_file = car_racing_data("seed_11.json");
  options.actions_file = folder.path / "actions";
  options.out_file = folder.path / "out.json";
  write_file_atomically(options.actions_file, "3\n3\n1\n0\n4\n\n");
  trace(options);
  const json record = read_json(options.out_file);
  CHECK(record["track"] == read_reference(11)["track"]);
  CHECK(record["runs"][0]["actions"] ==
        json::parse("[[0.0,0.2,0.0],[0.0,0.2,0.0],[0.6,0.0,0.0],[0.0,0.0,0.0],[0.0,0.0,0.8]]"));
  CHECK(record["runs"][0]["hull"].size() == 6);
}

TEST_CASE("a bad file of actions or track is an error that names file and line", "[experiments]") {
  const Folder folder;
  TraceOptions options;
  options.actions_file = folder.path / "actions.csv";
  options.out_file = folder.path / "out.json";
  const auto message = [&](const std::string& actions) -> std::string {
    write_file_atomically(options.actions_file, actions);
    try {
      trace(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string file = options.actions_file.string();
  CHECK(message("0,0,0\n0,0\n") == file + ":2: expected 3 values or 1, found 2");
  CHECK(message("0,0,0\n1\n") == file + ":2: expected 3 values as in the first line, found 1");
  CHECK(message("0,0,0\n0,nan,0\n") == file + ":2: expected a finite number, found 'nan'");
  CHECK(message("0,0,0\n0,0,0\n0,,0\n") == file + ":3: expected a finite number, found ''");
  CHECK(message("0\n5\n") == file + ":2: expected a discrete action from 0 to 4, found 5");
  CHECK(message("0\n0.5\n") == file + ":2: expected a discrete action from 0 to 4, found 0.5");
  CHECK(message("0\n\n0\n") == file + ":2: expected a finite number, found ''");
  CHECK_FALSE(std::filesystem::exists(options.out_file));
  CHECK(message("0\n") == "no error");

  options.scene_file = folder.path / "track.json";
  write_file_atomically(options.scene_file, "[[0, 0, 1]]");
  CHECK_THAT(message("0\n"), ContainsSubstring("track.json: expected a track"));
  options.scene_file.clear();
  options.game = "chess";
  CHECK(message("0\n") == "unknown game 'chess' (known: car_racing, take_cover)");
  options.game = "car_racing";
  options.actions_file = folder.path / "missing.csv";
  CHECK_THROWS_AS(trace(options), Error);
}

TEST_CASE("a file of actions may hold numbers as any program writes them", "[experiments]") {
  const Folder folder;
  TraceOptions options;
  options.actions_file = folder.path / "actions.csv";
  options.out_file = folder.path / "out.json";
  // A byte-order mark, a sign, a tiny float64 of a saturated sigmoid, leading zeros, numpy's exponents.
  write_file_atomically(options.actions_file, "\xef\xbb\xbf+0.5, 7.7e-53,00\r\n-.5,5e-324,01.0\r\n0,1.000000e+00,0\n");
  trace(options);
  CHECK(read_json(options.out_file)["runs"][0]["actions"] ==
        json::parse("[[0.5,0.0,0.0],[-0.5,0.0,1.0],[0.0,1.0,0.0]]"));
  for (const char* const wrong : {"inf", "1e39", "0x1p3", "1 2", "+", "1e", "--1"}) {
    INFO(wrong);
    write_file_atomically(options.actions_file, str(wrong, ",0,0\n"));
    CHECK_THROWS_WITH(trace(options), ContainsSubstring(str(":1: expected a finite number, found '", wrong, "'")));
  }
}

TEST_CASE("trace records take cover as its reference does", "[experiments]") {
  const Folder folder;
  const json reference = json::parse(read_file(REVERIE_TEST_DATA "/take_cover/seed_3.json", 1 << 20));
  const json& expected = reference.at("runs").at(0);
  std::string actions;
  for (const int action : expected.at("actions")) {
    actions += str(-action, "\n");  // +1 is left in the record
  }
  TraceOptions options;
  options.game = "take_cover";
  options.seed = 3;
  options.actions_file = folder.path / "actions.csv";
  options.out_file = folder.path / "trace.json";
  options.frames = {0, 40};
  options.above = true;
  write_file_atomically(options.actions_file, actions);
  trace(options);
  const json record = json::parse(read_file(options.out_file, 1 << 24));
  CHECK(record.at("env") == "take_cover");
  const json& run = record.at("runs").at(0);
  for (const char* same : {"seed", "steps", "died", "actions", "n_shooters", "n_fire"}) {
    INFO(same);
    CHECK(run.at(same) == expected.at(same));
  }
  REQUIRE(run.at("full").size() == expected.at("full").size());
  for (std::size_t i = 0; i < run["full"].size(); ++i) {
    CHECK(run["full"][i]["t"] == expected["full"][i]["t"]);
    CHECK(run["full"][i]["shooters"] == expected["full"][i]["shooters"]);
  }
  CHECK(run["y"].back().get<double>() == Approx(expected["y"].back().get<double>()).margin(1e-3));
  CHECK(std::filesystem::exists(folder.path / "trace_step_040.png"));
}

TEST_CASE("trace of a game without a record of its own holds what is true of it", "[experiments]") {
  const Folder folder;
  games().push_back(toy_game_entry());
  TraceOptions options;
  options.game = "toy";
  options.seed = 4;
  options.actions_file = folder.path / "actions.csv";
  options.out_file = folder.path / "out.json";
  options.frames = {0};
  write_file_atomically(options.actions_file, "0\n0\n0\n");
  trace(options);
  const json run = read_json(options.out_file)["runs"][0];
  CHECK(run["actions"] == json::parse("[[1,0],[1,0],[1,0]]"));
  CHECK(run["reward"] == json::parse("[0,0,0]"));
  REQUIRE(run["truth"]["lamp"].size() == 4);
  CHECK(run["truth"]["basket"][0] == run["truth"]["basket"][3]);
  CHECK(read_png(folder.path / "out_step_000.png").size() == 32 * 48 * 3);
  options.above = true;
  CHECK_THROWS_WITH(trace(options), "--above: toy has no picture from above");
  games().pop_back();
}
