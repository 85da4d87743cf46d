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
  int width = 1280, height = 800;  // pixels; 0: 1280x800 enlarged as the text of the display is
  std::optional<double> scale;     // of text and panels; else by the display, drawn into memory by the picture's height
  bool headless = false;           // drawn into memory; without it, no display is an Error (kind other)
  bool scripted = false;           // `script` alone drives: no thread, no clock, so that the same pictures come out
  std::vector<ScriptEvent> script;
  bool stays = false;               // at an episode's end; else the next begins by itself
  std::filesystem::path out = ".";  // folder of screenshots and recordings, made when the first is written
  bool pictures_only = false;       // in films: without plots, panels and bars
  bool card = false;                // the card of the first start is shown
  std::filesystem::path settings;   // that remembers to leave the card away; empty: nothing is remembered
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

  // Takes the events that wait, plays, and draws, where it would look other than before and somebody sees it: a window
  // that rests is not drawn again, one that is minimised not at all. Scripts and films get every frame. False: the
  // window is to be closed.
  bool frame();
  int frames_drawn() const;

  // Frames at 50 a second until the window is closed or a stop signal arrives. Returns how fast that was, on one line.
  std::string run();

  Picture picture() const;  // of the last frame, as on the screen

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reverie
