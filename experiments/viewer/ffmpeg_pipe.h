// MP4 films, by the program ffmpeg.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "env/atomic_file.h"
#include "experiments/viewer/video_recorder.h"

namespace reverie {

class FfmpegPipe : public VideoSink {
 public:
  FfmpegPipe(const std::filesystem::path& path, int height, int width, int rate);
  ~FfmpegPipe() override;

  void add(const Picture& frame, int times) override;
  void finish() override;

 private:
  void send(const Picture& frame);
  int wait();  // for its end: the exit status

  std::filesystem::path path_;
  FileDescriptor to_ffmpeg_;
  pid_t process_ = -1;
};

}  // namespace reverie
