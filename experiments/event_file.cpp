#include "experiments/event_file.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <system_error>

#include "env/error.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "numbers are stored as they lie in memory");

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr int kBuckets = 30;

// The numbers of the fields, from TensorFlow's event.proto and summary.proto.
enum EventField { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5 };
enum SummaryField { kValue = 1 };
enum ValueField { kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5 };
enum ImageField { kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4 };
enum HistogramField { kMin = 1, kMax = 2, kNum = 3, kSum = 4, kSumSquares = 5, kBucketLimit = 6, kBucket = 7 };
constexpr int kRgb = 3;

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <typename Number>
std::string raw(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

template <typename Number>
Number take_raw(std::string_view bytes) {
  Number number;
  std::copy_n(bytes.data(), sizeof number, reinterpret_cast<char*>(&number));
  return number;
}

// A protobuf message being written, field by field.
class MessageWriter {
 public:
  void integer(int field, std::int64_t value) {
    key(field, kVarint);
    varint(static_cast<std::uint64_t>(value));
  }
  void real(int field, double value) {
    key(field, kFixed64);
    bytes_ += raw(value);
  }
  void real(int field, float value) {
    key(field, kFixed32);
    bytes_ += raw(value);
  }
  void bytes(int field, std::string_view value) {
    key(field, kBytes);
    varint(value.size());
    bytes_ += value;
  }
  void reals(int field, const std::vector<double>& values) {
    bytes(field, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)});
  }
  const std::string& done() const { return bytes_; }

 private:
  void key(int field, WireType type) { varint(static_cast<std::uint64_t>(field) << 3 | type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      bytes_ += static_cast<char>(value | 0x80);
    }
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

// Reads a message field by field. What does not parse is the caller's to report.
class MessageReader {
 public:
  struct Malformed {};

  explicit MessageReader(std::string_view bytes) : rest_(bytes) {}

  // The next field, or false at the end.
  bool next() {
    if (rest_.empty()) {
      return false;
    }
    const std::uint64_t key = varint();
    field_ = static_cast<int>(key >> 3);
    type_ = static_cast<int>(key & 7);
    switch (type_) {
      case kVarint:
        integer_ = varint();
        break;
      case kFixed64:
        bytes_ = take(8);
        break;
      case kFixed32:
        bytes_ = take(4);
        break;
      case kBytes:
        bytes_ = take(varint());
        break;
      default:
        throw Malformed();
    }
    return true;
  }
  int field() const { return field_; }
  std::int64_t integer() const { return static_cast<std::int64_t>(of(kVarint, integer_)); }
  double real() const { return take_raw<double>(of(kFixed64, bytes_)); }
  float real32() const { return take_raw<float>(of(kFixed32, bytes_)); }
  std::string_view bytes() const { return of(kBytes, bytes_); }
  std::vector<double> reals() const {
    std::vector<double> values(bytes().size() / sizeof(double));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = take_raw<double>(bytes_.substr(i * sizeof(double)));
    }
    return values;
  }

 private:
  template <typename Value>
  const Value& of(WireType type, const Value& value) const {
    return type_ == type ? value : throw Malformed();
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      throw Malformed();
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    throw Malformed();
  }

  std::string_view rest_, bytes_;
  std::uint64_t integer_ = 0;
  int field_ = 0, type_ = 0;
};

std::string encode(const EventImage& image) {
  MessageWriter message;
  message.integer(kHeight, image.height);
  message.integer(kWidth, image.width);
  message.integer(kColorspace, kRgb);
  message.bytes(kEncoded, image.png);
  return message.done();
}

std::string encode(const EventHistogram& histogram) {
  MessageWriter message;
  message.real(kMin, histogram.min);
  message.real(kMax, histogram.max);
  message.real(kNum, histogram.count);
  message.real(kSum, histogram.sum);
  message.real(kSumSquares, histogram.sum_of_squares);
  message.reals(kBucketLimit, histogram.limits);
  message.reals(kBucket, histogram.buckets);
  return message.done();
}

std::string encode(const EventValue& value) {
  MessageWriter message;
  message.bytes(kTag, value.tag);
  if (value.scalar) {
    message.real(kSimpleValue, *value.scalar);
  }
  if (value.image) {
    message.bytes(kImage, encode(*value.image));
  }
  if (value.histogram) {
    message.bytes(kHistogram, encode(*value.histogram));
  }
  return message.done();
}

EventImage decode_image(MessageReader message) {
  EventImage image;
  while (message.next()) {
    switch (message.field()) {
      case kHeight:
        image.height = static_cast<int>(message.integer());
        break;
      case kWidth:
        image.width = static_cast<int>(message.integer());
        break;
      case kEncoded:
        image.png = message.bytes();
        break;
    }
  }
  return image;
}

