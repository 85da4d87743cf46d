#include "experiments/run/run_directory.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

int lock_error = 0;  // what a lock gives, in place of the system's answer

}  // namespace

// The C library's, for the whole test program: no file system here is without locks.
extern "C" int flock(int descriptor, int operation) noexcept {
  if (lock_error != 0) {
    errno = lock_error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_flock, descriptor, operation));
}

namespace {

const std::string kConfig = "name: \"a\"\nseed: 1\nvae:\n  epochs: [10]\n  latent_size: 32\niterations: 2\n";

RunDirectory create(const std::filesystem::path& folder, const std::string& config = kConfig) {
  return RunDirectory::create(folder, config, 1, {"reverie", "train", "x.yaml"}, {"vae.epochs", "iterations"});
}

std::string refusal(const std::filesystem::path& folder, const std::string& config = kConfig) {
  return message_of<Error>([&] { create(folder, config); });
}

std::string with(const std::string& from, const std::string& to) {
  std::string config = kConfig;
  return config.replace(config.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("a new run holds its config and what made it, and can be gone on with", "[experiments]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "runs" / "a";
  create(path);
  CHECK(read_file(path / "config.yaml") == kConfig);
  create(path);
  const auto run = nlohmann::json::parse(read_file(path / "run.json"));
  CHECK(run.at("seed") == 1);
  REQUIRE(run.at("sessions").size() == 2);
  CHECK(run["sessions"][1].at("command") == nlohmann::json({"reverie", "train", "x.yaml"}));
  CHECK(!run["sessions"][1].at("versions").at("libtorch").get<std::string>().empty());
  CHECK(run["sessions"][1].at("machine").at("threads") > 0);
  CHECK(RunDirectory::open(path).folder() == path);
}

TEST_CASE("a run with another config is refused, each difference with both values", "[experiments]") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  const std::string start = path.string() + ": this run has another config: ",
                    end = " (name another folder with --run)";
  create(path);
  CHECK(refusal(path, with("32", "64")) == start + "vae.latent_size is 32, 64 asked for" + end);
  CHECK(refusal(path, with("seed: 1", "seed: 2\nnew: [1, 2]")) ==
        start + "new is not there, [1, 2] asked for; seed is 1, 2 asked for" + end);
  CHECK(refusal(path, with("seed: 1\n", "")) == start + "seed is 1, nothing asked for" + end);
  CHECK(read_file(path / "config.yaml") == kConfig);
  create(path, with("32", "3.2e+01"));  // the same number
  CHECK(refusal(path, with("32", "3.3e+01")) == start + "vae.latent_size is 32, 3.3e+01 asked for" + end);
  CHECK(refusal(path, with("seed: 1", "seed: 9007199254740993")) ==
        start + "seed is 1, 9007199254740993 asked for" + end);
}

TEST_CASE("a run's config may be read otherwise than it stands there before it is compared", "[experiments]") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  create(path, with("  latent_size: 32\n", ""));
  const auto go_on = [&](const std::string& config) {
    return message_of<Error>([&] {
      RunDirectory::create(path, config, 1, {"reverie"}, {}, {}, [](const std::filesystem::path& file) {
        const std::string text = read_file(file);
        return std::string(text).insert(text.find("iterations"), "  latent_size: 32\n");
      });
    });
  };
  CHECK(go_on(kConfig) == "nothing was thrown");
  CHECK(go_on(with("32", "64")).find("vae.latent_size is 32, 64 asked for") != std::string::npos);
  CHECK(read_file(path / "config.yaml") == with("  latent_size: 32\n", ""));
}

TEST_CASE("keys that may grow do so and are remembered, but do not shrink", "[experiments]") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  create(path);
  for (const std::string grown : {"epochs: [10, 20]", "epochs: [30]"}) {
    create(path, with("epochs: [10]", grown));
    CHECK(read_file(path / "config.yaml") == with("epochs: [10]", grown));
  }
  CHECK(refusal(path) == path.string() +
                             ": this run has another config: vae.epochs is [30] and may only grow, [10] asked for "
                             "(name another folder with --run)");
  CHECK(refusal(path, with("epochs: [10]", "epochs: [31, 29]")).find("may only grow, [31, 29] asked for") !=
        std::string::npos);
  const std::string more =
      with("epochs: [10]", "epochs: [30]")
          .replace(with("epochs: [10]", "epochs: [30]").find("iterations: 2"), 13, "iterations: 12");
  create(path, more);
  CHECK(read_file(path / "config.yaml") == more);
}

TEST_CASE("a folder that is not a run is refused and left alone", "[experiments]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "letter.txt", "dear");
  const std::string not_a_run = folder.path().string() + ": is not a run folder: it has no config.yaml";
  CHECK(refusal(folder.path()) == not_a_run);
  CHECK(message_of<Error>([&] { RunDirectory::open(folder.path()); }) == not_a_run);
  CHECK(message_of<Error>([&] { RunDirectory::open(folder / "none"); }) ==
        (folder / "none").string() + ": no such run folder");
  CHECK(refusal(folder / "letter.txt") == (folder / "letter.txt").string() + ": is not a folder");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a run that was killed while it was made is made again", "[experiments]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "a");
  write_file_atomically(folder.path() / "a" / "lock", "123456789\n");
  write_file_atomically(folder.path() / "a" / ".config.yaml.tmp", "na");
  create(folder / "a");
  CHECK(read_file(folder.path() / "a" / "config.yaml") == kConfig);
}

