#include "experiments/viewer/video_recorder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/run/png.h"
#include "experiments/viewer/ffmpeg_pipe.h"
#include "experiments/viewer/gif_file.h"

namespace reverie {
namespace {

constexpr std::size_t kWaitingBytes = 64 << 20;

std::filesystem::path picture_path(const std::filesystem::path& folder, int index) {
  std::string number = std::to_string(index);
  number.insert(0, std::max<std::size_t>(6, number.size()) - number.size(), '0');
  return folder / ("frame-" + number + ".png");
}

class PngFolder : public VideoSink {
 public:
  explicit PngFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const Picture& frame, int times) override {
    const std::filesystem::path first = next_name();
    write_png(first, frame.height, frame.width, frame.pixels);
    for (int i = 1; i < times; ++i) {
      const std::filesystem::path name = next_name();
      std::error_code error;
      std::filesystem::copy_file(first, name, std::filesystem::copy_options::overwrite_existing, error);
      if (error) {
        throw Error(ErrorKind::other, str(name.string(), ": cannot be written: ", error.message()));
      }
    }
  }
  void finish() override {}

 private:
  std::filesystem::path next_name() { return picture_path(folder_, ++count_); }

  std::filesystem::path folder_;
  int count_ = 0;
};

Picture fitted(Picture picture, int height, int width) {
  if (picture.height == height && picture.width == width) {
    return picture;
  }
  Picture result{height, width, {}};
  result.pixels.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  const std::size_t row = static_cast<std::size_t>(std::min(width, picture.width)) * 3;
  for (int y = 0; y < std::min(height, picture.height); ++y) {
    std::copy_n(picture.pixels.begin() + static_cast<std::ptrdiff_t>(y) * picture.width * 3, row,
                result.pixels.begin() + static_cast<std::ptrdiff_t>(y) * width * 3);
  }
  return result;
}

}  // namespace

void check_film(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".mp4" && !has_ffmpeg()) {
    throw Error(ErrorKind::other, str(path.string(),
                                      ": MP4 needs the program ffmpeg, which is not on PATH; .gif or a "
                                      "folder of PNG files need nothing"));
  }
  if (ending == ".mp4" || ending == ".gif") {
    check_writable(path);
  } else if (ending.empty()) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (!std::filesystem::is_directory(path)) {
      throw Error(ErrorKind::other, str(path.string(), ": no folder can be made here: ", error.message()));
    }
    check_writable(picture_path(path, 1));
  } else {
    throw Error(
        ErrorKind::usage,
        str(path.string(), ": expected a film's name that ends in .mp4 or .gif, or a folder's, which has no ending"));
  }
}

std::unique_ptr<VideoSink> open_video(const std::filesystem::path& path, int height, int width) {
  check_film(path);
  const std::string ending = path.extension().string();
  if (ending == ".mp4") {
    return std::make_unique<FfmpegPipe>(path, height, width, kFilmRate);
  }
  if (ending == ".gif") {
    return std::make_unique<GifFile>(path, height, width, kFilmRate);
  }
  return std::make_unique<PngFolder>(path);
}

VideoRecorder::VideoRecorder(const std::filesystem::path& path, int height, int width)
    : path_(path),
      height_(height),
      width_(width),
      most_waiting_(std::clamp<std::size_t>(
          kWaitingBytes / (std::size_t{3} * static_cast<std::size_t>(height) * static_cast<std::size_t>(width)), 2,
          16)),
      sink_(open_video(path, height, width)),
      thread_([this] { work(); }) {}

VideoRecorder::~VideoRecorder() {
  try {
    finish();
  } catch (const std::exception&) {
  }
}

void VideoRecorder::throw_if_failed(std::unique_lock<std::mutex>&) {
  if (failure_ != nullptr) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
}

void VideoRecorder::add(Picture frame) {
  std::unique_lock lock(mutex_);
  throw_if_failed(lock);
  changed_.wait(lock, [this] { return waiting_.size() < most_waiting_ || failure_ != nullptr; });
  throw_if_failed(lock);
  waiting_.push_back({std::move(frame)});
  ++num_frames_;
  changed_.notify_all();
}

void VideoRecorder::show(Picture frame, double seconds) {
  std::unique_lock lock(mutex_);
  throw_if_failed(lock);
  queue_held(seconds);
  held_ = std::move(frame);
}

// Fills the film with the held picture up to that time. If less than a frame has passed, the next picture replaces it.
void VideoRecorder::queue_held(double until) {
  const int times = static_cast<int>(std::lround(until * kFilmRate)) - num_frames_;
  if (held_.empty() || times <= 0) {
    return;
  }
  num_frames_ += times;
  if (waiting_.size() >= most_waiting_) {
    waiting_.back().times += times;
    ++num_skipped_;
  } else {
    waiting_.push_back({std::move(held_), times});
    num_repeated_ += times - 1;
    changed_.notify_all();
  }
  held_ = {};
}

std::string VideoRecorder::finish(double seconds) {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      // One frame at least: a film of none is no film.
      queue_held(std::max(seconds, num_frames_ == 0 ? 1.0 / kFilmRate : 0.0));
      finishing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  std::unique_lock lock(mutex_);
  throw_if_failed(lock);
  char length[32];
  std::snprintf(length, sizeof(length), "%.2f s", static_cast<double>(num_frames_) / kFilmRate);
  return str(path_.string(), ", ", num_frames_, " frames, ", length,
             num_repeated_ > 0 ? str(", ", num_repeated_, " repeated: the drawing was late") : "",
             num_skipped_ > 0 ? str(", ", num_skipped_, " pictures left out: the writing was late") : "");
}

void VideoRecorder::work() {
  try {
    for (;;) {
      Waiting next;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
        if (waiting_.empty()) {
          break;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      changed_.notify_all();
      sink_->add(fitted(std::move(next.frame), height_, width_), next.times);
    }
    sink_->finish();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    waiting_.clear();
  }
  changed_.notify_all();
}

}  // namespace reverie
