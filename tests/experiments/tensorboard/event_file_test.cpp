#include "experiments/tensorboard/event_file.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/run/metrics.h"
#include "experiments/tensorboard/event_encoding.h"
#include "experiments/tensorboard/event_record.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

// The steps of each scalar of a folder, in the order a reader meets them.
std::map<std::string, std::vector<std::int64_t>> scalar_steps(const std::filesystem::path& events) {
  std::map<std::string, std::vector<std::int64_t>> steps;
  for (const std::filesystem::path& path : event_files(events)) {
    for (const ReadEvent& event : read_events(path)) {
      for (const EventValue& value : event.values) {
        if (value.scalar) {
          steps[value.tag].push_back(event.step);
        }
      }
    }
  }
  return steps;
}

using Steps = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("CRC-32C of the standard's own example", "[experiments]") {
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c("") == 0u);
}

TEST_CASE("a scalar's record has the bytes that TensorBoard's protobuf makes", "[experiments]") {
  // event_pb2.Event(wall_time=1.5, step=300, summary=[a/b: 0.25]).SerializeToString() of TensorBoard 2.21, in a record.
  const std::string golden =
      "1a 00 00 00 00 00 00 00 12 9b d8 2d "        // 26 bytes, and their checksum's
      "09 00 00 00 00 00 00 f8 3f 10 ac 02 2a 0c "  // wall_time, step, summary of 12 bytes
      "0a 0a 0a 03 61 2f 62 15 00 00 80 3e "        // a value of 10 bytes: tag, simple_value
      "f9 cd e7 ed ";
  Event event;
  event.wall_time = 1.5;
  event.step = 300;
  event.values = {scalar_value("a/b", 0.25f)};
  std::string hex;
  for (const char c : make_record(encode_event(event))) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x ", static_cast<unsigned>(static_cast<unsigned char>(c)));
    hex += digits;
  }
  CHECK(hex == golden);
}

TEST_CASE("a histogram counts every finite value once", "[experiments]") {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values = {-1, 2, 0.5f, 0.5f, std::nanf(""), infinity, 1.99f};
  const EventHistogram histogram = make_histogram(values);
  CHECK(histogram.count == 5);
  CHECK(histogram.min == -1);
  CHECK(histogram.max == 2);
  CHECK(histogram.sum == Approx(3.99));
  CHECK(histogram.sum_of_squares == Approx(1 + 4 + 0.5 + 1.99 * 1.99));
  REQUIRE(histogram.limits.size() == histogram.buckets.size());
  CHECK(std::is_sorted(histogram.limits.begin(), histogram.limits.end()));
  CHECK(histogram.limits.back() == 2);
  CHECK(std::accumulate(histogram.buckets.begin(), histogram.buckets.end(), 0.0) == 5);
  CHECK(histogram.buckets.front() == 1);
  CHECK(histogram.buckets.back() == 2);
  const EventHistogram one = make_histogram(std::vector<double>{3, 3, 3});
  CHECK(one.limits == std::vector<double>{3});
  CHECK(one.buckets == std::vector<double>{3});
  CHECK(make_histogram(std::vector<double>{}).buckets == std::vector<double>{0});
}

TEST_CASE("what is written is read back", "[experiments]") {
  const TemporaryFolder folder;
  const std::vector<double> numbers = {1, 2, 4};
  {
    EventFile file(folder.path(), "vae-00", 7);
    EventValue image, histogram;
    image.tag = "picture";
    image.image = {2, 3, std::string("\x89PNG\0bytes", 10)};
    histogram.tag = "spread";
    histogram.histogram = make_histogram(numbers);
    file.write(7, {scalar_value("loss", 0.5f), scalar_value("nan", std::nanf(""))});
    file.write(300, {image, histogram});
  }
  const auto paths = event_files(folder.path(), "vae-00");
  REQUIRE(paths.size() == 1);
  CHECK(event_files(folder.path(), "vae-01").empty());
  CHECK(event_files(folder.path() / "none").empty());
  const auto events = read_events(paths[0]);
  REQUIRE(events.size() == 3);
  CHECK(events[0].file_version == kEventFileVersion);
  CHECK(events[0].step == 7);
  CHECK(events[0].wall_time > 1.6e9);
  CHECK(events[1].step == 7);
  CHECK(events[1].values.at(0).tag == "loss");
  CHECK(events[1].values.at(0).scalar == 0.5f);
  CHECK(std::isnan(events[1].values.at(1).scalar.value()));
  CHECK(events[2].step == 300);
  CHECK(events[2].values.at(0).image->height == 2);
  CHECK(events[2].values.at(0).image->width == 3);
  CHECK(events[2].values.at(0).image->png == std::string("\x89PNG\0bytes", 10));
  CHECK(events[2].values.at(1).histogram->sum == 7);
  CHECK(events[2].values.at(1).histogram->limits == make_histogram(numbers).limits);
  CHECK(events[2].values.at(1).histogram->buckets == make_histogram(numbers).buckets);
  CHECK(events[2].end == std::filesystem::file_size(paths[0]));
  CHECK_FALSE(events[2].values.at(0).scalar);
}

