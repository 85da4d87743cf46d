#include "experiments/run/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <utility>

namespace reverie {
namespace {

constexpr double kTerminalInterval = 0.1, kPlainInterval = 10.0;  // seconds

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[48];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lldh %02lldm", whole / 3600, whole / 60 % 60);
  } else if (whole >= 60) {
    std::snprintf(text, sizeof text, "%lldm %02llds", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%llds", whole);
  }
  return text;
}

int terminal_columns() {
  struct winsize size = {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Cuts the line to `room` bytes, which fill at most `room` columns. A UTF-8 letter is never cut in two.
std::string cut(const std::string& line, std::size_t room) {
  std::size_t end = std::min(line.size(), room);
  while (end > 0 && end < line.size() && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) {
    --end;
  }
  return line.substr(0, end);
}

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string progress_line(const std::string& title, const std::string& unit, std::int64_t first, std::int64_t done,
                          std::int64_t total, double seconds, const std::string& note) {
  constexpr std::int64_t kBarWidth = 20;
  const std::int64_t most = std::max<std::int64_t>(total, 1);
  const std::int64_t filled = std::clamp<std::int64_t>(done * kBarWidth / most, 0, kBarWidth);
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(kBarWidth - filled), ' ');
  char text[160];
  std::snprintf(text, sizeof text, "%3lld%% [%s] %lld/%lld ", static_cast<long long>(done * 100 / most), bar.c_str(),
                static_cast<long long>(done), static_cast<long long>(total));
  std::string line = title + " " + text + unit;
  if (done > first && seconds > 0) {
    const double rate = static_cast<double>(done - first) / seconds;
    std::snprintf(text, sizeof text, ", %.*f ", rate < 10 ? 2 : 0, rate);
    line += text + unit + "/s, ";
    line += done < total ? duration_text(static_cast<double>(total - done) / rate) + " left" : duration_text(seconds);
  }
  return note.empty() ? line : line + ", " + note;
}

Progress::Progress(std::string title, std::string unit, std::int64_t total, std::int64_t first)
    : Progress(std::move(title), std::move(unit), total, first, std::cerr,
               ::isatty(STDERR_FILENO) == 1 ? terminal_columns : std::function<int()>(), steady_seconds) {}

Progress::Progress(std::string title, std::string unit, std::int64_t total, std::int64_t first, std::ostream& out,
                   std::function<int()> columns, std::function<double()> clock)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      first_(first),
      out_(out),
      columns_(std::move(columns)),
      clock_(std::move(clock)),
      start_(clock_()),
      last_shown_(start_) {}

Progress::~Progress() {
  if (width_ > 0) {
    out_ << "\n" << std::flush;
  }
}

void Progress::update(std::int64_t done, const std::string& note) {
  const double now = clock_();
  if (done < total_ && now - last_shown_ < (columns_ ? kTerminalInterval : kPlainInterval)) {
    return;
  }
  last_shown_ = now;
  show(progress_line(title_, unit_, first_, done, total_, now - start_, note));
}

void Progress::show(const std::string& line) {
  if (!columns_) {
    out_ << line << "\n" << std::flush;
    return;
  }
  const int columns = columns_();
  const std::size_t room = columns > 0 ? static_cast<std::size_t>(columns - 1) : std::string::npos;
  const std::string shown = cut(line, room);
  // Spaces over what a longer line left behind.
  const std::size_t before = std::min(width_, room);
  out_ << "\r" << shown << std::string(before > shown.size() ? before - shown.size() : 0, ' ') << std::flush;
  width_ = shown.size();
}

}  // namespace reverie
