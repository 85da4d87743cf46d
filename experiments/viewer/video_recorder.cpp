#include "experiments/viewer/video_recorder.h"

#include <algorithm>
#include <utility>

#include "env/error.h"
#include "experiments/run/png.h"
#include "experiments/viewer/ffmpeg_pipe.h"
#include "experiments/viewer/gif_file.h"

namespace reverie {
namespace {

class PngFolder : public VideoSink {
 public:
  explicit PngFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (!std::filesystem::is_directory(folder_)) {
      throw Error(ErrorKind::other, str(folder_.string(), ": no folder can be made here: ", error.message()));
    }
  }

  void add(const Picture& frame) override {
    std::string number = std::to_string(++count_);
    number.insert(0, std::max<std::size_t>(6, number.size()) - number.size(), '0');
    write_png(folder_ / ("frame-" + number + ".png"), frame.height, frame.width, frame.pixels);
  }
  void finish() override {}

 private:
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

std::unique_ptr<VideoSink> open_video(const std::filesystem::path& path, int height, int width) {
  const std::string ending = path.extension().string();
  if (ending == ".mp4") {
    return std::make_unique<FfmpegPipe>(path, height, width, kFilmRate);
  }
  if (ending == ".gif") {
    return std::make_unique<GifFile>(path, height, width, kFilmRate);
  }
  if (ending.empty()) {
    return std::make_unique<PngFolder>(path);
  }
  throw Error(
      ErrorKind::usage,
      str(path.string(), ": expected a film's name that ends in .mp4 or .gif, or a folder's, which has no ending"));
}

VideoRecorder::VideoRecorder(const std::filesystem::path& path, int height, int width, bool may_skip)
    : path_(path),
      height_(height),
      width_(width),
      may_skip_(may_skip),
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
  if (waiting_.size() >= kWaiting && may_skip_) {
    ++num_skipped_;
    return;
  }
  changed_.wait(lock, [this] { return waiting_.size() < kWaiting || failure_ != nullptr; });
  throw_if_failed(lock);
  waiting_.push_back(std::move(frame));
  ++num_frames_;
  changed_.notify_all();
}

std::string VideoRecorder::finish() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      finishing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  std::unique_lock lock(mutex_);
  throw_if_failed(lock);
  return str(path_.string(), ", ", num_frames_, " frames",
             num_skipped_ > 0 ? str(", ", num_skipped_, " left out") : "");
}

void VideoRecorder::work() {
  try {
    for (;;) {
      Picture frame;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
        if (waiting_.empty()) {
          break;
        }
        frame = std::move(waiting_.front());
        waiting_.pop_front();
      }
      changed_.notify_all();
      sink_->add(fitted(std::move(frame), height_, width_));
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
