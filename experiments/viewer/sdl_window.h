// SDL, its window and Dear ImGui within it, each up while the object is.
#pragma once

#include <SDL.h>
#include <imgui.h>

#include "experiments/viewer/input.h"
#include "experiments/viewer/layout.h"
#include "experiments/viewer/session.h"

namespace reverie {

constexpr int kSmallestWindow = 320;  // pixels, either side

struct Sdl {
  explicit Sdl(bool headless);  // without `headless`, no display is an Error (kind other)
  ~Sdl();
  Sdl(const Sdl&) = delete;
  Sdl& operator=(const Sdl&) = delete;
};

struct SdlWindow {
  // 0: 1280 and 800, enlarged as text is on this display and not larger than it. Error (kind other) where none can be
  // opened.
  SdlWindow(int width, int height);
  ~SdlWindow();
  SdlWindow(const SdlWindow&) = delete;
  SdlWindow& operator=(const SdlWindow&) = delete;

  int width() const;  // pixels, of what is drawn on
  int height() const;

  // Of what was drawn last; part: within the window.
  Picture read_back() const;
  Picture read_back(const Box& part) const;

  float display_scale() const;  // scale.h, of the display that it stands on

  SDL_Window* window = nullptr;
  SDL_Renderer* renderer = nullptr;
};

// Dear ImGui, with SDL's events and no file of its own.
struct Imgui {
  Imgui(const SdlWindow& window, bool is_scripted);
  ~Imgui();
  Imgui(const Imgui&) = delete;
  Imgui& operator=(const Imgui&) = delete;

  void take_event(const SDL_Event& event) const;
  // Scripted, the mouse is where `input` has it and `seconds` have gone by; the real mouse and clock are not asked.
  void begin_frame(const Input& input, double seconds) const;
  // One window of Dear ImGui over all of SDL's, for everything that is drawn.
  void begin_page(int width, int height) const;
  void end_page() const;

  const bool scripted;
};

}  // namespace reverie
