// The window's controls: header, time, the column of panels, status. All draw into the current Dear ImGui window.
#pragma once

#include <string>
#include <utility>

#include "experiments/viewer/latent_panel.h"
#include "experiments/viewer/layout.h"
#include "experiments/viewer/widgets.h"
#include "experiments/viewer/workbench.h"

namespace reverie {

class Panels {
 public:
  // Buttons do what keys do: through `obey`.
  Panels(SDL_Renderer* renderer, Player& player, Workbench& bench, Obey obey)
      : player_(player), bench_(bench), obey_(std::move(obey)), latent_(renderer, bench, obey_) {}

  void header(const Box& box, const View& view, bool recording);
  void transport(const Box& box, const View& view);
  void column(const Box& box, const View& view);
  void status(const Box& box, const std::string& note);

 private:
  void dream(const View& view);
  void controller(const View& view);

  Player& player_;
  Workbench& bench_;
  Obey obey_;
  LatentPanel latent_;
};

std::string speed_in_words(double factor);  // "1x", "unlimited"

}  // namespace reverie
