#include "experiments/viewer/ffmpeg_pipe.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "env/error.h"

extern char** environ;

namespace reverie {

bool has_ffmpeg() {
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  for (std::size_t start = 0; start <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    if (end > start && ::access((folders.substr(start, end - start) + "/ffmpeg").c_str(), X_OK) == 0) {
      return true;
    }
    start = end + 1;
  }
  return false;
}

FfmpegPipe::FfmpegPipe(const std::filesystem::path& path, int height, int width, int rate) : path_(path) {
  // A socket and no pipe: a reader that died is then an error to send(), and no signal to the whole program.
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw Error(ErrorKind::other, str("ffmpeg cannot be reached: ", std::generic_category().message(errno)));
  }
  to_ffmpeg_ = FileDescriptor(ends[0]);
  const FileDescriptor from_us(ends[1]);

  // Colours are halved in both directions, so that odd sizes lose a line.
  std::vector<std::string> words = {"ffmpeg",
                                    "-loglevel",
                                    "error",
                                    "-y",
                                    "-f",
                                    "rawvideo",
                                    "-pixel_format",
                                    "rgb24",
                                    "-video_size",
                                    str(width, "x", height),
                                    "-framerate",
                                    std::to_string(rate),
                                    "-i",
                                    "pipe:0",
                                    "-an",
                                    "-vf",
                                    "crop=trunc(iw/2)*2:trunc(ih/2)*2",
                                    "-preset",
                                    "veryfast",
                                    "-pix_fmt",
                                    "yuv420p",
                                    "-movflags",
                                    "+faststart",
                                    "-f",
                                    "mp4",
                                    "file:" + path_.string()};
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, from_us.get(), STDIN_FILENO);
  // A session of its own: Ctrl-C in the terminal, and the terminal's end, are for us, who then end the film.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  const int error = ::posix_spawnp(&process_, "ffmpeg", &actions, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    process_ = -1;
    throw Error(ErrorKind::other, str("ffmpeg cannot be started: ", std::generic_category().message(error)));
  }
}

FfmpegPipe::~FfmpegPipe() {
  to_ffmpeg_ = FileDescriptor();
  wait();
}

int FfmpegPipe::wait() {
  int status = 0;
  if (process_ >= 0) {
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
  }
  return status;
}

void FfmpegPipe::add(const Picture& frame, int times) {
  for (int i = 0; i < times; ++i) {
    send(frame);
  }
}

void FfmpegPipe::send(const Picture& frame) {
  std::size_t sent = 0;
  while (sent < frame.pixels.size()) {
    const ssize_t count =
        ::send(to_ffmpeg_.get(), frame.pixels.data() + sent, frame.pixels.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) {
      throw Error(ErrorKind::other, str(path_.string(), ": ffmpeg stopped; its words stand above"));
    }
    sent += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
}

void FfmpegPipe::finish() {
  to_ffmpeg_ = FileDescriptor();
  if (wait() != 0) {
    throw Error(ErrorKind::other, str(path_.string(), ": ffmpeg failed; its words stand above"));
  }
}

}  // namespace reverie
