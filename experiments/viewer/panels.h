// Everything of the window that is no picture: header, time, plots, the column of panels, status, the overlay of keys.
// All draw into the current Dear ImGui window.
#pragma once

#include <functional>
#include <string>

#include "experiments/viewer/keys.h"
#include "experiments/viewer/layout.h"
#include "experiments/viewer/panes.h"
#include "experiments/viewer/workbench.h"

namespace reverie {

class Panels {
 public:
  // Buttons do what keys do: through `obey`.
  Panels(SDL_Renderer* renderer, Player& player, Workbench& bench, std::function<void(KeyCommand)> obey)
      : renderer_(renderer), player_(player), bench_(bench), obey_(std::move(obey)) {}

  void header(const Box& box, const View& view, bool recording);
  void transport(const Box& box, const View& view);
  // frame_rate: 0 shows "-", as do timings of zero.
  void plots(const Box& box, const View& view, double frame_rate);
  void column(const Box& box, const View& view);
  void status(const Box& box, const std::string& note);
  void help(int width, int height);

 private:
  void dream(const View& view);
  void controller(const View& view);
  void latent(const View& view);
  void latent_pictures(const View& view, float width);
  void latent_bars(const View& view);
  void button(const char* label, KeyCommand command, bool enabled = true, float width = 0);

  SDL_Renderer* renderer_;
  Player& player_;
  Workbench& bench_;
  std::function<void(KeyCommand)> obey_;
  ScreenPicture decoded_, narrowed_;
  float share_ = 0;  // between the two remembered latents
};

std::string speed_in_words(double factor);  // "1x", "unlimited"

}  // namespace reverie
