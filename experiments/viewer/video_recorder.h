// Writes what the window shows as a film, beside the drawing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "experiments/viewer/session.h"

namespace reverie {

// A film of one kind. Frames are of the size of the first; others are cut, or bordered in black.
class VideoSink {
 public:
  virtual ~VideoSink() = default;
  virtual void add(const Picture& frame) = 0;
  virtual void finish() = 0;  // Error where the film is not whole
};

constexpr int kFilmRate = 50;  // frames a second, as the window is drawn

// By the ending of `path`: .mp4 through the program ffmpeg, .gif, or (no ending) a folder of PNG files. Error (kind
// usage) for another ending, Error (kind other) where ffmpeg is missing or the file cannot be written.
std::unique_ptr<VideoSink> open_video(const std::filesystem::path& path, int height, int width);

bool has_ffmpeg();  // on PATH

class VideoRecorder {
 public:
  // may_skip: where the writing is too slow for the drawing, frames are left out instead of waited for.
  VideoRecorder(const std::filesystem::path& path, int height, int width, bool may_skip);
  ~VideoRecorder();  // finishes; whatever goes wrong then is lost
  VideoRecorder(const VideoRecorder&) = delete;
  VideoRecorder& operator=(const VideoRecorder&) = delete;

  void add(Picture frame);  // Error of an earlier frame, once
  std::string finish();     // waits, and says what was written: "record.gif, 120 frames, 3 left out"

  const std::filesystem::path& path() const { return path_; }
  int num_frames() const { return num_frames_; }

 private:
  void work();
  void throw_if_failed(std::unique_lock<std::mutex>& lock);

  static constexpr std::size_t kWaiting = 16;  // frames, at most

  std::filesystem::path path_;
  int height_, width_;
  bool may_skip_;
  std::unique_ptr<VideoSink> sink_;
  int num_frames_ = 0, num_skipped_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Picture> waiting_;  // guarded by mutex_, as the next two
  bool finishing_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace reverie
