// GIF films: of each frame the part that changed, in 256 colours of its own.
#pragma once

#include <filesystem>
#include <string>

#include "experiments/viewer/video_recorder.h"

struct GifFileType;

namespace reverie {

// Many programs show no GIF at 50 frames a second: every second frame is kept, for twice as long.
class GifFile : public VideoSink {
 public:
  GifFile(std::filesystem::path path, int height, int width, int rate);
  ~GifFile() override;

  void add(const Picture& frame, int times) override;
  void finish() override;  // the file appears whole, under its name

 private:
  void add_one(const Picture& frame);
  void write_waiting();

  std::filesystem::path path_;
  int hundredths_;     // that a kept frame is shown
  std::string bytes_;  // of the file so far
  GifFileType* gif_ = nullptr;
  int num_added_ = 0;
  Picture shown_;    // the last frame kept
  Picture waiting_;  // its part that changed, written when it is known how long it is shown
  int left_ = 0, top_ = 0, waiting_hundredths_ = 0;
};

}  // namespace reverie
