// z: its picture and that of its most important dimensions, and each dimension as a bar to be dragged.
#pragma once

#include <utility>

#include "experiments/viewer/panes.h"
#include "experiments/viewer/widgets.h"
#include "experiments/viewer/workbench.h"

namespace reverie {

class LatentPanel {
 public:
  LatentPanel(SDL_Renderer* renderer, Workbench& bench, Obey obey)
      : renderer_(renderer), bench_(bench), obey_(std::move(obey)) {}

  void draw(const View& view);  // into the current Dear ImGui window, down to its end

 private:
  void pictures(const View& view, float width);
  bool bars(const View& view);  // true if the mouse holds a bar

  SDL_Renderer* renderer_;
  Workbench& bench_;
  Obey obey_;
  ScreenPicture decoded_, narrowed_;
  float share_ = 0;  // between the two remembered latents
};

}  // namespace reverie
