// The pictures: game, model's view, reconstruction, dream and difference, in step.
#pragma once

#include <SDL.h>

#include <memory>
#include <string>
#include <vector>

#include "experiments/viewer/layout.h"
#include "experiments/viewer/player.h"
#include "experiments/viewer/workbench.h"

namespace reverie {

// |a - b| in every channel; empty unless both have one size.
Picture absolute_difference(const Picture& a, const Picture& b);

// A picture on the screen, uploaded again only when it changes.
class ScreenPicture {
 public:
  ScreenPicture() = default;
  ~ScreenPicture();
  ScreenPicture(const ScreenPicture&) = delete;
  ScreenPicture& operator=(const ScreenPicture&) = delete;

  // nullptr for an empty picture. The picture is drawn with the nearest pixel when enlarged.
  SDL_Texture* show(SDL_Renderer* renderer, const Picture& picture);

 private:
  SDL_Texture* texture_ = nullptr;
  Picture shown_;
};

// What the window does after an episode's end.
struct NextEpisode {
  bool by_itself = false;
  int seconds = 0;  // until then
};

class Panes {
 public:
  explicit Panes(SDL_Renderer* renderer) : renderer_(renderer) {}

  // Into the current Dear ImGui window. Returns the size of the sharp game's pane, 0 where there is none.
  int draw(const Box& area, const View& view, const Workbench& bench, const NextEpisode& next);

 private:
  SDL_Renderer* renderer_;
  std::vector<std::unique_ptr<ScreenPicture>> pictures_;  // by place
};

}  // namespace reverie