TEST_CASE("a text and a run's settings are read back", "[experiments]") {
  const TemporaryFolder folder;
  const EventValue settings = settings_value({{"dream.horizon", "400"}, {"game.name", "car_racing"}});
  EventFile(folder.path(), "config", 0).write(0, {text_value("config", "a: 1\n"), settings});
  const auto events = read_events(event_files(folder.path()).at(0));
  const EventPlugin text = events.at(1).values.at(0).plugin.value();
  CHECK(text.name == "text");
  CHECK(text.text == "a: 1\n");
  const EventPlugin hparams = events.at(1).values.at(1).plugin.value();
  CHECK(hparams.name == "hparams");
  CHECK(hparams.content == settings.plugin->content);
  CHECK_FALSE(hparams.text);
  CHECK_FALSE(events.at(1).values.at(1).scalar);
}

TEST_CASE("what replaces events leaves no others of that name, and is written once", "[experiments]") {
  const TemporaryFolder folder;
  EventFile(folder.path(), "other", 0).write(3, {scalar_value("loss", 1)});
  const auto of_closing = [&] { return event_files(folder.path(), "closing"); };
  replace_events(folder.path(), "closing", {scalar_value("closing/game", 5)});
  const auto first = of_closing();
  REQUIRE(first.size() == 1);
  replace_events(folder.path(), "closing", {scalar_value("closing/game", 5)});
  CHECK(of_closing() == first);
  EventFile(folder.path(), "closing", 0).write(0, {scalar_value("closing/game", 6)});  // as a killed session leaves it
  replace_events(folder.path(), "closing", {scalar_value("closing/game", 7)});
  REQUIRE(of_closing().size() == 1);
  CHECK(read_events(of_closing()[0]).at(1).values.at(0).scalar == 7.0f);
  CHECK(event_files(folder.path(), "other").size() == 1);
}

TEST_CASE("any damaged byte is one clear error, any torn end is tolerated", "[experiments]") {
  const TemporaryFolder folder;
  {
    EventFile file(folder.path(), "a", 0);
    file.write(1, {scalar_value("loss", 1)});
    file.write(2, {scalar_value("loss", 2)});
  }
  const std::filesystem::path path = event_files(folder.path()).at(0);
  const std::string whole = read_file(path);
  const auto events = read_events(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    write_plainly(path, flipped);
    const std::string message = message_of<Error>([&] { read_events(path); });
    INFO(at << ": " << message);
    CHECK(message.starts_with(path.string() + ": the record at byte "));
    CHECK(message.find('\n') == std::string::npos);
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_plainly(path, whole.substr(0, size));
    std::size_t whole_records = 0;
    while (whole_records < events.size() && events[whole_records].end <= size) {
      ++whole_records;
    }
    CHECK(read_events(path).size() == whole_records);
    // After a power cut: as long as it was to be, with zero bytes where nothing had reached the disk.
    write_plainly(path, whole.substr(0, size) + std::string(whole.size() - size + 300, '\0'));
    CHECK(read_events(path).size() == whole_records);
  }
  cut_events(folder.path(), "a", 100);  // as a run does that goes on
  CHECK(read_file(path) == whole.substr(0, events[1].end));
  std::string hole = whole;
  std::fill(hole.begin() + static_cast<std::ptrdiff_t>(events[0].end),
            hole.begin() + static_cast<std::ptrdiff_t>(events[1].end), '\0');
  write_plainly(path, hole);
  CHECK(message_of<Error>([&] { read_events(path); }).find(str("the record at byte ", events[0].end)) !=
        std::string::npos);
  Event other;
  other.file_version = "brain.Event:1";
  write_plainly(path, make_record(encode_event(other)));
  CHECK(message_of<Error>([&] { read_events(path); }).ends_with("found 'brain.Event:1'"));
  write_plainly(path, make_record("\xff\xff"));
  CHECK(message_of<Error>([&] { read_events(path); }).ends_with("it is not an event"));
}

