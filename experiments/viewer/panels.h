// The window's controls: header, time, the column of panels, status. All draw into the current Dear ImGui window.
#pragma once

#include <string>
#include <utility>

#include "experiments/viewer/latent_panel.h"
#include "experiments/viewer/layout.h"
#include "experiments/viewer/session_commands.h"
#include "experiments/viewer/widgets.h"

namespace reverie {

class Panels {
 public:
  // Buttons do what keys do: through `obey`. The column is about the first side.
  Panels(SDL_Renderer* renderer, const Sides& sides, SessionCommands& commands, Obey obey)
      : sides_(sides),
        commands_(commands),
        bench_(sides.front()->bench),
        obey_(std::move(obey)),
        latent_(renderer, bench_, obey_) {}

  void header(const Box& box, bool recording);
  void side_title(const Box& box, const Side& side);  // run and controller, where there are several
  void transport(const Box& box);
  void column(const Box& box);
  void status(const Box& box, const std::string& note);

 private:
  void dream(const View& view);
  void controller(const View& view);

  const Sides& sides_;
  SessionCommands& commands_;
  Workbench& bench_;
  Obey obey_;
  LatentPanel latent_;
};

std::string speed_in_words(double factor);  // "1x", "unlimited"

}  // namespace reverie
