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
  virtual void add(const Picture& frame, int times) = 0;  // so many frames that are alike
  virtual void finish() = 0;                              // Error where the film is not whole
};

constexpr int kFilmRate = 50;  // frames a second, as the window is drawn

// By the ending of `path`: .mp4 through the program ffmpeg, .gif, or (no ending) a folder of PNG files. Error (kind
// usage) for another ending, Error (kind other) where ffmpeg is missing or the file cannot be written.
std::unique_ptr<VideoSink> open_video(const std::filesystem::path& path, int height, int width);

// The Error of open_video, before there is a first frame. Makes the folder of a film of PNG files.
void check_film(const std::filesystem::path& path);

bool has_ffmpeg();  // on PATH

class VideoRecorder {
 public:
  VideoRecorder(const std::filesystem::path& path, int height, int width);
  ~VideoRecorder();  // finishes; whatever goes wrong then is lost
  VideoRecorder(const VideoRecorder&) = delete;
  VideoRecorder& operator=(const VideoRecorder&) = delete;

  // All three throw the Error of an earlier frame, once. A film is made with add() or with show(), not with both.
  // Adds one frame; waits if the writing is slow.
  void add(Picture frame);
  // The film shows this picture from that time after its start until the next picture, so that it is as long as the
  // clock says. Pictures are repeated if the drawing is late, and left out if the writing is late. Never waits.
  void show(Picture frame, double seconds);
  // Waits for the writing, and says what was written: "film.gif, 120 frames, 2.40 s". seconds: the film's length, for
  // show().
  std::string finish(double seconds = 0);

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Waiting {
    Picture frame;
    int times = 1;
  };
  void work();
  void throw_if_failed(std::unique_lock<std::mutex>& lock);
  void queue_held(double until);

  std::filesystem::path path_;
  int height_, width_;
  std::size_t most_waiting_;  // frames
  std::unique_ptr<VideoSink> sink_;
  Picture held_;  // the last one of show(), until it is known how long it lasts
  int num_frames_ = 0, num_repeated_ = 0, num_skipped_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;  // guarded by mutex_, as the next two
  bool finishing_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace reverie