TEST_CASE("a stage that goes on leaves no point twice, and others' points alone", "[experiments]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "metrics.jsonl";
  {
    Metrics metrics(path);
    for (const int step : {1, 2, 3}) {
      metrics.write({"vae", 0, step}, {{"loss", step}});
    }
    metrics.write({"open-loop", 0, 0}, {{"error", 1}});
    for (const int step : {1, 2, 3, 4}) {
      metrics.write({"vae", 1, step}, {{"loss", step}});
      metrics.histogram({"vae", 1, step}, "latents", std::vector<double>{1, 2});
    }
    metrics.write({"open-loop", 1, 0}, {{"error", 1}});
  }
  CHECK(scalar_steps(folder / "events")["vae/loss"] == Steps{1, 2, 3, 4, 5, 6, 7});
  CHECK(scalar_steps(folder / "events")["open-loop/error"] == Steps{0, 1});

  // Killed in the middle of a record, and gone on with from the second step of the last iteration.
  const auto torn = event_files(folder / "events", "vae-01").at(0);
  write_plainly(torn, read_file(torn).substr(0, std::filesystem::file_size(torn) - 3));
  Metrics metrics(path);
  metrics.resume_at({"vae", 1, 3});
  CHECK(scalar_steps(folder / "events")["vae/loss"] == Steps{1, 2, 3, 4, 5});
  for (const int step : {3, 4, 5}) {
    metrics.write({"vae", 1, step}, {{"loss", step}});
  }
  CHECK(scalar_steps(folder / "events")["vae/loss"] == Steps{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(scalar_steps(folder / "events")["open-loop/error"] == Steps{0, 1});
  std::size_t histograms = 0;
  for (const ReadEvent& event : read_events(torn)) {
    histograms += event.values.size() == 1 && event.values[0].histogram ? 1 : 0;
  }
  CHECK(histograms == 2);

  metrics.resume_at({"vae", 1, 0});  // the same object, from the start
  CHECK(event_files(folder / "events", "vae-01").empty());
  metrics.write({"vae", 1, 1}, {{"loss", 1}});
  CHECK(scalar_steps(folder / "events")["vae/loss"] == Steps{1, 2, 3, 4});
}

TEST_CASE("an iteration that grows moves the later ones", "[experiments]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "metrics.jsonl";
  const auto write = [&](int iteration, const std::vector<int>& steps) {
    Metrics metrics(path);
    metrics.resume_at({"vae", iteration, steps.front()});
    for (const int step : steps) {
      metrics.write({"vae", iteration, step}, {{"loss", step}});
    }
  };
  write(0, {1, 2});
  write(1, {1, 2, 3});
  write(2, {1});
  CHECK(scalar_steps(folder / "events")["vae/loss"] == Steps{1, 2, 3, 4, 5, 6});
  write(0, {3, 4});
  write(1, {4});
  CHECK(scalar_steps(folder / "events")["vae/loss"] == Steps{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(read_events(event_files(folder / "events", "vae-02").at(0)).at(1).step == 9);
  CHECK(read_events(event_files(folder / "events", "vae-02").at(0)).at(1).values.at(0).scalar == 1.0f);
}

TEST_CASE("every stage of a run logs to TensorBoard what it logs as JSON, and more", "[experiments]") {
  const TemporaryFolder folder;
  StageOptions options;
  options.target = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml";
  options.run = folder / "run";
  options.overrides = {"collect.max_episode_steps=[170]"};  // long enough for the dream's picture
  options.command = {"reverie", "train"};
  train(options);
  const auto steps = scalar_steps(folder / "run" / "events");
  CHECK(steps.at("closing/game: dream-trained controller") == Steps{0});
  CHECK(steps.at("closing/dream: dream-trained controller") == Steps{0});
  CHECK(steps.at("collect/mean_return") == Steps{6, 10});
  CHECK(steps.at("train-vae/train_loss") == Steps{1, 2, 3});
  CHECK(steps.at("train-vae/held_out_kl") == Steps{1, 2, 3});
  CHECK(steps.at("train-mdn-rnn/held_out_latent") == Steps{1, 2, 3});
  CHECK(steps.at("open-loop/moments") == Steps{0, 1});
  CHECK(steps.at("train-controller/sigma") == Steps{1, 2, 3, 4, 5, 6});
  std::set<std::string> images, histograms;
  std::map<std::string, std::string> texts;
  for (const auto& path : event_files(folder / "run" / "events")) {
    for (const ReadEvent& event : read_events(path)) {
      for (const EventValue& value : event.values) {
        if (value.image) {
          images.insert(value.tag);
          CHECK(value.image->png.starts_with("\x89PNG"));
          CHECK(value.image->width >= 512);
        }
        if (value.histogram) {
          histograms.insert(value.tag);
          CHECK(value.histogram->count > 1);
        }
        if (value.plugin && value.plugin->text) {
          CHECK(texts.emplace(value.tag, *value.plugin->text).second);
        }
      }
    }
  }
  REQUIRE(texts.size() == 2);
  CHECK(texts["config"] == "```\n" + read_file(folder / "run" / "config.yaml") + "```\n");
  CHECK(texts["closing/table"].find("| game: dream-trained controller | ") != std::string::npos);
  CHECK(images == std::set<std::string>{"open-loop/dream", "train-vae/reconstructions"});
  CHECK(histograms ==
        std::set<std::string>{"train-controller/parameters", "train-vae/kl_per_dimension", "train-vae/latent_mean"});
}
