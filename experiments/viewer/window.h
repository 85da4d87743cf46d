// The window: events in, pictures out, a player for each run between.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/viewer/script.h"
#include "experiments/viewer/session.h"

namespace reverie {

struct WindowOptions {
  int width = 1280, height = 800;
  bool headless = false;  // drawn into memory; without it, no display is an Error (kind other)
  bool scripted = false;  // `script` alone drives: no thread, no clock, so that the same pictures come out
  std::vector<ScriptEvent> script;
  bool stays = false;               // at an episode's end; else the next begins by itself
  std::filesystem::path out = ".";  // folder of screenshots and recordings
  std::filesystem::path record;     // a film from the start; empty: none
  std::optional<double> seconds;    // ends by itself; scripted: in frames of 1/50 s
};

class Window {
 public:
  // One or more sessions, side by side: keys and buttons act on all of them, a person's keys on each by the rules of
  // its own game. Where there are several, each episode begins when all have ended theirs, with one seed for all.
  Window(std::vector<std::unique_ptr<Session>> sessions, const WindowOptions& options);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Takes the events that wait, plays, and draws. False: the window is to be closed.
  bool frame();

  // Frames at 50 a second until the window is closed or a stop signal arrives. Returns how fast that was, on one line.
  std::string run();

  Picture picture() const;  // of the last frame, as on the screen

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reverie