TEST_CASE("a folder that holds only what systems put into any folder is a new one", "[experiments]") {
  const TemporaryFolder folder;
  for (const char* name : {".DS_Store", ".directory", "desktop.ini", "Thumbs.db"}) {
    write_plainly(folder / name, "");
  }
  std::filesystem::create_directory(folder / "lost+found");
  create(folder.path());
  CHECK(read_file(folder / "config.yaml") == kConfig);
}

TEST_CASE("where the file system has no locks, the user says whether to go on without one", "[experiments]") {
  const TemporaryFolder folder;
  for (const int error : {ENOLCK, ENOTSUP, ENOSYS, EINVAL}) {
    lock_error = error;
    CHECK(refusal(folder / "a") ==
          (folder.path() / "a" / "lock").string() + ": cannot be locked: " + std::generic_category().message(error) +
              " (REVERIE_NO_LOCK=1 goes on without a lock: then nothing else may write there)");
  }
  ::setenv("REVERIE_NO_LOCK", "1", 1);
  CHECK(refusal(folder / "a") == "nothing was thrown");
  lock_error = EWOULDBLOCK;  // a lock that another process holds is a lock
  CHECK(refusal(folder / "a").find(": in use by process ") != std::string::npos);
  ::unsetenv("REVERIE_NO_LOCK");
  lock_error = 0;
}

TEST_CASE("a folder that cannot be made is an error that names it", "[experiments]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "x");
  const auto path = folder.path() / "file" / "run";
  CHECK(refusal(path).starts_with(path.string() + ": "));
  CHECK(
      refusal(folder / std::string(300, 'x')).starts_with((folder / std::string(300, 'x')).string() + ": cannot be "));
}

TEST_CASE("a second process is refused with the first one's number, until that ends however it ends", "[experiments]") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  create(path);
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunDirectory held = create(path);
    [[maybe_unused]] const ssize_t written = ::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(refusal(path) == path.string() + ": in use by process " + std::to_string(child));
  CHECK(message_of<Error>([&] { RunDirectory::open(path); }) == "nothing was thrown");
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(refusal(path) == "nothing was thrown");
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("the lock goes with the object that moved", "[experiments]") {
  const TemporaryFolder folder;
  {
    RunDirectory first = create(folder / "a");
    const RunDirectory second = std::move(first);
    CHECK(refusal(folder / "a").find(": in use by process ") != std::string::npos);
  }
  CHECK(read_file(folder.path() / "a" / "lock").empty());
  CHECK(refusal(folder / "a") == "nothing was thrown");
}

TEST_CASE("paths follow the plan, and what is there is listed in order", "[experiments]") {
  const TemporaryFolder folder;
  const RunDirectory run = create(folder / "a");
  CHECK(run.generation(3, 12) == folder.path() / "a" / "iteration-03" / "controller" / "generation-00012.safetensors");
  CHECK(run.iterations().empty());
  CHECK(run.generations(0).empty());
  for (const int k : {2, 0, 10, 100}) {
    make_folder(run.episodes(k));
  }
  for (const char* other : {"iteration-x", "iteration-3", "iteration-003", "iteration-03 (copy)", "iteration--3"}) {
    make_folder(run.folder() / other);
  }
  CHECK(run.iterations() == std::vector<int>{0, 2, 10, 100});
  make_folder(run.controller(2));
  for (const int g : {100000, 5, 40}) {
    write_file_atomically(run.generation(2, g), "");
  }
  write_file_atomically(run.controller(2) / ".generation-00041.safetensors.tmp", "");
  write_file_atomically(run.controller(2) / "checkpoint.safetensors", "");
  for (const char* other : {"generation-00041.sync-conflict-1.safetensors", "generation-00041 (copy).safetensors",
                            "generation-41.safetensors", "generation-000041.safetensors",
                            "generation-00041.safetensors~", "generation--0041.safetensors"}) {
    write_file_atomically(run.controller(2) / other, "");
  }
  CHECK(run.generations(2) == std::vector<int>{5, 40, 100000});
}

TEST_CASE("a damaged run.json is an error that names it", "[experiments]") {
  const TemporaryFolder folder;
  create(folder / "a");
  const auto path = folder.path() / "a" / "run.json";
  write_file_atomically(path, "{");
  CHECK(refusal(folder / "a") == path.string() + ": expected a JSON object, found no JSON");
  write_file_atomically(path, "[1]");
  CHECK(refusal(folder / "a") == path.string() + ": expected a JSON object, found array");
  write_file_atomically(path, "{\"sessions\": 3}");
  CHECK(refusal(folder / "a") == path.string() + ": expected a list of sessions");
}

TEST_CASE("a JSON file larger than any of a run's is not read", "[experiments]") {
  const TemporaryFolder folder;
  const auto path = folder / "summary.json";
  write_plainly(path, "{}");
  CHECK(read_json(path).empty());
  std::filesystem::resize_file(path, kMaxJsonSize + 1);  // no room on the disk is taken
  CHECK(message_of<Error>([&] { read_json(path); }) ==
        path.string() + ": expected at most 67108864 bytes, found 67108865");
}