EventHistogram decode_histogram(MessageReader message) {
  EventHistogram histogram;
  while (message.next()) {
    switch (message.field()) {
      case kMin:
        histogram.min = message.real();
        break;
      case kMax:
        histogram.max = message.real();
        break;
      case kNum:
        histogram.count = message.real();
        break;
      case kSum:
        histogram.sum = message.real();
        break;
      case kSumSquares:
        histogram.sum_of_squares = message.real();
        break;
      case kBucketLimit:
        histogram.limits = message.reals();
        break;
      case kBucket:
        histogram.buckets = message.reals();
        break;
    }
  }
  return histogram;
}

EventValue decode_value(MessageReader message) {
  EventValue value;
  while (message.next()) {
    switch (message.field()) {
      case kTag:
        value.tag = message.bytes();
        break;
      case kSimpleValue:
        value.scalar = message.real32();
        break;
      case kImage:
        value.image = decode_image(MessageReader(message.bytes()));
        break;
      case kHistogram:
        value.histogram = decode_histogram(MessageReader(message.bytes()));
        break;
    }
  }
  return value;
}

ReadEvent decode_event(MessageReader message) {
  ReadEvent event;
  while (message.next()) {
    switch (message.field()) {
      case kWallTime:
        event.wall_time = message.real();
        break;
      case kStep:
        event.step = message.integer();
        break;
      case kFileVersion:
        event.file_version = message.bytes();
        break;
      case kSummary:
        for (MessageReader summary(message.bytes()); summary.next();) {
          if (summary.field() == kValue) {
            event.values.push_back(decode_value(MessageReader(summary.bytes())));
          }
        }
        break;
    }
  }
  return event;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// SECONDS of events.out.tfevents.SECONDS.NAME; none where that is not what the file is called.
std::optional<std::int64_t> seconds_of(const std::string& file, const std::string& name) {
  std::int64_t seconds = 0;
  if (!file.starts_with(kPrefix)) {
    return std::nullopt;
  }
  const auto [stop, error] = std::from_chars(file.data() + kPrefix.size(), file.data() + file.size(), seconds);
  const std::string_view rest(stop, file.data() + file.size());
  const bool fits = error == std::errc{} && rest.starts_with('.') && (name.empty() || rest.substr(1) == name);
  return fits ? std::optional(seconds) : std::nullopt;
}

fs::path event_path(const fs::path& folder, std::int64_t seconds, const std::string& name) {
  return folder / str(kPrefix, seconds, ".", name);
}

template <typename Value>
EventHistogram histogram_of(std::span<const Value> values) {
  EventHistogram histogram;
  for (const Value value : values) {
    const double x = static_cast<double>(value);
    if (std::isfinite(x)) {
      histogram.min = histogram.count > 0 ? std::min(histogram.min, x) : x;
      histogram.max = histogram.count > 0 ? std::max(histogram.max, x) : x;
      histogram.count += 1;
      histogram.sum += x;
      histogram.sum_of_squares += x * x;
    }
  }
  const double width = (histogram.max - histogram.min) / kBuckets;
  if (!(width > 0) || !std::isfinite(width)) {  // one value, again and again
    histogram.limits = {histogram.max};
    histogram.buckets = {histogram.count};
    return histogram;
  }
  for (int bucket = 1; bucket <= kBuckets; ++bucket) {
    histogram.limits.push_back(bucket == kBuckets ? histogram.max : histogram.min + bucket * width);
  }
  histogram.buckets.resize(kBuckets, 0.0);
  for (const Value value : values) {
    const double x = static_cast<double>(value);
    if (std::isfinite(x)) {
      ++histogram.buckets[static_cast<std::size_t>(std::min(kBuckets - 1.0, (x - histogram.min) / width))];
    }
  }
  return histogram;
}

}  // namespace

EventHistogram make_histogram(std::span<const float> values) {
  return histogram_of(values);
}

EventHistogram make_histogram(std::span<const double> values) {
  return histogram_of(values);
}

std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t byte = 0; byte < made.size(); ++byte) {
      std::uint32_t remainder = byte;
      for (int bit = 0; bit < 8; ++bit) {
        remainder = remainder >> 1 ^ (remainder & 1 ? 0x82f63b78u : 0u);  // Castagnoli's polynomial, bits reversed
      }
      made[byte] = remainder;
    }
    return made;
  }();
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc = crc >> 8 ^ table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff];
  }
  return ~crc;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

std::string encode_event(const Event& event) {
  MessageWriter message;
  message.real(kWallTime, event.wall_time);
  message.integer(kStep, event.step);
  if (!event.file_version.empty()) {
    message.bytes(kFileVersion, event.file_version);
  }
  if (!event.values.empty()) {
    MessageWriter summary;
    for (const EventValue& value : event.values) {
      summary.bytes(kValue, encode(value));
    }
    message.bytes(kSummary, summary.done());
  }
  return message.done();
}

