#include "experiments/run/metrics.h"

#include <cmath>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("each measurement is one line, in the order written, kept when the file is opened again", "[experiments]") {
  const TemporaryFolder folder;
  {
    Metrics metrics(folder / "metrics.jsonl");
    metrics.write({"train-vae", 0, 1}, {{"loss", 0.5}, {"a", 2}});
  }
  Metrics(folder / "metrics.jsonl").write({"train-vae", 0, 2}, {{"loss", std::nan("")}});
  CHECK(read_file(folder / "metrics.jsonl") ==
        "{\"stage\":\"train-vae\",\"iteration\":0,\"step\":1,\"loss\":0.5,\"a\":2.0}\n"
        "{\"stage\":\"train-vae\",\"iteration\":0,\"step\":2,\"loss\":null}\n");
}

TEST_CASE("a line cut short by a kill is dropped when the file is opened", "[experiments]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "m", "{\"stage\":\"a\",\"iteration\":0,\"step\":1}\n{\"stage\":\"a\",\"itera");
  Metrics(folder / "m").write({"a", 0, 2}, {});
  CHECK(read_file(folder / "m") ==
        "{\"stage\":\"a\",\"iteration\":0,\"step\":1}\n{\"stage\":\"a\",\"iteration\":0,\"step\":2}\n");
  write_file_atomically(folder / "m", "{\"sta");
  Metrics(folder / "m").write({"a", 0, 2}, {});
  CHECK(read_file(folder / "m") == "{\"stage\":\"a\",\"iteration\":0,\"step\":2}\n");
}

TEST_CASE("a stage that goes on drops the lines it will write again, and no others", "[experiments]") {
  const TemporaryFolder folder;
  Metrics metrics(folder / "m");
  const MetricsPlace places[] = {{"vae", 0, 1}, {"vae", 0, 2}, {"vae", 0, 3}, {"mdn", 0, 3}, {"vae", 1, 3}};
  for (const MetricsPlace& place : places) {
    metrics.write(place, {});
  }
  metrics.resume_at({"vae", 0, 2});
  metrics.write({"vae", 0, 2}, {{"loss", 1}});
  CHECK(
      read_file(folder / "m") ==
      "{\"stage\":\"vae\",\"iteration\":0,\"step\":1}\n{\"stage\":\"mdn\",\"iteration\":0,\"step\":3}\n"
      "{\"stage\":\"vae\",\"iteration\":1,\"step\":3}\n{\"stage\":\"vae\",\"iteration\":0,\"step\":2,\"loss\":1.0}\n");
}

TEST_CASE("a line that is no measurement is refused with its number", "[experiments]") {
  const TemporaryFolder folder;
  const std::string good = "{\"stage\":\"a\",\"iteration\":0,\"step\":1}\n";
  for (const char* bad :
       {"x\n", "[]\n", "\n", "{\"stage\":1,\"iteration\":0,\"step\":1}\n", "{\"stage\":\"a\",\"iteration\":0}\n"}) {
    write_file_atomically(folder / "m", good + bad);
    Metrics metrics(folder / "m");
    CHECK(message_of<Error>([&] {
            metrics.resume_at({"a", 0, 0});
          }) == (folder / "m").string() + ":2: expected a JSON object with stage, iteration and step");
  }
}

TEST_CASE("metrics that cannot be written are an error that names them", "[experiments]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "none" / "m";
  CHECK(message_of<Error>([&] { Metrics{path}; }).starts_with(path.string() + ": cannot be written: "));
}
