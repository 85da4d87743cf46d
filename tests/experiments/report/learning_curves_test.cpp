#include "experiments/report/learning_curves.h"

#include <cmath>

#include "env/atomic_file.h"
#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("steps of earlier iterations come first", "[report]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "metrics.jsonl",
                        "{\"stage\":\"c\",\"iteration\":0,\"step\":1,\"a\":1.5}\n"
                        "{\"stage\":\"c\",\"iteration\":0,\"step\":4,\"a\":2.5,\"b\":7}\n"
                        "{\"stage\":\"v\",\"iteration\":0,\"step\":9,\"a\":0}\n"
                        "{\"stage\":\"c\",\"iteration\":1,\"step\":2,\"a\":null}\n"
                        "{\"stage\":\"c\",\"iteration\":1,\"step\":3");  // still being written
  const LearningCurves curves = read_learning_curves(folder / "metrics.jsonl");
  REQUIRE(curves.size() == 2);
  const LearningCurve& a = curves.at("c").at("a");
  CHECK((a.x == std::vector<double>{1, 4, 6}));
  CHECK((a.step == std::vector<double>{1, 4, 2}));
  CHECK((a.iteration == std::vector<int>{0, 0, 1}));
  CHECK(a.value[1] == 2.5);
  CHECK(std::isnan(a.value[2]));
  CHECK(curves.at("c").at("b").value == std::vector<double>{7});
}

TEST_CASE("a stage that counts no steps is placed by its iterations", "[report]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "metrics.jsonl",
                        "{\"stage\":\"open-loop\",\"iteration\":0,\"step\":0,\"a\":1}\n"
                        "{\"stage\":\"c\",\"iteration\":0,\"step\":5,\"a\":1}\n"
                        "{\"stage\":\"open-loop\",\"iteration\":1,\"step\":0,\"a\":2}\n"
                        "{\"stage\":\"open-loop\",\"iteration\":3,\"step\":0,\"a\":3}\n");
  const LearningCurves curves = read_learning_curves(folder / "metrics.jsonl");
  CHECK((curves.at("open-loop").at("a").x == std::vector<double>{0, 1, 3}));
  CHECK((curves.at("c").at("a").x == std::vector<double>{5}));
}

TEST_CASE("no metrics give no curves, and a foreign line is told by its number", "[report]") {
  const TemporaryFolder folder;
  CHECK(read_learning_curves(folder / "metrics.jsonl").empty());
  write_file_atomically(folder / "metrics.jsonl", "{\"stage\":\"c\",\"iteration\":0,\"step\":1}\nnonsense\n");
  CHECK_THROWS_WITH(read_learning_curves(folder / "metrics.jsonl"), ContainsSubstring("metrics.jsonl:2"));
}