std::string make_record(std::string_view bytes) {
  const std::string length = raw(static_cast<std::uint64_t>(bytes.size()));
  std::string record = length + raw(masked_crc32c(length));
  record += bytes;
  return record + raw(masked_crc32c(bytes));
}

EventFile::EventFile(const fs::path& folder, const std::string& name, std::int64_t first_step)
    : last_step_(first_step) {
  auto seconds = static_cast<std::int64_t>(now());
  for (const fs::path& other : event_files(folder, name)) {
    seconds = std::max(seconds, *seconds_of(other.filename().string(), name) + 1);
  }
  path_ = event_path(folder, seconds, name);
  file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
  if (file_.get() < 0) {
    throw Error(ErrorKind::other, str(path_.string(), ": cannot be written: ", std::generic_category().message(errno)));
  }
  Event version;
  version.wall_time = now();
  version.step = first_step;
  version.file_version = kEventFileVersion;
  write_all(file_, path_, std::as_bytes(std::span<const char>(make_record(encode_event(version)))));
}

void EventFile::write(std::int64_t step, std::vector<EventValue> values) {
  REVERIE_CHECK(step, >=, last_step_);
  last_step_ = step;
  Event event;
  event.wall_time = now();
  event.step = step;
  event.values = std::move(values);
  write_all(file_, path_, std::as_bytes(std::span<const char>(make_record(encode_event(event)))));
}

std::vector<ReadEvent> read_events(const fs::path& path) {
  constexpr std::size_t kSum = 4, kHead = 8 + kSum;
  const std::string text = read_file(path);
  const auto damaged = [&](std::size_t at, const char* what) {
    return Error(ErrorKind::data, str(path.string(), ": the record at byte ", at, " is damaged: ", what));
  };
  std::vector<ReadEvent> events;
  for (std::string_view rest = text; rest.size() >= kHead;) {
    const std::size_t at = text.size() - rest.size();
    const auto length = take_raw<std::uint64_t>(rest);
    if (take_raw<std::uint32_t>(rest.substr(8)) != masked_crc32c(rest.substr(0, 8))) {
      throw damaged(at, "its length does not fit its checksum");
    }
    if (length > rest.size() - kHead || rest.size() - kHead - length < kSum) {
      break;  // cut short
    }
    const std::string_view bytes = rest.substr(kHead, length);
    if (take_raw<std::uint32_t>(rest.substr(kHead + length)) != masked_crc32c(bytes)) {
      throw damaged(at, "its bytes do not fit their checksum");
    }
    try {
      events.push_back(decode_event(MessageReader(bytes)));
    } catch (const MessageReader::Malformed&) {
      throw damaged(at, "it is no event");
    }
    rest.remove_prefix(kHead + length + kSum);
    events.back().end = text.size() - rest.size();
  }
  if (!events.empty() && events.front().file_version != kEventFileVersion) {
    throw Error(ErrorKind::data, str(path.string(), ": expected an event file of version ", kEventFileVersion,
                                     ", found '", events.front().file_version, "'"));
  }
  return events;
}

std::vector<fs::path> event_files(const fs::path& folder, const std::string& name) {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    if (const auto seconds = seconds_of(file->path().filename().string(), name)) {
      found.emplace_back(*seconds, file->path());
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> paths;
  for (const auto& [seconds, path] : found) {
    paths.push_back(path);
  }
  return paths;
}

void cut_events(const fs::path& folder, const std::string& name, std::int64_t steps) {
  for (const fs::path& path : event_files(folder, name)) {
    const std::vector<ReadEvent> events = read_events(path);
    std::size_t kept = 0;  // steps do not fall, so what goes is the end of the file
    while (kept < events.size() && (kept == 0 || events[kept].step < events[0].step + steps)) {
      ++kept;
    }
    if (kept <= 1) {  // nothing but the version
      fs::remove(path);
    } else if (events[kept - 1].end != fs::file_size(path)) {
      write_file_atomically(path, read_file(path).substr(0, events[kept - 1].end));
    }
  }
}

fs::path shift_events(const fs::path& folder, const std::string& name, std::int64_t steps, const fs::path& before) {
  fs::path last = before;
  for (fs::path path : event_files(folder, name)) {
    const std::int64_t next = *seconds_of(last.filename().string(), "") + 1;
    if (*seconds_of(path.filename().string(), name) < next) {
      const fs::path later = event_path(folder, next, name);
      fs::rename(path, later);
      path = later;
    }
    std::string text;
    for (ReadEvent& event : read_events(path)) {
      event.step += steps;
      text += make_record(encode_event(event));
    }
    write_file_atomically(path, text);
    last = path;
  }
  return last;
}

}  // namespace reverie
